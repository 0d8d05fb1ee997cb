import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from deepl_api.adapter import DEEPL
from deepl_api.parameters import PARAMETERS, Treatment
from existing_clients.adapter import Service
from existing_clients.languages import LanguagePair
from protocol.translation import ErrorCode, RequestError
from tests.unit.test_existing_clients import Request, Shout

DOCUMENT = Path(__file__).parents[2] / "docs" / "clients.md"
MINIMUM = {"text": ["good day"], "target_lang": "DE"}


def answer(
    path: str, fields: Any = None, *, source: str = "en", target: str = "de", **query: str
) -> Any:
    shout = Shout()
    service = Service(languages=lambda: LanguagePair(source=source, target=target), translate=shout)
    content = b"" if fields is None else json.dumps(fields).encode()
    given: Mapping[str, Sequence[str]] = {name: [value] for name, value in query.items()}
    (operation, *_) = DEEPL.operations[path].values()
    return operation(Request(content, query=given), service)


def refusal(fields: Any, **pair: str) -> str:
    with pytest.raises(RequestError) as caught:
        answer("/v2/translate", fields, **pair)
    assert caught.value.code is ErrorCode.BAD_REQUEST
    return caught.value.message


def test_texts_are_translated_in_their_order() -> None:
    content = answer("/v2/translate", {"text": ["one\ntwo", ""], "target_lang": "DE"})
    assert content == {
        "translations": [
            {"detected_source_language": "EN", "text": "ONE\nTWO"},
            {"detected_source_language": "EN", "text": ""},
        ]
    }


@pytest.mark.parametrize("wanted", [True, "1", "true", 1])
def test_characters_are_counted_where_asked_for(wanted: Any) -> None:
    content = answer("/v2/translate", MINIMUM | {"show_billed_characters": wanted})
    assert content["translations"][0]["billed_characters"] == len("good day")


@pytest.mark.parametrize(
    ("split", "text"),
    [
        (None, "A\nB"),
        ("1", "A\nB"),
        (True, "A\nB"),
        ("nonewlines", "A\nB"),
        ("0", "A\nB"),
        (0, "A\nB"),
    ],
)
def test_sentences_are_split_as_asked(split: Any, text: str) -> None:
    fields = {"text": ["a\nb"], "target_lang": "DE", "split_sentences": split}
    assert answer("/v2/translate", fields)["translations"][0]["text"] == text


@pytest.mark.parametrize(
    ("asked", "pair"),
    [
        ({"source_lang": "EN"}, {}),
        ({"source_lang": "en"}, {"source": "en-US"}),
        ({"target_lang": "EN-GB", "source_lang": "DE"}, {"source": "de", "target": "en"}),
        ({"target_lang": "de"}, {"target": "de-AT"}),
    ],
)
def test_the_models_pair_is_taken_in_deepls_spelling(
    asked: dict[str, str], pair: dict[str, str]
) -> None:
    assert answer("/v2/translate", MINIMUM | asked, **pair)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"target_lang": "FR"},
            "Value for 'target_lang' not supported. This service takes DE only",
        ),
        (
            {"source_lang": "DE"},
            "Value for 'source_lang' not supported. This service takes EN only",
        ),
    ],
)
def test_another_pair_is_refused_in_deepls_words(asked: dict[str, str], words: str) -> None:
    assert words in refusal(MINIMUM | asked)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"target_lang": "DE"}, "Parameter 'text' not specified"),
        ({"text": [], "target_lang": "DE"}, "Parameter 'text' not specified"),
        ({"text": [1], "target_lang": "DE"}, "Parameter 'text' must be a list of strings"),
        ({"text": ["a"]}, "Parameter 'target_lang' not specified"),
        ({"text": ["a"], "target_lang": 1}, "Parameter 'target_lang' must be a string"),
        (MINIMUM | {"split_sentences": "2"}, "must be '0', '1' or 'nonewlines'"),
        (MINIMUM | {"split_sentences": []}, "must be '0', '1' or 'nonewlines'"),
        (MINIMUM | {"show_billed_characters": []}, "must be a boolean"),
        (MINIMUM | {"formalty": "more"}, "'formalty' is not a known parameter"),
    ],
)
def test_malformed_requests_are_refused(fields: Any, words: str) -> None:
    assert words in refusal(fields)


REFUSED = [item for item in PARAMETERS if item.treatment is Treatment.REFUSED]
IGNORED = [item for item in PARAMETERS if item.treatment is Treatment.IGNORED]


@pytest.mark.parametrize("parameter", REFUSED, ids=lambda parameter: str(parameter.name))
def test_what_would_change_the_translation_is_refused_with_its_reason(parameter: Any) -> None:
    message = refusal(MINIMUM | {parameter.name: "more"})
    assert message.startswith(f"'{parameter.name}' is not supported: ")
    for value in parameter.harmless:
        assert answer("/v2/translate", MINIMUM | {parameter.name: value})


@pytest.mark.parametrize("parameter", IGNORED, ids=lambda parameter: str(parameter.name))
def test_hints_change_nothing(parameter: Any) -> None:
    fields = MINIMUM | {parameter.name: "anything"}
    assert answer("/v2/translate", fields) == answer("/v2/translate", MINIMUM)


def test_every_parameter_is_documented_with_its_reason() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \| (.*) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert rows == [(item.name, item.treatment.value, item.reason) for item in PARAMETERS]


def test_the_languages_are_the_models() -> None:
    assert answer("/v2/languages") == [{"language": "EN", "name": "English"}]
    german = [{"language": "DE", "name": "German", "supports_formality": False}]
    assert answer("/v2/languages", {"type": "target"}) == german
    assert answer("/v2/languages", type="target") == german


def test_targets_that_need_a_region_come_with_it() -> None:
    targets = answer("/v2/languages", target="en", type="target")
    assert [target["language"] for target in targets] == ["EN-GB", "EN-US"]
    assert all(
        answer("/v2/translate", MINIMUM | {"target_lang": target["language"]}, target="en")
        for target in targets
    )


def test_another_side_is_refused() -> None:
    with pytest.raises(RequestError, match="'type' must be 'source' or 'target'"):
        answer("/v2/languages", type="both")


def test_nothing_is_said_of_usage_because_nothing_is_counted() -> None:
    assert answer("/v2/usage") == {}


def test_errors_have_deepls_shape() -> None:
    content = DEEPL.error_content(RequestError("no", ErrorCode.BAD_REQUEST))
    assert content == {"message": "no", "code": "bad_request"}
