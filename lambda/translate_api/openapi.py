"""The OpenAPI document of the service's own API, out of the schemas that requests are read by.

`python -m translate_api.openapi docs/openapi.json` writes it; `GET /openapi.json` answers it.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from protocol import schemas
from protocol.translation import HTTP_STATUS, ErrorCode
from translate_api.media_types import MediaType

ERRORS: Mapping[ErrorCode, str] = {
    ErrorCode.BAD_REQUEST: "The body is not JSON or not records, a key is unknown, or a value is "
    "out of its range.",
    ErrorCode.FORBIDDEN: "The request is not signed, or the signer may not call this API.",
    ErrorCode.NOT_FOUND: "There is no such path, or the model came without vocabularies.",
    ErrorCode.METHOD_NOT_ALLOWED: "The path takes another method; `Allow` names it.",
    ErrorCode.TOO_LARGE: "The body, or the answer with its matrices, passes a limit.",
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: "Another `Content-Type` or `Content-Encoding`, or an "
    "`Accept` that leaves the answer's type out.",
    ErrorCode.THROTTLED: "Over the rate that the owner has set.",
    ErrorCode.NO_MODEL: "No model has been promoted yet.",
    ErrorCode.OVERLOADED: "The endpoint has more work than it can take.",
    ErrorCode.INTERNAL: "Something broke in the service.",
    ErrorCode.TIMEOUT: "The answer took too long.",
}
_GATEWAY_ERRORS = (ErrorCode.FORBIDDEN, ErrorCode.THROTTLED, ErrorCode.INTERNAL, ErrorCode.TIMEOUT)
"""Any request may meet these."""
_RETRY_STATUSES = (429, 503)
_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}
_MODEL_PROPERTIES = {
    "engine": {"type": "string", "enum": ["pytorch", "builtin"]},
    "source_language": _TEXT,
    "target_language": _TEXT,
    "training_job": _TEXT,
    "created_at": {"type": "string", "description": "UTC, ISO 8601."},
    "num_parameters": _WHOLE,
    "source_vocabulary_size": _WHOLE,
    "target_vocabulary_size": _WHOLE,
    "max_source_length": _WHOLE | {"description": "In pieces."},
    "max_decoding_length": _WHOLE | {"description": "In pieces."},
    "beam_size": _WHOLE,
    "subwords": {"type": "boolean"},
    "metrics": {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
}


def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Translation",
            "version": "1",
            "description": "Translates sentences with a model of one's own.",
        },
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com/prod",
                "variables": {"api": {"default": "api-id"}, "region": {"default": "us-east-1"}},
            }
        ],
        "security": [{"signature": []}, {"key": []}],
        "paths": {
            "/translate": {"post": _translate()},
            "/model": {"get": _get("model", "What is being served.", "Model", ErrorCode.NO_MODEL)},
            "/vocabulary/{side}": {"parameters": [_side()], "get": _vocabulary()},
            "/openapi.json": {"get": _get("openapi", "This document.", "Document")},
        },
        "components": {
            "schemas": _schemas(),
            "responses": _responses(),
            "headers": _headers(),
            "securitySchemes": _security_schemes(),
        },
    }


def text() -> str:
    """The document as it is stored and served."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _translate() -> dict[str, Any]:
    json_request = {"schema": _schema("TranslationRequest"), "example": _EXAMPLE}
    return {
        "operationId": "translate",
        "summary": "Translate sentences.",
        "description": "The answer comes in the content type of the request. For records it must "
        "be the first type of `Accept`. A body may be compressed with gzip.",
        "requestBody": {
            "required": True,
            "content": {
                MediaType.JSON.value: json_request,
                MediaType.RECORDIO.value: {},
            },
        },
        "responses": {
            "200": {
                "description": "Translations in the order of the request; records hold the ids "
                "of the target, without the end of the sentence, and where the decoding length "
                'cut it, the metadata `{"truncated": true}`.',
                "headers": _request_id(),
                "content": {
                    MediaType.JSON.value: {"schema": _schema("TranslationAnswer")},
                    MediaType.RECORDIO.value: {},
                },
            },
            **_errors(
                ErrorCode.BAD_REQUEST,
                ErrorCode.TOO_LARGE,
                ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                ErrorCode.NO_MODEL,
            ),
        },
    }


