"""JSON Schemas of the REST API's bodies, out of the same table that parsing uses.

They keep to words that draft 4 and 2020-12 of JSON Schema have in common, because API Gateway
validates with the one and OpenAPI 3.1 describes with the other.
"""

from collections.abc import Mapping
from typing import Any

from protocol.configuration import configuration_schema
from protocol.translation import ErrorCode

Schema = dict[str, Any]
DRAFT_4 = "http://json-schema.org/draft-04/schema#"


def request_schema() -> Schema:
    """The body of `POST /translate` in JSON."""
    configuration = configuration_schema()
    properties = configuration["properties"]
    instance = _closed(
        {
            "data": {"type": "string", "description": "The sentence to translate."},
            "configuration": configuration
            | {
                "properties": {name: _one_schema(key) for name, key in properties.items()},
                "description": "What is asked of the translation; every value may also be "
                "spelled as a string.",
            },
        },
        required=("data",),
    )
    instances = {"type": "array", "minItems": 1, "items": instance}
    return _closed({"instances": instances}, required=("instances",))


def request_model() -> Schema:
    """`request_schema` as API Gateway takes it."""
    return {"$schema": DRAFT_4, "title": "TranslationRequest", **request_schema()}


def answer_schema() -> Schema:
    """The JSON answer of `POST /translate`, in the order of the request's instances."""
    return _closed({"predictions": _list(_prediction_schema())}, required=("predictions",))


def error_schema() -> Schema:
    """The body of every error."""
    codes = [str(code) for code in ErrorCode]
    properties: dict[str, Schema] = {
        "message": {"type": "string", "description": "What is wrong, and what to do about it."},
        "code": {"type": "string", "enum": codes},
    }
    return _closed(properties, required=("message", "code"))


def _prediction_schema() -> Schema:
    target: Schema = {"type": "string", "description": "The translation."}
    score: Schema = {
        "type": "number",
        "description": "The hypothesis' score; there when `scores` asks for it.",
    }
    truncated: Schema = {
        "type": "boolean",
        "enum": [True],
        "description": "There where the decoding length cut the translation before its end.",
    }
    parts = {"target": target, "score": score, "truncated": truncated}
    alternative = _closed(parts, required=("target",))
    properties: dict[str, Schema] = {
        "target": target,
        "matrix": _list(_list({"type": "number"}))
        | {
            "description": "A row per word of the translation, a column per word of the sentence; "
            "each row sums to 1. There when `attention_matrix` asks for it."
        },
        "score": score,
        "alternatives": _list(alternative)
        | {"description": "All hypotheses but the best, best first; with `alternatives` over 1."},
        "glossary_applied": {
            "type": "object",
            "additionalProperties": {"type": "boolean"},
            "description": "By source term that stands in the sentence: whether the translation "
            "holds its target term.",
        },
        "truncated": truncated,
    }
    return _closed(properties, required=("target",))


def _closed(properties: Mapping[str, Schema], *, required: tuple[str, ...]) -> Schema:
    """An object that has these keys and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": dict(properties),
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_schema(key: Schema) -> Schema:
    """A choice of two types as one schema of both.

    Draft 4's keywords for numbers, strings and objects say nothing of other types, so the meaning
    is the same; but API Gateway then tells the caller what is wrong with the value, and not only
    that neither choice fits.
    """
    choices = key.get("anyOf", [])
    merged: Schema = {name: value for name, value in key.items() if name != "anyOf"}
    for choice in choices:
        merged |= {name: value for name, value in choice.items() if name != "type"}
    return {"type": [choice["type"] for choice in choices], **merged} if choices else merged
