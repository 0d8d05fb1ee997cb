from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.emulator.request_validation import findings
from protocol.schemas import request_model

MODEL = request_model()
MISMATCH = "instance type"
ALLOWED = "does not match any allowed primitive type (allowed:"


def request(**configuration: Any) -> dict[str, Any]:
    return {"instances": [{"data": "hello", "configuration": configuration}]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            [],
            f'{MISMATCH} (array) {ALLOWED} ["object"])',
        ),
        ({}, 'object has missing required properties (["instances"])'),
        (
            {"instances": []},
            "array is too short: must have at least 1 elements but instance has 0 elements",
        ),
        (
            request(beam=1),
            'object instance has properties which are not allowed by the schema: ["beam"]',
        ),
        (
            request(beam_size=33),
            "numeric instance is greater than the required maximum (maximum: 32, found: 33)",
        ),
        (
            request(length_penalty=-0.5),
            "numeric instance is lower than the required minimum (minimum: 0, found: -0.5)",
        ),
        (
            request(beam_size="six"),
            'ECMA 262 regex "^[0-9]{1,9}$" does not match input string "six"',
        ),
        (
            request(scores=None),
            f'{MISMATCH} (null) {ALLOWED} ["boolean","string"])',
        ),
    ],
)
def test_what_is_wrong_is_said_as_on_aws(content: object, words: str) -> None:
    assert list(findings(content, MODEL)) == [words]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 40) | st.floats(-1, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["data", "configuration", "beam_size", "glossary", "scores", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@given(values | st.builds(lambda value: {"instances": [value]}, values))
def test_something_is_wrong_exactly_when_the_body_is_not_valid(content: Any) -> None:
    valid = jsonschema.Draft4Validator(MODEL).is_valid(content)
    # A number without a fraction is an integer to the one and none to the other.
    if valid or not any(isinstance(value, float) for value in _leaves(content)):
        assert (not list(findings(content, MODEL))) is valid


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]