_EXAMPLE = {
    "instances": [
        {"data": "you are so good !"},
        {"data": "can you drive a car ?", "configuration": {"attention_matrix": "true"}},
    ]
}


def _get(name: str, summary: str, schema: str, *errors: ErrorCode) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {
                "description": summary,
                "headers": _request_id(),
                "content": {MediaType.JSON.value: {"schema": _schema(schema)}},
            },
            **_errors(*errors),
        },
    }


def _vocabulary() -> dict[str, Any]:
    summary = "The current model's vocabulary, token to id."
    operation = _get("vocabulary", summary, "Vocabulary", ErrorCode.NOT_FOUND, ErrorCode.NO_MODEL)
    location = {"Location": {"schema": {"type": "string", "format": "uri"}}}
    elsewhere = {
        "description": "The vocabulary is too large for an answer; it lies at this address for "
        "some minutes.",
        "headers": _request_id() | location,
        "content": {MediaType.JSON.value: {"schema": _schema("Location")}},
    }
    return operation | {"responses": {"303": elsewhere, **operation["responses"]}}


def _side() -> dict[str, Any]:
    return {
        "name": "side",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": ["source", "target"]},
    }


def _errors(*codes: ErrorCode) -> dict[str, Any]:
    statuses = sorted({HTTP_STATUS[code] for code in (*codes, *_GATEWAY_ERRORS)})
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _responses() -> dict[str, Any]:
    """One response for each status; 503 has two codes."""
    return {str(status): _error(status) for status in sorted(set(HTTP_STATUS.values()))}


def _error(status: int) -> dict[str, Any]:
    meanings = [f"`{code}`: {ERRORS[code]}" for code in ErrorCode if HTTP_STATUS[code] == status]
    headers = _request_id()
    if status in _RETRY_STATUSES:
        headers |= {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return {
        "description": " ".join(meanings),
        "headers": headers,
        "content": {MediaType.JSON.value: {"schema": _schema("Error")}},
    }


def _schemas() -> dict[str, Any]:
    return {
        "TranslationRequest": schemas.request_schema(),
        "TranslationAnswer": schemas.answer_schema(),
        "Error": schemas.error_schema(),
        "Model": {
            "type": "object",
            "required": ["engine", "training_job"],
            "properties": _MODEL_PROPERTIES,
        },
        "Vocabulary": {"type": "object", "additionalProperties": _WHOLE | {"minimum": 0}},
        "Location": {
            "type": "object",
            "required": ["location"],
            "properties": {"location": {"type": "string", "format": "uri"}},
        },
        "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
    }


def _headers() -> dict[str, Any]:
    return {
        "RequestId": {
            "description": "Finds the request in the service's logs.",
            "required": True,
            "schema": _TEXT,
        },
        "RetryAfter": {
            "description": "Seconds after which to try again.",
            "schema": {"type": "string", "pattern": "^[0-9]+$"},
        },
    }


def _security_schemes() -> dict[str, Any]:
    return {
        "signature": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
            "description": "AWS Signature Version 4 for the service `execute-api`.",
        },
        "key": {
            "type": "apiKey",
            "name": "x-api-key",
            "in": "header",
            "description": "Where the owner has chosen `api_auth: api_key`.",
        },
    }


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _request_id() -> dict[str, Any]:
    return {"x-request-id": {"$ref": "#/components/headers/RequestId"}}


def main(arguments: Sequence[str]) -> int:
    """Write the document to the file that is named."""
    (path,) = arguments
    Path(path).write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
