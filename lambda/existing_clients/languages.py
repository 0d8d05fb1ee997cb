"""Language tags as other services spell them, compared with the pair that the model translates."""

import re
from dataclasses import dataclass

_REGION = re.compile(r"[A-Z]{2}|[0-9]{3}")
_NAMES = {
    "ar": "Arabic",
    "az": "Azerbaijani",
    "be": "Belarusian",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "bs": "Bosnian",
    "ca": "Catalan",
    "cs": "Czech",
    "cy": "Welsh",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "eo": "Esperanto",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "ga": "Irish",
    "gl": "Galician",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "hy": "Armenian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ka": "Georgian",
    "kk": "Kazakh",
    "ko": "Korean",
    "lb": "Luxembourgish",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mk": "Macedonian",
    "ms": "Malay",
    "mt": "Maltese",
    "nb": "Norwegian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sq": "Albanian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tl": "Tagalog",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class LanguagePair:
    """The tags of the one pair that a model translates."""

    source: str
    target: str


def base(tag: str) -> str:
    """The language alone, in lower case: `en` for `en-GB`."""
    return tag.split("-", 1)[0].lower()


def same(asked: str, served: str) -> bool:
    """Whether a model of one tag answers a request for another.

    A region that only one of the two names is no difference: `EN-GB` and `DE-AT` ask for `en` and
    `de`. Two regions, or a script such as that of `zh-Hant`, are.
    """
    first, second = _without_region(asked), _without_region(served)
    regions = (_region(asked), _region(served))
    return first == second and (None in regions or regions[0] == regions[1])


def name(tag: str) -> str:
    """The language's English name with what else its tag says; an unknown tag is its own name."""
    known = _NAMES.get(base(tag))
    _, _, rest = tag.partition("-")
    if known is None:
        return tag
    return f"{known} ({rest})" if rest else known


def _subtags(tag: str) -> list[str]:
    return tag.upper().split("-")


def _region(tag: str) -> str | None:
    return next((part for part in _subtags(tag)[1:] if _REGION.fullmatch(part)), None)


def _without_region(tag: str) -> list[str]:
    language, *rest = _subtags(tag)
    return [language, *(part for part in rest if not _REGION.fullmatch(part))]
