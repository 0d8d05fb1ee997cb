"""Every parameter of DeepL's `POST /v2/translate`, and what becomes of it here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from existing_clients.fields import refuse_unknown
from protocol.translation import RequestError


class Treatment(StrEnum):
    HONOURED = "honoured"
    IGNORED = "ignored"
    REFUSED = "refused"
    """With 400, unless its value asks for what happens anyway."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One parameter; the reason stands in the documentation and in the refusal."""

    name: str
    treatment: Treatment
    reason: str
    harmless: tuple[Any, ...] = ()
    """Values of a refused parameter that ask for what happens anyway."""


def _honoured(name: str, reason: str) -> Parameter:
    return Parameter(name=name, treatment=Treatment.HONOURED, reason=reason)


def _ignored(name: str, reason: str) -> Parameter:
    return Parameter(name=name, treatment=Treatment.IGNORED, reason=reason)


def _refused(name: str, reason: str, *harmless: Any) -> Parameter:
    # Clients that fill in every parameter send the empty ones too.
    values = (None, "", [], *harmless)
    return Parameter(name=name, treatment=Treatment.REFUSED, reason=reason, harmless=values)


PARAMETERS = (
    _honoured("text", "a list of strings, or a field that a form repeats"),
    _honoured("target_lang", "the model's target language"),
    _honoured("source_lang", "the model's source language; nothing is detected without it"),
    _honoured("split_sentences", "`1` keeps lines apart, `nonewlines` and `0` join them"),
    _honoured("show_billed_characters", "counts the characters of the text; nothing is billed"),
    _ignored("preserve_formatting", "white space around lines is always kept"),
    _ignored("context", "a hint; the model sees one sentence at a time"),
    _ignored("model_type", "there is one model"),
    _ignored("enable_beta_languages", "there is one pair of languages"),
    _ignored("tag_handling_version", "means nothing without `tag_handling`"),
    _ignored("outline_detection", "means nothing without `tag_handling`"),
    _ignored("non_splitting_tags", "means nothing without `tag_handling`"),
    _ignored("splitting_tags", "means nothing without `tag_handling`"),
    _ignored("ignore_tags", "means nothing without `tag_handling`"),
    _ignored("auth_key", "the request itself is authorised, not its body"),
    _refused(
        "formality",
        "the model has one form of address; `prefer_more` and `prefer_less` pass",
        *("default", "prefer_more", "prefer_less"),
    ),
    _refused("tag_handling", "tags would be translated as if they were words"),
    _refused("glossary_id", "no glossaries are stored"),
    _refused("glossary_ids", "no glossaries are stored"),
    _refused("style_id", "no style rules are stored"),
    _refused("translation_memory_id", "no translation memories are stored"),
    _refused("translation_memory_threshold", "no translation memories are stored"),
    _refused("custom_instructions", "the model takes no instructions"),
)


def check_parameters(fields: Mapping[str, Any]) -> None:
    """Refuse what would change the translation and cannot be honoured.

    Raises:
        RequestError: names the parameter and the reason.
    """
    refuse_unknown(fields, [parameter.name for parameter in PARAMETERS])
    for parameter in PARAMETERS:
        if parameter.treatment is not Treatment.REFUSED or parameter.name not in fields:
            continue
        if fields[parameter.name] not in parameter.harmless:
            reason = parameter.reason.replace("`", "'")
            raise RequestError(f"'{parameter.name}' is not supported: {reason}.")
