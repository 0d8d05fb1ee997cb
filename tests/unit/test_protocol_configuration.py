import json
import re
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.configuration import (
    CONFIGURATION_KEYS,
    DEFAULTS,
    Configuration,
    ConfigurationError,
    Kind,
    configuration_schema,
)

NAMES = [key.name for key in CONFIGURATION_KEYS]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
) | st.sampled_from(["true", "False", "4", "0.6", "1e3", "٣", '{"a": "b"}', "9" * 5000, 2.0])


def test_every_key_has_its_field() -> None:
    assert [field.name for field in fields(Configuration)] == NAMES


def test_json_types_and_strings_are_read_alike() -> None:
    content: dict[str, Any] = {
        "attention_matrix": True,
        "beam_size": 4,
        "alternatives": 3,
        "length_penalty": 0.6,
        "max_decoding_length": 50,
        "scores": True,
        "glossary": {" good  morning": "guten Tag", "cat": "Kater"},
        "split_sentences": False,
    }
    expected = Configuration(
        attention_matrix=True,
        beam_size=4,
        alternatives=3,
        length_penalty=0.6,
        max_decoding_length=50,
        scores=True,
        glossary=(("good morning", "guten Tag"), ("cat", "Kater")),
    )
    spelled = {name: json.dumps(value) for name, value in content.items()}
    assert Configuration.parse(content) == expected
    assert Configuration.parse(spelled) == expected


def test_nothing_asked_is_the_defaults() -> None:
    assert Configuration.parse({}) == DEFAULTS == Configuration()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "must be a JSON object"),
        ({"beam": 1}, "unknown key 'beam'; known keys: alternatives, attention_matrix, beam_size"),
        ({"beam_size": 0}, '"beam_size" must be an integer from 1 to 32, not 0'),
        ({"beam_size": "33"}, '"beam_size" must be an integer from 1 to 32, not "33"'),
        ({"beam_size": 2.5}, '"beam_size" must be an integer from 1 to 32, not 2.5'),
        ({"beam_size": True}, '"beam_size" must be an integer from 1 to 32, not true'),
        ({"beam_size": None}, '"beam_size" must be an integer from 1 to 32, not null'),
        ({"beam_size": 10**400}, '"beam_size" must be an integer from 1 to 32, not 1000000'),
        ({"max_decoding_length": 0}, "an integer from 1 to the limit of the endpoint, not 0"),
        ({"length_penalty": -1}, '"length_penalty" must be a number from 0 to 5, not -1'),
        ({"length_penalty": "nan"}, '"length_penalty" must be a number from 0 to 5, not "nan"'),
        ({"length_penalty": float("nan")}, "a number from 0 to 5, not NaN"),
        ({"scores": 1}, '"scores" must be true or false, not 1'),
        ({"beam_size": 2, "alternatives": 3}, '"alternatives" must be at most beam_size, 2, not 3'),
        ({"glossary": ["a"]}, '"glossary" must be an object of target terms by source term'),
        ({"glossary": "a"}, '"glossary" is a string, but not JSON'),
        ({"glossary": {"a": 1}}, "a term must be a string of 1 to 200 characters, not 1"),
        ({"glossary": {" ": "b"}}, "a term must be a string of 1 to 200 characters"),
        ({"glossary": {"a": "b" * 201}}, "a term must be a string of 1 to 200 characters"),
        ({"glossary": {"a": "\ud800"}}, "lone surrogate"),
        ({"glossary": dict.fromkeys(map(str, range(101)), "b")}, "at most 100 terms, not 101"),
    ],
)
def test_a_mistake_is_named(content: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)) as caught:
        Configuration.parse(content)
    assert len(str(caught.value)) < 300


@given(st.dictionaries(st.sampled_from(NAMES), VALUES) | VALUES)
def test_anything_is_read_or_refused(content: object) -> None:
    try:
        configuration = Configuration.parse(content)
    except ConfigurationError as error:
        str(error).encode()
        return
    assert configuration.beam_size is None or 1 <= configuration.beam_size <= 32


def test_the_schema_has_every_key_and_a_spelling_for_every_simple_value() -> None:
    schema = configuration_schema()
    assert list(schema["properties"]) == NAMES
    assert schema["additionalProperties"] is False
    for key in CONFIGURATION_KEYS:
        value, spelled = schema["properties"][key.name]["anyOf"]
        assert value["type"] == key.kind
        assert spelled["type"] == "string"
        if key.kind in (Kind.INTEGER, Kind.NUMBER):
            assert re.search(spelled["pattern"], "4")
            assert not re.search(spelled["pattern"], "-4")
