"""A request's parameters, whether they come as JSON, as a form or in the address."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from existing_clients.adapter import ClientRequest
from protocol.translation import JSON_CONTENT_TYPE, ErrorCode, RequestError

FORM_CONTENT_TYPE = "application/x-www-form-urlencoded"
_UTF8_NAMES = {"utf-8", "utf8"}


def body_fields(request: ClientRequest, repeated: Collection[str] = ()) -> dict[str, Any]:
    """The parameters of the body: JSON values, or a form's strings.

    Args:
        request: with a body of JSON or of a form.
        repeated: fields of a form that may come several times, and are lists of strings.

    Raises:
        RequestError: another content type, or a body that is not what its type says.
    """
    name, charset = _content_type(request.header("content-type") or "")
    if charset not in _UTF8_NAMES or name not in (JSON_CONTENT_TYPE, FORM_CONTENT_TYPE):
        raise RequestError(
            f"send Content-Type {JSON_CONTENT_TYPE} or {FORM_CONTENT_TYPE}, in UTF-8",
            ErrorCode.UNSUPPORTED_MEDIA_TYPE,
        )
    body = request.body()
    return _json_object(body) if name == JSON_CONTENT_TYPE else form_fields(_form(body), repeated)


def optional_fields(request: ClientRequest) -> dict[str, Any]:
    """The parameters of a request that needs none: of its address, then of its body if any."""
    fields = form_fields(request.query)
    return fields | (body_fields(request) if request.body() else {})


def form_fields(
    values: Mapping[str, Sequence[str]], repeated: Collection[str] = ()
) -> dict[str, Any]:
    """One string for each name, and a list for those that may be repeated.

    Raises:
        RequestError: another one comes twice.
    """
    for name, given in values.items():
        if len(given) > 1 and name not in repeated:
            raise RequestError(f"'{name}' is given {len(given)} times")
    return {name: list(given) if name in repeated else given[0] for name, given in values.items()}


def refuse_unknown(fields: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse a parameter that no table mentions.

    Raises:
        RequestError: names it and those that are known.
    """
    if unknown := sorted(fields.keys() - set(known)):
        raise RequestError(
            f"'{unknown[0]}' is not a known parameter; known are {', '.join(sorted(known))}"
        )


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RequestError(f"the body is not JSON in UTF-8: {error}") from error
    if not isinstance(content, dict):
        raise RequestError("the body must be a JSON object")
    return content


def _form(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(
            body.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict"
        )
    except ValueError as error:
        raise RequestError(f"the body is not a form in UTF-8: {error}") from error


def _content_type(header: str) -> tuple[str, str]:
    """The name and the charset, both in lower case."""
    name, *rest = header.split(";")
    pairs = (part.partition("=") for part in rest)
    parameters = {key.strip().lower(): value.strip().strip('"').lower() for key, _, value in pairs}
    return name.strip().lower(), parameters.get("charset", "utf-8")
