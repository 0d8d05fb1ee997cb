"""Generated requests against the OpenAPI document: every answer is one that it describes.

`SCHEMATHESIS_EXAMPLES` sets how many are generated of each kind; `make schemathesis` takes many.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.functional.rest_service import JSON, RECORDIO, RestService, Signer

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
NUM_EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "25"))
BOUNDED = settings(
    max_examples=NUM_EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
load_all_checks()
CHECKED: Any = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
    ]
)


@schemathesis.serializer(RECORDIO)
def _as_it_is(_context: Any, value: Any) -> Any:
    return value


schemathesis.openapi.media_type(RECORDIO, st.binary(max_size=64))
FOUND: Any = schemathesis.openapi.from_path(DOCUMENT).get_all_operations()
OPERATIONS = {found.ok().label: found.ok() for found in FOUND}
KINDS = [
    *((label, GenerationMode.POSITIVE) for label in OPERATIONS),
    ("POST /translate", GenerationMode.NEGATIVE),
    ("GET /vocabulary/{side}", GenerationMode.NEGATIVE),
]


class Signed(AuthBase):
    """Signs what is about to be sent."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        content = body if isinstance(body, bytes) else str(body).encode()
        kept = {
            name: str(value)
            for name, value in request.headers.items()
            if name.lower() in ("content-type", "accept")
        }
        signed = self._signer.headers(str(request.method), str(request.url), content, kept)
        request.headers.update(signed)
        return request


@pytest.mark.parametrize(("label", "mode"), KINDS)
def test_every_answer_is_one_that_the_document_describes(
    rest_service: RestService, label: str, mode: GenerationMode
) -> None:
    session = requests.Session()
    session.trust_env = False
    statuses: dict[int, int] = {}

    @BOUNDED
    @given(OPERATIONS[label].as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case[Any]) -> None:
        answer = case.call_and_validate(
            base_url=rest_service.url,
            session=session,
            headers={"Accept": case.media_type or JSON},
            auth=Signed(rest_service.signer),
            checks=CHECKED,
            allow_redirects=False,
        )
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

    call()
    assert statuses
    print(f"{label}, {mode.value}: {statuses}")
