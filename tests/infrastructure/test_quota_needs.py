"""The quotas that an execution is checked against, and how it ends when one is too small."""

import json
from typing import Any

import pytest

from stacks.retraining.quota_needs import quota_needs
from stacks.settings import Settings
from tests.infrastructure.retraining_machine import Failure, Run
from tests.infrastructure.synthesis import Synthesis


def needs(**settings: Any) -> dict[str, list[Any]]:
    return dict(json.loads(quota_needs(Settings(**settings))))


def test_spot_and_on_demand_trainings_have_quotas_of_their_own() -> None:
    assert needs()["training"] == ["ml.g5.xlarge for spot training job usage", 1]
    several = needs(training_spot=False, training_instance_count=3)
    assert several["training"] == ["ml.g5.xlarge for training job usage", 3]
    assert needs()["processing"] == ["ml.m5.xlarge for processing job usage", 1]


def test_a_promotion_needs_the_fleet_twice_and_serverless_inference_none() -> None:
    assert needs()["endpoint"] == ["ml.c6i.xlarge for endpoint usage", 2]
    larger = needs(endpoint_min_instances=3, endpoint_max_instances=9)
    assert larger["endpoint"] == ["ml.c6i.xlarge for endpoint usage", 6]
    assert "endpoint" not in needs(endpoint_serverless=True)


def test_the_function_knows_the_needs_and_may_ask(pytorch: Synthesis) -> None:
    variables = pytorch.function("Retraining", "CheckInput")["Environment"]["Variables"]
    assert json.loads(variables["QUOTAS"]) == needs()
    (statement,) = [
        one
        for one in pytorch.statements("Retraining")
        if "servicequotas:ListServiceQuotas" in one["Action"]
    ]
    assert statement["Resource"] == "*"


def test_too_small_a_quota_ends_an_execution_before_anything_is_started(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(pytorch.definition())
    words = "training: the quota 'ml.g5.xlarge for spot training job usage' is 0 in eu-west-1, …"
    cause = {"errorMessage": words, "errorType": "InsufficientQuotaError"}

    def refusing(_request: dict[str, Any]) -> Any:
        raise Failure("InsufficientQuotaError", json.dumps(cause))

    monkeypatch.setattr(run, "_check_input", refusing)
    run.start(monkeypatch)

    assert (run.error, run.cause) == ("InsufficientQuota", words)
    assert not run.sent("createProcessingJob.sync")
