"""What the schemas allow is what parsing takes, apart from what a schema cannot say."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import schemas
from protocol.configuration import CONFIGURATION_KEYS, MAX_BEAM_SIZE, Kind
from protocol.translation import (
    Alternative,
    Prediction,
    RequestError,
    TranslationRequest,
    encode_predictions,
    error_body,
)
from protocol.translation import ErrorCode as Code

REQUEST = jsonschema.Draft202012Validator(schemas.request_schema())
MODEL = jsonschema.Draft4Validator(schemas.request_model())


def request(**configuration: Any) -> dict[str, Any]:
    return {"instances": [{"data": "hello", "configuration": configuration}]}


def is_read(content: object) -> bool:
    try:
        TranslationRequest.parse(json.dumps(content).encode())
    except RequestError:
        return False
    return True


@pytest.mark.parametrize("value", [1, MAX_BEAM_SIZE, "1", "32"])
def test_a_value_may_come_as_json_or_as_a_string(value: object) -> None:
    assert is_read(request(beam_size=value))
    assert REQUEST.is_valid(request(beam_size=value))
    assert MODEL.is_valid(request(beam_size=value))


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        None,
        {"instances": []},
        {"instances": [{}]},
        {"instances": [{"data": 7}]},
        {"instances": [{"data": "a"}], "beam": 4},
        {"instances": [{"data": "a", "configuration": []}]},
        request(beam=4),
        request(beam_size=0),
        request(beam_size=MAX_BEAM_SIZE + 1),
        request(beam_size=1.5),
        request(beam_size="two"),
        request(beam_size=True),
        request(attention_matrix="maybe"),
        request(scores=1),
        request(length_penalty=-1),
        request(glossary=["a"]),
        request(glossary={"a": 1}),
        request(glossary={"a": ""}),
        request(glossary={str(number): "x" for number in range(101)}),
    ],
)
def test_what_no_schema_allows_is_not_read_either(content: object) -> None:
    assert not is_read(content)
    assert not REQUEST.is_valid(content)
    assert not MODEL.is_valid(content)


def any_value() -> st.SearchStrategy[Any]:
    return (
        st.none()
        | st.booleans()
        | st.integers(-2, 40)
        | st.floats(-1, 6).filter(lambda number: not number.is_integer())
        | st.sampled_from(["true", "FALSE", "3", "0.5", "x", "", "{}", '{"a": "b"}'])
        | st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)
        | st.lists(st.integers(), max_size=1)
    )


@given(st.dictionaries(st.sampled_from([key.name for key in CONFIGURATION_KEYS]), any_value()))
def test_whatever_is_read_passes_both_schemas(configuration: dict[str, Any]) -> None:
    content = request(**configuration)
    if is_read(content):
        REQUEST.validate(content)
        MODEL.validate(content)


def test_each_key_is_one_schema_of_two_types() -> None:
    instance = schemas.request_schema()["properties"]["instances"]["items"]
    keys = instance["properties"]["configuration"]["properties"]
    assert set(keys) == {key.name for key in CONFIGURATION_KEYS}
    for key in CONFIGURATION_KEYS:
        assert keys[key.name]["type"] == [str(key.kind), "string"]
        assert "anyOf" not in keys[key.name]
    assert keys["beam_size"]["maximum"] == MAX_BEAM_SIZE
    assert next(key for key in CONFIGURATION_KEYS if key.name == "glossary").kind is Kind.TERMS


def test_answers_and_errors_are_as_described() -> None:
    answers = encode_predictions(
        [
            Prediction(target="a"),
            Prediction(
                target="a b",
                matrix=((0.5, 0.5), (1.0, 0.0)),
                score=-0.25,
                alternatives=(
                    Alternative(target="c", score=-1.5),
                    Alternative(target="d", truncated=True),
                ),
                glossary_applied={"x": True},
                truncated=True,
            ),
        ]
    )
    jsonschema.Draft202012Validator(schemas.answer_schema()).validate(json.loads(answers))
    for code in Code:
        body = json.loads(error_body("words", code))
        jsonschema.Draft202012Validator(schemas.error_schema()).validate(body)
