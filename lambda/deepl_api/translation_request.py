"""The body of DeepL's `POST /v2/translate`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from deepl_api.parameters import check_parameters
from existing_clients.languages import LanguagePair, same
from protocol.translation import RequestError


class SplitSentences(StrEnum):
    NEVER = "0"
    AT_LINES = "1"
    NOT_AT_LINES = "nonewlines"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeeplRequest:
    """What is honoured of a request."""

    texts: tuple[str, ...]
    target_language: str
    source_language: str | None
    split_sentences: SplitSentences
    show_billed_characters: bool

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "DeeplRequest":
        """Read the parameters of a request.

        Raises:
            RequestError: one is missing, of another type, or cannot be honoured.
        """
        check_parameters(fields)
        target = _string(fields, "target_lang")
        if not target:
            raise RequestError("Parameter 'target_lang' not specified.")
        return cls(
            texts=_texts(fields.get("text")),
            target_language=target,
            source_language=_string(fields, "source_lang") or None,
            split_sentences=_split_sentences(fields.get("split_sentences")),
            show_billed_characters=_boolean(fields, "show_billed_characters"),
        )

    def check_languages(self, served: LanguagePair) -> None:
        """Refuse another pair than the model's.

        Raises:
            RequestError: in DeepL's words, with the language that is served.
        """
        if self.source_language and not same(self.source_language, served.source):
            raise _not_supported("source_lang", served.source)
        if not same(self.target_language, served.target):
            raise _not_supported("target_lang", served.target)


def _not_supported(name: str, served: str) -> RequestError:
    return RequestError(
        f"Value for '{name}' not supported. This service takes {served.upper()} only."
    )


def _texts(value: object) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts:
        raise RequestError("Parameter 'text' not specified.")
    if not all(isinstance(text, str) for text in texts):
        raise RequestError("Parameter 'text' must be a list of strings.")
    return tuple(texts)


def _string(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise RequestError(f"Parameter '{name}' must be a string.")
    return value or ""


def _split_sentences(value: object) -> SplitSentences:
    if value is None or value == "":
        return SplitSentences.AT_LINES
    spelled = str(int(value)) if isinstance(value, int) else value
    if not isinstance(spelled, str) or spelled not in set(SplitSentences):
        raise RequestError("Parameter 'split_sentences' must be '0', '1' or 'nonewlines'.")
    return SplitSentences(spelled)


def _boolean(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name)
    spelled = value.lower() if isinstance(value, str) else value
    if spelled in (None, "", False, "false", "0"):
        return False
    if spelled in (True, "true", "1"):
        return True
    raise RequestError(f"Parameter '{name}' must be a boolean.")
