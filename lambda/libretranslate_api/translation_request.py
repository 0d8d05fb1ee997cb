"""The body of LibreTranslate's `POST /translate`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from existing_clients.fields import refuse_unknown
from existing_clients.languages import LanguagePair, same
from protocol.translation import RequestError

PARAMETERS = {
    "q": "a string or, in JSON, a list of strings",
    "source": "the model's source language; `auto` is refused, since nothing is detected",
    "target": "the model's target language",
    "format": "`text`; `html` is refused, since tags would be translated as words",
    "alternatives": "how many other translations are wanted, as far as the beam goes",
    "api_key": "ignored: the request itself is authorised, not its body",
    "secret": "ignored, like `api_key`",
}
"""Every parameter, and what becomes of it."""
DETECTION = "auto"


@dataclass(frozen=True, kw_only=True, slots=True)
class LibreTranslateRequest:
    """What is honoured of a request."""

    texts: tuple[str, ...]
    is_list: bool
    """Whether the answer is a list too."""
    source: str
    target: str
    num_alternatives: int

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "LibreTranslateRequest":
        """Read the parameters of a request.

        Raises:
            RequestError: one is missing, of another type, or cannot be honoured.
        """
        refuse_unknown(fields, PARAMETERS)
        given = fields.get("q")
        texts = given if isinstance(given, list) else [_string(fields, "q")]
        if not texts or not all(isinstance(text, str) for text in texts):
            raise RequestError("Invalid request: q must be a string or a list of strings")
        form = fields.get("format")
        if form not in (None, "", "text"):
            raise RequestError(
                f"{form} format is not supported: tags would be translated as words; send text"
            )
        return cls(
            texts=tuple(texts),
            is_list=isinstance(given, list),
            source=_string(fields, "source"),
            target=_string(fields, "target"),
            num_alternatives=_count(fields.get("alternatives")),
        )

    def check_languages(self, served: LanguagePair) -> None:
        """Refuse another pair than the model's.

        Raises:
            RequestError: in LibreTranslate's words, with the language that is served.
        """
        if self.source == DETECTION:
            raise RequestError(
                f"auto is not supported: no language is detected here; send {served.source}"
            )
        for asked, language in ((self.source, served.source), (self.target, served.target)):
            if not same(asked, language):
                raise RequestError(
                    f"{asked} is not supported; this service translates from {served.source} "
                    f"to {served.target}"
                )


def _string(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None or value == "":
        raise RequestError(f"Invalid request: missing {name} parameter")
    if not isinstance(value, str):
        raise RequestError(f"Invalid request: {name} must be a string")
    return value


def _count(value: object) -> int:
    if value is None or value == "":
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 999:
        return value
    raise RequestError("Invalid request: alternatives must be a whole number from 0")
