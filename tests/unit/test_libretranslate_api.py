import json
import re
from pathlib import Path
from typing import Any

import pytest

from existing_clients.adapter import Service
from existing_clients.languages import LanguagePair
from libretranslate_api.adapter import LIBRETRANSLATE
from libretranslate_api.translation_request import PARAMETERS
from protocol.translation import ErrorCode, RequestError
from tests.unit.test_existing_clients import Request, Shout

DOCUMENT = Path(__file__).parents[2] / "docs" / "clients.md"
MINIMUM = {"q": "good day", "source": "en", "target": "de"}


def answer(path: str, fields: Any = None, translate: Any = None) -> Any:
    service = Service(
        languages=lambda: LanguagePair(source="en", target="de"), translate=translate or Shout()
    )
    (operation,) = LIBRETRANSLATE.operations[f"/libretranslate/{path}"].values()
    return operation(Request(json.dumps(fields).encode()), service)


def refusal(fields: Any) -> str:
    with pytest.raises(RequestError) as caught:
        answer("translate", fields)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    return caught.value.message


def test_a_string_is_answered_with_a_string_and_a_list_with_a_list() -> None:
    assert answer("translate", MINIMUM) == {"translatedText": "GOOD DAY"}
    assert answer("translate", MINIMUM | {"q": ["a\nb", ""]}) == {"translatedText": ["A\nB", ""]}
    assert answer("translate", MINIMUM | {"q": ["a"]}) == {"translatedText": ["A"]}


def test_alternatives_are_those_besides_the_best() -> None:
    shout = Shout()
    content = answer("translate", MINIMUM | {"q": "a", "alternatives": "2"}, shout)
    assert content == {"translatedText": "A", "alternatives": ["A1", "A2"]}
    assert shout.instances[0]["configuration"] == {"split_sentences": True, "alternatives": 3}
    several = answer("translate", MINIMUM | {"q": ["a", "b"], "alternatives": 1})
    assert several == {"translatedText": ["A", "B"], "alternatives": [["A1"], ["B1"]]}


@pytest.mark.parametrize(
    "harmless",
    [{"format": "text"}, {"format": ""}, {"api_key": "k"}, {"secret": "s"}, {"alternatives": 0}],
)
def test_what_changes_nothing_passes(harmless: dict[str, Any]) -> None:
    assert answer("translate", MINIMUM | harmless) == {"translatedText": "GOOD DAY"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"q": ""}, "Invalid request: missing q parameter"),
        ({"q": []}, "q must be a string or a list of strings"),
        ({"q": ["a", 1]}, "q must be a string or a list of strings"),
        ({"q": {}}, "q must be a string"),
        ({"source": None}, "Invalid request: missing source parameter"),
        ({"target": ""}, "Invalid request: missing target parameter"),
        ({"source": "fr"}, "fr is not supported; this service translates from en to de"),
        ({"target": "en"}, "en is not supported; this service translates from en to de"),
        ({"source": "auto"}, "auto is not supported: no language is detected here; send en"),
        ({"format": "html"}, "html format is not supported"),
        ({"alternatives": -1}, "alternatives must be a whole number"),
        ({"alternatives": True}, "alternatives must be a whole number"),
        ({"alternatives": "many"}, "alternatives must be a whole number"),
        ({"langauge": "de"}, "'langauge' is not a known parameter"),
    ],
)
def test_what_cannot_be_honoured_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in refusal(MINIMUM | changes)


def test_the_languages_are_the_models_and_one_has_a_target() -> None:
    assert answer("languages") == [
        {"code": "en", "name": "English", "targets": ["de"]},
        {"code": "de", "name": "German", "targets": []},
    ]


def test_errors_have_libretranslates_shape() -> None:
    content = LIBRETRANSLATE.error_content(RequestError("no", ErrorCode.BAD_REQUEST))
    assert content == {"error": "no", "code": "bad_request"}


def test_every_parameter_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|$", text, re.MULTILINE)
    assert dict(rows) == PARAMETERS
