"""DeepL's operations: each reads its parameters, translates, and answers in DeepL's shape."""

from collections.abc import Mapping
from typing import Any

from deepl_api.translation_request import DeeplRequest, SplitSentences
from existing_clients.adapter import Adapter, ClientRequest, Service
from existing_clients.fields import body_fields, optional_fields, refuse_unknown
from existing_clients.languages import base, name
from existing_clients.texts import translate_texts
from protocol.translation import RequestError

_TARGETS_WITH_REGION = {
    "en": {"EN-GB": "English (British)", "EN-US": "English (American)"},
    "pt": {"PT-BR": "Portuguese (Brazilian)", "PT-PT": "Portuguese (European)"},
}
"""DeepL's clients refuse these two languages as a target unless a region is named."""


def translate(request: ClientRequest, service: Service) -> Any:
    """`POST /v2/translate`."""
    wanted = DeeplRequest.of(body_fields(request, repeated=("text",)))
    languages = service.languages()
    wanted.check_languages(languages)
    split = wanted.split_sentences
    hypotheses = translate_texts(
        wanted.texts,
        service.translate,
        {} if split is SplitSentences.NEVER else {"split_sentences": True},
        by_line=split is SplitSentences.AT_LINES,
    )
    source = base(languages.source).upper()
    return {
        "translations": [
            {
                "detected_source_language": source,
                "text": best,
                **({"billed_characters": len(text)} if wanted.show_billed_characters else {}),
            }
            for text, (best, *_) in zip(wanted.texts, hypotheses, strict=True)
        ]
    }


def languages(request: ClientRequest, service: Service) -> Any:
    """`GET` or `POST /v2/languages`, with `type` source or target."""
    fields = optional_fields(request)
    refuse_unknown(fields, ("type", "auth_key"))
    side = fields.get("type") or "source"
    if side not in ("source", "target"):
        raise RequestError("Parameter 'type' must be 'source' or 'target'.")
    served = service.languages()
    if side == "source":
        code = base(served.source)
        return [{"language": code.upper(), "name": name(code)}]
    targets = _TARGETS_WITH_REGION.get(served.target.lower()) or {
        served.target.upper(): name(served.target)
    }
    return [
        {"language": code, "name": words, "supports_formality": False}
        for code, words in targets.items()
    ]


def usage(request: ClientRequest, _service: Service) -> Any:
    """`GET` or `POST /v2/usage`: nothing is counted or limited, so there is nothing to report."""
    refuse_unknown(optional_fields(request), ("auth_key",))
    return {}


def error_content(error: RequestError) -> Mapping[str, Any]:
    """DeepL's shape, with the code that all errors of this service carry."""
    return {"message": error.message, "code": str(error.code)}


DEEPL = Adapter(
    operations={
        "/v2/translate": {"POST": translate},
        "/v2/languages": {"GET": languages, "POST": languages},
        "/v2/usage": {"GET": usage, "POST": usage},
    },
    error_content=error_content,
)
