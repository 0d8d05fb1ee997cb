"""The quotas that an execution is checked against, and how it ends when one is too small."""

import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from check_input import handler, quotas
from check_input.quotas import InsufficientQuotaError
from stacks.retraining.quota_needs import quota_needs
from stacks.settings import Settings
from tests.infrastructure.retraining_machine import Failure, Run
from tests.infrastructure.synthesis import REGION, Synthesis, rendered


def needs(**settings: Any) -> dict[str, list[Any]]:
    return dict(json.loads(quota_needs(Settings(**settings))))


class Account:
    """Service Quotas' client for an account that has these quotas and no others."""

    meta = SimpleNamespace(region_name=REGION)

    def __init__(self, values: Mapping[str, float]) -> None:
        self._quotas = [
            {"QuotaName": name, "QuotaCode": "L-1234ABCD", "Value": value}
            for name, value in values.items()
        ]

    def get_paginator(self, _listing: str) -> "Account":
        return self

    def paginate(self, **_request: Any) -> list[dict[str, Any]]:
        return [{"Quotas": self._quotas}]


class CheckedRun(Run):
    """An execution whose input is checked by the function itself, as it is deployed."""

    def check_with(
        self, synthesis: Synthesis, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        variables = synthesis.function("Retraining", "CheckInput")["Environment"]["Variables"]
        for name, value in variables.items():
            monkeypatch.setenv(name, rendered(value, synthesis.template("Retraining")))
        monkeypatch.setattr(handler, "settings", handler.settings.__wrapped__)
        monkeypatch.setattr(quotas, "declared_needs", quotas.declared_needs.__wrapped__)
        monkeypatch.setattr(quotas, "new_client", lambda: account)

    def _check_input(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"StatusCode": 200, "Payload": handler.lambda_handler(request["Payload"], None)}
        except InsufficientQuotaError as error:
            told = {"errorMessage": str(error), "errorType": "InsufficientQuotaError"}
            raise Failure("InsufficientQuotaError", json.dumps(told)) from error


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


@pytest.mark.parametrize(("on_demand", "status"), [(4, "SUCCEEDED"), (3, "FAILED")])
def test_a_tuning_job_needs_its_parallel_jobs_on_demand_and_no_spot(
    pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch, on_demand: int, status: str
) -> None:
    values = {quota: instances for _, (quota, instances) in needs().items()}
    values["ml.g5.xlarge for spot training job usage"] = 0
    values["ml.g5.xlarge for training job usage"] = on_demand
    run = CheckedRun(pytorch.definition())
    run.check_with(pytorch, Account(values), monkeypatch)
    run.start(monkeypatch, {"tuning": {"max_jobs": 6, "max_parallel_jobs": 4}})

    assert run.status == status, run.cause
    assert len(run.sent("createHyperParameterTuningJob.sync")) == (status == "SUCCEEDED")
    if status == "FAILED":
        assert run.error == "InsufficientQuota"
        assert run.cause.startswith(
            "tuning: the quota 'ml.g5.xlarge for training job usage' is 3 in eu-west-1, and 4 is"
        )
        assert not run.sent("createProcessingJob.sync")
