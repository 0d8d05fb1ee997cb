"""What the adapters for other services' clients share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from existing_clients.fields import body_fields, form_fields, optional_fields, refuse_unknown
from existing_clients.languages import base, name, same
from existing_clients.texts import translate_texts
from protocol.translation import ErrorCode, RequestError

FORM = "application/x-www-form-urlencoded"


@dataclass
class Request:
    content: bytes = b""
    content_type: str = "application/json"
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        assert name == "content-type"
        return self.content_type

    def body(self) -> bytes:
        return self.content


class Shout:
    """Translates into upper case, with as many alternatives as are asked for."""

    def __init__(self) -> None:
        self.instances: list[Mapping[str, Any]] = []

    def __call__(self, instances: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        self.instances += instances
        return [self._prediction(instance) for instance in instances]

    @staticmethod
    def _prediction(instance: Mapping[str, Any]) -> dict[str, Any]:
        shouted = instance["data"].upper()
        count = instance["configuration"].get("alternatives", 1)
        others = [{"target": f"{shouted}{index}"} for index in range(1, count)]
        return {"target": shouted} | ({"alternatives": others} if others else {})


def repeat(instances: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"target": instance["data"]} for instance in instances]


@given(
    texts=st.lists(st.text(st.characters() | st.sampled_from(" \n\r\t\u2028"))), lines=st.booleans()
)
def test_white_space_around_lines_stays_as_it_is(texts: list[str], lines: bool) -> None:
    assert translate_texts(texts, repeat, {}, by_line=lines) == [(text,) for text in texts]


def test_each_line_is_an_instance_and_empty_ones_are_not_sent() -> None:
    shout = Shout()

    result = translate_texts(["  one\r\n\n two \n", "", "three"], shout, {"split_sentences": True})

    assert result == [("  ONE\r\n\n TWO \n",), ("",), ("THREE",)]
    assert [instance["data"] for instance in shout.instances] == ["one", "two", "three"]
    assert all(
        instance["configuration"] == {"split_sentences": True} for instance in shout.instances
    )


def test_a_text_may_go_out_whole() -> None:
    shout = Shout()
    translate_texts(["one\ntwo"], shout, {}, by_line=False)
    assert [instance["data"] for instance in shout.instances] == ["one\ntwo"]


def test_alternatives_are_whole_texts() -> None:
    result = translate_texts(["a\nb", " "], Shout(), {"alternatives": 3})
    assert result == [("A\nB", "A1\nB1", "A2\nB2"), (" ",)]


def test_a_line_with_fewer_alternatives_takes_part_with_its_best() -> None:
    def translate(_instances: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{"target": "A", "alternatives": [{"target": "A1"}]}, {"target": "B"}]

    assert translate_texts(["a\nb"], translate, {}) == [("A\nB", "A1\nB")]


def test_another_number_of_predictions_is_a_failure() -> None:
    with pytest.raises(ValueError, match="1 instances, but 0 predictions"):
        translate_texts(["a"], lambda _instances: [], {})


@pytest.mark.parametrize(
    ("asked", "served", "answered"),
    [
        ("DE", "de", True),
        ("en-gb", "en", True),
        ("ES-419", "es", True),
        ("de", "de-AT", True),
        ("de-AT", "DE-at", True),
        ("de-AT", "de-CH", False),
        ("fr", "de", False),
        ("zh-Hant", "zh", False),
        ("zh-Hant", "zh-Hant-TW", True),
        ("auto", "en", False),
        ("", "en", False),
    ],
)
def test_a_region_that_only_one_names_is_no_difference(
    asked: str, served: str, answered: bool
) -> None:
    assert same(asked, served) is answered
    assert same(served, asked) is answered


def test_languages_have_names() -> None:
    assert (base("pt-BR"), name("pt-BR"), name("de")) == ("pt", "Portuguese (BR)", "German")
    assert name("gsw-CH") == "gsw-CH"


@pytest.mark.parametrize(
    ("content", "content_type", "fields"),
    [
        (
            b'{"text": ["a", "b"], "n": 1}',
            "application/json; charset=UTF-8",
            {"text": ["a", "b"], "n": 1},
        ),
        (b"text=a+b&text=%C3%BC&n=1", FORM, {"text": ["a b", "ü"], "n": "1"}),
        (b"text=&n=", f'{FORM}; charset="utf-8"', {"text": [""], "n": ""}),
        (b"", FORM, {}),
    ],
)
def test_bodies_are_json_or_forms(content: bytes, content_type: str, fields: Any) -> None:
    assert body_fields(Request(content, content_type), repeated=("text",)) == fields


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"{", "application/json", ErrorCode.BAD_REQUEST),
        (b"[]", "application/json", ErrorCode.BAD_REQUEST),
        (b"[" * 100_000, "application/json", ErrorCode.BAD_REQUEST),
        (b"\xff", "application/json", ErrorCode.BAD_REQUEST),
        (b"n=%FF", FORM, ErrorCode.BAD_REQUEST),
        (b"n=1&n=2", FORM, ErrorCode.BAD_REQUEST),
        (b"{}", "application/json; charset=latin-1", ErrorCode.UNSUPPORTED_MEDIA_TYPE),
        (b"{}", "text/plain", ErrorCode.UNSUPPORTED_MEDIA_TYPE),
        (b"{}", "", ErrorCode.UNSUPPORTED_MEDIA_TYPE),
    ],
)
def test_other_bodies_are_refused(content: bytes, content_type: str, code: ErrorCode) -> None:
    with pytest.raises(RequestError) as caught:
        body_fields(Request(content, content_type), repeated=("text",))
    assert caught.value.code is code


def test_a_body_that_is_not_needed_may_be_absent() -> None:
    query = {"type": ["source"]}
    assert optional_fields(Request(query=query, content_type="")) == {"type": "source"}
    assert optional_fields(Request(b"type=target", FORM, query)) == {"type": "target"}


def test_unknown_and_repeated_parameters_are_named() -> None:
    with pytest.raises(RequestError, match="'b' is not a known parameter; known are a, c"):
        refuse_unknown({"a": 1, "b": 2}, ("c", "a"))
    with pytest.raises(RequestError, match="'a' is given 2 times"):
        form_fields({"a": ["1", "2"]})
