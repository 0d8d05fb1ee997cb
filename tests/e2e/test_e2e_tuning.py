"""A search for hyperparameters: its best model goes on like any other; and one beyond the quota."""

import json
from typing import Any

import boto3
import pytest

from tests.e2e.conftest import LOCAL, QUICK
from tests.e2e.deployment import Deployment, Execution

SEARCHED = "learning_rate"
SHORT = {name: value for name, value in QUICK.items() if name != SEARCHED} | {
    "max_num_batches": 60,
    "checkpoint_frequency_num_batches": 60,
}
METRIC = "FinalHyperParameterTuningJobObjectiveMetric"


@pytest.mark.usefixtures("first_model")
def test_the_best_model_of_a_search_is_judged(
    deployment: Deployment, corpus: dict[str, str]
) -> None:
    ended = deployment.retrain(
        {
            "corpus": corpus,
            "max_lines": 3000,
            "hyperparameters": SHORT,
            "tuning": {"max_jobs": 2, "ranges": {SEARCHED: {"min": 0.0005, "max": 0.004}}},
            "promote": False,
        }
    )

    assert ended.status == "SUCCEEDED", f"{ended.error}: {ended.cause}"
    jobs = trained_for(ended)
    assert len({job["TunedHyperParameters"][SEARCHED] for job in jobs}) == 2
    best = min(jobs, key=lambda job: float(job[METRIC]["Value"]))
    assert f"/{best['TrainingJobName']}/output/" in ended.output["model_data"]
    perplexity = ended.output["metrics"]["validation:perplexity"]
    assert perplexity == pytest.approx(best[METRIC]["Value"], rel=1e-4)
    bucket, _, key = ended.output["evaluation"].removeprefix("s3://").partition("/")
    found = json.load(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"])
    assert found["model"]["training_job"] == best["TrainingJobName"]
    tuned = found["model"]["hyperparameters"][SEARCHED]
    assert tuned == best["TunedHyperParameters"][SEARCHED]
    assert ended.output["promoted"] is False
    assert ended.output["reason"].startswith("promotion was not asked for; BLEU ")
    assert found["verdict"]["reason"] in ended.output["reason"]


def trained_for(execution: Execution) -> list[dict[str, Any]]:
    """The training jobs of the search that an execution has made."""
    sagemaker = boto3.client("sagemaker")
    listed = sagemaker.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
    for name in (job["HyperParameterTuningJobName"] for job in listed):
        if f"/{name}-" in execution.output["model_data"]:
            answer = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            )
            return list(answer["TrainingJobSummaries"])
    raise AssertionError(f"no search has made {execution.output['model_data']}")


@pytest.mark.skipif(not LOCAL, reason="another account may have larger quotas")
def test_a_search_beyond_the_quota_starts_nothing(
    deployment: Deployment, corpus: dict[str, str]
) -> None:
    refused = deployment.retrain(
        {"corpus": corpus, "tuning": {"max_jobs": 40, "max_parallel_jobs": 21}}
    )

    assert (refused.status, refused.error) == ("FAILED", "InsufficientQuota")
    assert "for training job usage' is 20 in us-east-1, and 21 is needed" in refused.cause
    assert refused.cause.endswith("Nothing was started.")
    jobs = boto3.client("sagemaker").list_processing_jobs(NameContains=refused.name)
    assert jobs["ProcessingJobSummaries"] == []
