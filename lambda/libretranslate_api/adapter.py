"""LibreTranslate's operations: each reads its parameters, translates, and answers in its shape."""

from collections.abc import Mapping, Sequence
from typing import Any

from existing_clients.adapter import Adapter, ClientRequest, Service
from existing_clients.fields import body_fields
from existing_clients.languages import name
from existing_clients.texts import translate_texts
from libretranslate_api.translation_request import LibreTranslateRequest
from protocol.translation import RequestError


def translate(request: ClientRequest, service: Service) -> Any:
    """`POST /libretranslate/translate`."""
    wanted = LibreTranslateRequest.of(body_fields(request))
    wanted.check_languages(service.languages())
    configuration: dict[str, Any] = {"split_sentences": True}
    if wanted.num_alternatives:
        configuration["alternatives"] = 1 + wanted.num_alternatives
    hypotheses = translate_texts(wanted.texts, service.translate, configuration)
    answer = {"translatedText": _shaped([best for best, *_ in hypotheses], wanted)}
    if wanted.num_alternatives:
        answer["alternatives"] = _shaped([list(others) for _, *others in hypotheses], wanted)
    return answer


def languages(_request: ClientRequest, service: Service) -> Any:
    """`GET /libretranslate/languages`: both, of which one has a target."""
    served = service.languages()
    pairs: tuple[tuple[str, list[str]], ...] = (
        (served.source, [served.target]),
        (served.target, []),
    )
    return [{"code": code, "name": name(code), "targets": targets} for code, targets in pairs]


def error_content(error: RequestError) -> Mapping[str, Any]:
    """LibreTranslate's shape, with the code that all errors of this service carry."""
    return {"error": error.message, "code": str(error.code)}


def _shaped(values: Sequence[Any], wanted: LibreTranslateRequest) -> Any:
    return list(values) if wanted.is_list else values[0]


LIBRETRANSLATE = Adapter(
    operations={
        "/libretranslate/translate": {"POST": translate},
        "/libretranslate/languages": {"GET": languages},
    },
    error_content=error_content,
)
