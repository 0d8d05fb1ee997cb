"""What the real serving process refuses, as the callers of the deployed API see it."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from tests.functional.rest_service import JSON, LIMITS, Answer, RestService

SENTENCE = "this is so cool you are so good !"
MAX_INSTANCES = int(LIMITS["SERVING_MAX_INSTANCES"])
MAX_PIECES = int(LIMITS["SERVING_MAX_SOURCE_PIECES"])
WAITED_SECONDS = 90.0


def translate(service: RestService, key: str, sentences: list[str], beam_size: int = 1) -> Answer:
    instances = [{"data": data, "configuration": {"beam_size": beam_size}} for data in sentences]
    body = json.dumps({"instances": instances}).encode()
    return service.send("POST", "/translate", body, {"x-api-key": key, "content-type": JSON})


def test_too_many_sentences_are_a_413(keyed_service: RestService, key: str) -> None:
    assert translate(keyed_service, key, ["cool"] * MAX_INSTANCES).status == 200
    answer = translate(keyed_service, key, ["cool"] * (MAX_INSTANCES + 1))
    assert answer.refusal() == (413, "too_large")
    assert str(MAX_INSTANCES) in answer.json()["message"]


def test_a_sentence_that_is_too_long_is_a_400(keyed_service: RestService, key: str) -> None:
    answer = translate(keyed_service, key, ["cool", "cool " * (MAX_PIECES + 1)])
    assert answer.refusal() == (400, "bad_request")
    assert "instances[1]" in answer.json()["message"]
    assert str(MAX_PIECES) in answer.json()["message"]


def test_a_full_queue_is_a_503_that_says_when_to_come_again(
    keyed_service: RestService, key: str
) -> None:
    long = [SENTENCE] * MAX_INSTANCES
    deadline = time.monotonic() + WAITED_SECONDS
    refused: Answer | None = None
    with ThreadPoolExecutor() as threads:
        while refused is None and time.monotonic() < deadline:
            first = threads.submit(translate, keyed_service, key, long, 32)
            while refused is None and not first.done():
                second = translate(keyed_service, key, ["cool", "good"])
                refused = second if second.status != 200 else None
            assert first.result().status == 200
    assert refused, "the queue was never full"
    assert refused.refusal() == (503, "overloaded")
    assert "more sentences are waiting" in refused.json()["message"]
    assert refused.headers["retry-after"] == "2"
