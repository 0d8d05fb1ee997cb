"""The quotas that an execution is checked against, and how it ends when one is too small."""

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from check_input import bulk_handler, handler, quotas
from check_input.quotas import InsufficientQuotaError
from stacks.retraining.quota_needs import bulk_quota_needs, quota_needs
from stacks.settings import Settings
from tests.infrastructure.bulk_machine import INPUT, BulkRun, definition
from tests.infrastructure.failures import Failure
from tests.infrastructure.retraining_machine import Run
from tests.infrastructure.synthesis import REGION, Synthesis, rendered


def needs(**settings: Any) -> dict[str, list[Any]]:
    return dict(json.loads(quota_needs(Settings(**settings))))


class Account:
    """Service Quotas' client for an account that has these quotas and no others."""

    meta = SimpleNamespace(region_name=REGION, partition="aws")

    def __init__(self, values: Mapping[str, float]) -> None:
        self._quotas = [
            {"QuotaName": name, "QuotaCode": "L-1234ABCD", "Value": value}
            for name, value in values.items()
        ]

    def get_paginator(self, _listing: str) -> "Account":
        return self

    def paginate(self, **_request: Any) -> list[dict[str, Any]]:
        return [{"Quotas": self._quotas}]


def deployed_check(
    synthesis: Synthesis,
    stack: str,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The function itself, with the variables that it is deployed with."""
    function = {"Retraining": handler, "Bulk": bulk_handler}[stack]
    variables = synthesis.function(stack, "CheckInput")["Environment"]["Variables"]
    for name, value in variables.items():
        monkeypatch.setenv(name, rendered(value, synthesis.template(stack)))
    monkeypatch.setattr(function, "settings", function.settings.__wrapped__)
    monkeypatch.setattr(quotas, "declared_needs", quotas.declared_needs.__wrapped__)
    monkeypatch.setattr(quotas, "new_client", lambda: account)

    def invoke(request: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"StatusCode": 200, "Payload": function.lambda_handler(request["Payload"], None)}
        except InsufficientQuotaError as error:
            told = {"errorMessage": str(error), "errorType": "InsufficientQuotaError"}
            raise Failure("InsufficientQuotaError", json.dumps(told)) from error

    return invoke


def test_spot_and_on_demand_trainings_have_quotas_of_their_own() -> None:
    assert needs()["training"] == ["ml.g5.xlarge for spot training job usage", 1]
    several = needs(training_spot=False, training_instance_count=3)
    assert several["training"] == ["ml.g5.xlarge for training job usage", 3]
    assert needs()["processing"] == ["ml.m5.xlarge for processing job usage", 1]


def test_the_training_jobs_of_a_tuning_job_are_on_demand_whatever_the_others_are() -> None:
    assert needs(training_instance_count=2)["tuning"] == ["ml.g5.xlarge for training job usage", 2]
    assert needs(training_spot=False)["tuning"] == ["ml.g5.xlarge for training job usage", 1]


def test_a_promotion_needs_the_fleet_twice_and_serverless_inference_none() -> None:
    assert needs()["endpoint"] == ["ml.c6i.xlarge for endpoint usage", 2]
    larger = needs(endpoint_min_instances=3, endpoint_max_instances=9)
    assert larger["endpoint"] == ["ml.c6i.xlarge for endpoint usage", 6]
    assert "endpoint" not in needs(endpoint_serverless=True)


def test_a_bulk_translation_has_a_quota_for_transform_jobs_of_its_own() -> None:
    chosen = Settings(transform_instance_type="ml.g4dn.xlarge")
    assert json.loads(bulk_quota_needs(chosen)) == {
        "processing": ["ml.m5.xlarge for processing job usage", 1],
        "transform": ["ml.g4dn.xlarge for transform job usage", 1],
    }


@pytest.mark.parametrize(
    ("stack", "expected"),
    [("Retraining", quota_needs(Settings())), ("Bulk", bulk_quota_needs(Settings()))],
)
def test_each_function_knows_its_needs_and_may_ask(
    pytorch: Synthesis, stack: str, expected: str
) -> None:
    variables = pytorch.function(stack, "CheckInput")["Environment"]["Variables"]
    assert variables["QUOTAS"] == expected
    (statement,) = [
        one
        for one in pytorch.statements(stack)
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


@pytest.mark.parametrize(("on_demand", "status"), [(4, "SUCCEEDED"), (3, "FAILED")])
def test_a_tuning_job_needs_its_parallel_jobs_on_demand_and_no_spot(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch, on_demand: int, status: str
) -> None:
    values = {quota: instances for _, (quota, instances) in needs().items()}
    values["ml.g5.xlarge for spot training job usage"] = 0
    values["ml.g5.xlarge for training job usage"] = on_demand
    run = Run(pytorch.definition())
    check = deployed_check(pytorch, "Retraining", Account(values), monkeypatch)
    monkeypatch.setattr(run, "_check_input", check)
    run.start(monkeypatch, {"tuning": {"max_jobs": 6, "max_parallel_jobs": 4}})

    assert run.status == status, run.cause
    assert len(run.sent("createHyperParameterTuningJob.sync")) == (status == "SUCCEEDED")
    if status == "FAILED":
        assert run.error == "InsufficientQuota"
        assert run.cause.startswith(
            "tuning: the quota 'ml.g5.xlarge for training job usage' is 3 in eu-west-1, and 4 is"
        )
        assert not run.sent("createProcessingJob.sync")


@pytest.mark.parametrize(("allowed", "status"), [(3, "SUCCEEDED"), (2, "FAILED")])
def test_a_bulk_translation_needs_the_instances_that_it_asks_for(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch, allowed: int, status: str
) -> None:
    processing, transform = json.loads(bulk_quota_needs(Settings())).values()
    run = BulkRun(definition(pytorch))
    account = Account({processing[0]: 1, transform[0]: allowed})
    check = deployed_check(pytorch, "Bulk", account, monkeypatch)
    monkeypatch.setattr(run, "_check_bulk_input", check)
    run.start(monkeypatch, {"input": INPUT, "instances": 3})

    assert run.status == status, run.cause
    if status == "FAILED":
        assert run.error == "InsufficientQuota"
        assert run.cause.startswith(
            "transform: the quota 'ml.c6i.xlarge for transform job usage' is 2 in eu-west-1, and 3 "
        )
        assert run.actions == ["invoke"]
