import dataclasses
import io
import json
import logging
from collections.abc import Iterator

import pytest

from check_input import handler, quotas
from check_input.plan import Plan
from check_input.quotas import Need
from protocol.retraining import InputError


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "BUCKET": "own",
        "ENGINE": "pytorch",
        "SOURCE_LANGUAGE": "en",
        "TARGET_LANGUAGE": "de",
    }.items():
        monkeypatch.setenv(name, value)
    handler.settings.cache_clear()
    yield
    handler.settings.cache_clear()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the function logs; Powertools keeps the standard output that it met at import."""
    lines = io.StringIO()
    stream = handler.logger.registered_handler
    assert isinstance(stream, logging.StreamHandler)
    previous = stream.setStream(lines)
    yield lines
    stream.setStream(previous)


def test_the_plan_is_json_as_the_state_machine_reads_it() -> None:
    plan = handler.lambda_handler({"execution": "Nightly 1", "input": {"promote": False}}, None)

    assert json.loads(json.dumps(plan)) == plan
    assert set(plan) == {part.name for part in dataclasses.fields(Plan)} | {"quotas"}
    assert plan["quotas"] == []
    assert plan["promote"] is False


def test_a_wrong_input_fails_with_the_name_that_the_state_machine_catches() -> None:
    with pytest.raises(InputError, match="unknown key 'corpora'") as caught:
        handler.lambda_handler({"execution": "x", "input": {"corpora": {}}}, None)
    assert type(caught.value).__name__ == "InputError"


def test_the_log_shows_where_the_corpus_lies_but_not_what_opens_it(log: io.StringIO) -> None:
    signed = "https://bucket.example/train.en.gz?X-Amz-Signature=signed-1"
    corpus = {
        "source": signed,
        "target": "https://user:word-2@host.example/train.de.gz",
        "validation_source": "s3://own/corpora/dev.en",
        "validation_target": "https://host.example/dev.tgz?token=token-3#dev.de",
    }

    plan = handler.lambda_handler({"execution": "x", "input": {"corpus": corpus}}, None)

    assert signed in plan["preprocessing_arguments"]
    (line,) = map(json.loads, log.getvalue().splitlines())
    assert line["plan"]["preprocessing_arguments"][1::2] == [
        "https://bucket.example/train.en.gz",
        "https://host.example/train.de.gz",
        "s3://own/corpora/dev.en",
        "https://host.example/dev.tgz#dev.de",
    ]
    assert not any(secret in log.getvalue() for secret in ("signed-1", "user", "word-2", "token-3"))


def test_quotas_are_asked_for_what_the_plan_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = {"training": ["t", 1], "tuning": ["o", 2], "processing": ["p", 1], "endpoint": ["e", 2]}
    monkeypatch.setenv("QUOTAS", json.dumps(needs))
    quotas.declared_needs.cache_clear()
    asked: list[list[tuple[str, int]]] = []

    def check(needed: list[Need], _client: object) -> list[str]:
        asked.append([(need.quota, need.instances) for need in needed])
        return ["noted"]

    monkeypatch.setattr(quotas, "check", check)
    wish = {"promote": False}
    plan = handler.lambda_handler({"execution": "x", "input": wish}, None)
    tuned = wish | {"tuning": {"max_jobs": 6, "max_parallel_jobs": 4}}
    handler.lambda_handler({"execution": "x", "input": tuned}, None)
    quotas.declared_needs.cache_clear()

    assert asked == [[("t", 1), ("p", 1)], [("o", 8), ("p", 1)]]
    assert plan["quotas"] == ["noted"]
