"""Each set of settings is synthesised once a session, because jsii is slow."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.infrastructure.retraining_machine import Run, Start
from tests.infrastructure.synthesis import CORPUS_KEY, ORIGIN, Synthesis, make_bundles, synthesise


@pytest.fixture(scope="session", autouse=True)
def _node_on_path() -> None:
    scripts = Path(".venv/bin").resolve()
    os.environ["PATH"] = f"{scripts}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundles(tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="session")
def pytorch(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    """The defaults on AWS."""
    return synthesise(tmp_path_factory.mktemp("pytorch"), bundles)


@pytest.fixture(scope="session")
def builtin(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    return synthesise(tmp_path_factory.mktemp("builtin"), bundles, engine="builtin")


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    return synthesise(tmp_path_factory.mktemp("local"), bundles, deployment="local")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    """With images that the CDK command line would build."""
    images = {"training_image_uri": "", "serving_image_uri": ""}
    return synthesise(tmp_path_factory.mktemp("built"), bundles, **images)


@pytest.fixture(scope="session")
def scaled(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    """A fleet that never falls to one instance."""
    limits = {"endpoint_min_instances": 2, "endpoint_max_instances": 5}
    return synthesise(tmp_path_factory.mktemp("scaled"), bundles, **limits)


@pytest.fixture(scope="session")
def chosen(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    """Other choices than the defaults."""
    return synthesise(
        tmp_path_factory.mktemp("chosen"),
        bundles,
        name="german",
        target_language="de-AT",
        api_auth="api_key",
        endpoint_min_instances=2,
        endpoint_max_instances="2",
        gate_min_bleu="12.5",
        gate_max_loss=2,
        gate_max_loss_by_chance="3.5",
        evaluation_max_runtime_minutes=90,
        corpus_buckets="corpora-a,corpora-b",
        corpus_key_arns=CORPUS_KEY,
        cors_origins=ORIGIN,
        throttle_rate_limit="7",
        log_retention_days=30,
        alarm_topic_arn="arn:aws:sns:eu-west-1:123456789012:alarms",
        notification_topic_arn="arn:aws:sns:eu-west-1:123456789012:team",
    )


@pytest.fixture(scope="session")
def serverless(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    """An endpoint without instances, and buckets that go with the service."""
    return synthesise(
        tmp_path_factory.mktemp("serverless"),
        bundles,
        endpoint_serverless="true",
        serverless_memory_mb=3072,
        serverless_max_concurrency=20,
        bucket_removal="delete",
        runbooks_url="https://wiki.example/runbooks",
        instance_prices='{"ml.g5.xlarge": 2.5}',
    )


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, bundles: Path) -> Synthesis:
    """With everything that starts the machine by itself and tells of its ends."""
    return synthesise(
        tmp_path_factory.mktemp("told"),
        bundles,
        notification_email="team@example.org",
        retraining_schedule="rate(7 days)",
        retraining_manifest="true",
    )


@pytest.fixture
def start(pytorch: Synthesis, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Executions of the retraining machine as it is deployed by default."""
    definition = pytorch.definition()

    def run(content: dict[str, Any] | None = None, name: str = "Nightly_Run.7", **fake: Any) -> Run:
        return Run(definition, **fake).start(monkeypatch, content, name)

    return run
