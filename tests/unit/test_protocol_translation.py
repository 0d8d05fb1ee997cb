import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.configuration import Configuration
from protocol.translation import (
    HTTP_STATUS,
    Alternative,
    ErrorCode,
    Instance,
    Prediction,
    RequestError,
    TranslationRequest,
    encode_predictions,
    error_body,
)

anything = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["instances", "data", "configuration", "attention_matrix", "x"]), inner
        )
    ),
    max_leaves=12,
)


def parse(content: object) -> TranslationRequest:
    return TranslationRequest.parse(json.dumps(content).encode())


def test_the_walk_through_request_is_read() -> None:
    body = {
        "instances": [
            {"data": "you are so good !"},
            {"data": "hi", "configuration": {"attention_matrix": "true"}},
        ]
    }

    assert parse(body).instances == (
        Instance(data="you are so good !"),
        Instance(data="hi", configuration=Configuration(attention_matrix=True)),
    )


@pytest.mark.parametrize(
    ("spelled", "wanted"),
    [("true", True), ("True", True), (True, True), ("false", False), (False, False)],
)
def test_attention_is_spelled_as_string_or_boolean(spelled: object, wanted: bool) -> None:
    instance = {"data": "x", "configuration": {"attention_matrix": spelled}}

    assert parse({"instances": [instance]}).instances[0].configuration.attention_matrix is wanted


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "the body must be a JSON object"),
        ({}, '"instances" must be a list with at least one instance'),
        ({"instances": []}, '"instances" must be a list with at least one instance'),
        ({"instances": "hello"}, '"instances" must be a list with at least one instance'),
        ({"instances": [], "beam": 2}, "the body: unknown key 'beam'; known keys: instances"),
        ({"instances": ["hello"]}, r"instances\[0\] must be a JSON object"),
        ({"instances": [{"data": "a"}, {"data": 7}]}, r'instances\[1\]: "data" must be a string'),
        ({"instances": [{"data": "\ud800"}]}, "lone surrogate"),
        (
            {"instances": [{"data": "a", "configuration": {"attention_matrix": 1}}]},
            '"attention_matrix" must be true or false, not 1',
        ),
        (
            {"instances": [{"data": "a", "configuration": {"attention": "true"}}]},
            r"instances\[0\].configuration: unknown key 'attention'",
        ),
    ],
)
def test_a_mistake_is_named(content: object, message: str) -> None:
    with pytest.raises(RequestError, match=message) as error:
        parse(content)
    assert error.value.code is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(RequestError, match="the body is not JSON in UTF-8"):
        TranslationRequest.parse(body)


@given(anything)
def test_any_json_is_read_or_refused(content: object) -> None:
    try:
        request = parse(content)
    except RequestError:
        return
    assert request.instances


def test_a_matrix_is_answered_only_where_it_was_asked_for() -> None:
    body = encode_predictions(
        [Prediction(target="schön"), Prediction(target="gut", matrix=((0.25, 0.75),))]
    )

    assert json.loads(body) == {
        "predictions": [{"target": "schön"}, {"target": "gut", "matrix": [[0.25, 0.75]]}]
    }


def test_an_answer_that_was_cut_says_so_and_no_other_does() -> None:
    others = (Alternative(target="b"), Alternative(target="c", truncated=True))
    body = encode_predictions(
        [Prediction(target="a", alternatives=others), Prediction(target="d", truncated=True)]
    )

    assert json.loads(body)["predictions"] == [
        {"target": "a", "alternatives": [{"target": "b"}, {"target": "c", "truncated": True}]},
        {"target": "d", "truncated": True},
    ]


def test_an_error_that_quotes_half_a_surrogate_pair_is_text() -> None:
    assert json.loads(error_body("no \ud800 here", ErrorCode.BAD_REQUEST))["message"] == "no ? here"


def test_every_error_code_has_a_status() -> None:
    assert set(HTTP_STATUS) == set(ErrorCode)
    assert json.loads(error_body("wait", ErrorCode.THROTTLED)) == {
        "message": "wait",
        "code": "throttled",
    }
