"""What an owner and a caller rely on, in the order in which a service is born."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
import time
import unicodedata
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boto3
import pytest

from protocol.recordio import encode_record, write_frame
from tests.copying_model import build_word_model
from tests.e2e.conftest import LOCAL, QUICK
from tests.e2e.deployment import EXECUTION_SECONDS, Deployment, Execution
from tests.e2e.rest_api import RECORDIO

SENTENCES = ["you are so good !", "can you drive a car ?", "this is so cool"]
local_only = pytest.mark.skipif(not LOCAL, reason="looks into this machine's processes")


def records(*sources: list[int]) -> bytes:
    return framed([encode_record(source, []) for source in sources])


def answer_records(predictions: list[dict[str, Any]], ids: dict[str, int]) -> bytes:
    """What a protobuf request for the same sentences is answered with."""
    return framed(
        [
            encode_record(
                [],
                [ids[word] for word in prediction["target"].split()],
                is_truncated=prediction.get("truncated", False),
            )
            for prediction in predictions
        ]
    )


def framed(payloads: list[bytes]) -> bytes:
    stream = io.BytesIO()
    for payload in payloads:
        write_frame(stream, payload)
    return stream.getvalue()


@pytest.mark.skipif(not LOCAL, reason="a deployed service may have a model already")
def test_before_the_first_model_callers_learn_what_to_start(deployment: Deployment) -> None:
    body = json.dumps({"instances": [{"data": "hello"}]}).encode()

    for method, path, content in (("POST", "/translate", body), ("GET", "/model", b"")):
        answer = deployment.api.call(method, path, content)

        assert answer.status == 503, answer.body
        assert answer.json()["code"] == "no_model"
        assert "start the retraining state machine" in answer.json()["message"]
        assert int(answer.headers["retry-after"]) > 0


def test_unsigned_calls_are_refused(deployment: Deployment) -> None:
    for method, path in (("POST", "/translate"), ("GET", "/model"), ("GET", "/vocabulary/source")):
        answer = deployment.api.call(method, path, signed=False)

        assert answer.status == 403, answer.body
        assert answer.json()["code"] == "forbidden"


@pytest.mark.parametrize(
    ("method", "path", "content_type", "status", "code"),
    [
        ("POST", "/translate", "application/json", 400, "bad_request"),
        ("POST", "/translate", RECORDIO, 400, "bad_request"),
        ("POST", "/translate", "text/plain", 415, "unsupported_media_type"),
        ("GET", "/translate", "application/json", 405, "method_not_allowed"),
        ("GET", "/nothing/here", "application/json", 404, "not_found"),
        ("GET", "/vocabulary/both", "application/json", 404, "not_found"),
    ],
)
def test_mistakes_are_answered_in_one_shape(
    deployment: Deployment, method: str, path: str, content_type: str, status: int, code: str
) -> None:
    body = b"neither JSON nor records" if method == "POST" else b""

    answer = deployment.api.call(method, path, body, content_type=content_type)

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"message", "code"}


def test_an_execution_returns_its_model_and_metrics(
    deployment: Deployment, first_model: Execution
) -> None:
    assert first_model.output["promoted"] is True
    assert first_model.output["model_data"].startswith("s3://")
    assert first_model.output["model_data"].endswith("/output/model.tar.gz")
    # 200 batches reach about 20, more or less as the processor rounds; an untrained model has 0.
    assert first_model.output["metrics"]["validation:bleu"] > 10
    evaluation = json.loads(beside(first_model, "evaluation.json"))
    assert deployment.has_published("EvaluationBLEU", evaluation["candidate"]["bleu"])


def beside(execution: Execution, name: str) -> bytes:
    """One of the files that the evaluation left, for people or programs."""
    folder = execution.output["evaluation"].rpartition("/")[0]
    bucket, _, prefix = folder.removeprefix("s3://").partition("/")
    answer = boto3.client("s3").get_object(Bucket=bucket, Key=f"{prefix}/{name}")
    body: bytes = answer["Body"].read()
    return body


def test_an_evaluation_says_how_the_model_was_made_and_measured(
    deployment: Deployment, first_model: Execution, phrasebook: Path
) -> None:
    found = json.loads(beside(first_model, "evaluation.json"))
    page = beside(first_model, "report.html").decode()

    signature = f"tok:13a|smooth:exp|version:{version('sacrebleu')}"
    assert found["signatures"]["bleu"].endswith(signature)
    assert found["signatures"]["bleu"] in page
    assert found["signatures"]["chrf"].startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0")
    model = found["model"]
    given = {name: str(value) for name, value in QUICK.items()}
    assert {name: str(model["hyperparameters"][name]) for name in QUICK} == given
    assert set(model["fingerprints"]) >= {"train.rec", "val.rec", "vocab.src.json"}
    assert all(re.fullmatch("[0-9a-f]{64}", text) for text in model["fingerprints"].values())
    lines = (phrasebook / "validation.en").read_text(encoding="utf-8").splitlines()
    assert found["test_set"]["num_lines"] == len(lines)
    curve = found["learning_curve"]
    for name in ("perplexity", "accuracy"):
        points = curve[f"validation {name}"]
        assert [batch for batch, _ in points] == [100, 200]
        reported = first_model.output["metrics"][f"validation:{name}"]
        assert points[-1][1] == pytest.approx(reported, abs=1e-4)
    assert page.count("<svg") >= len(curve) + 1
    assert all(f">{name}</text>" in page for name in curve)


@pytest.mark.usefixtures("first_model")
def test_the_model_says_what_it_is(deployment: Deployment) -> None:
    model = deployment.api.call("GET", "/model").json()

    assert (model["source_language"], model["target_language"]) == ("en", "de")
    assert model["training_job"].startswith("e2e-") or "-t0" in model["training_job"]
    assert "s3://" not in json.dumps(model)
    assert "arn:" not in json.dumps(model)


@pytest.mark.usefixtures("first_model")
def test_json_attention_and_protobuf_agree(deployment: Deployment) -> None:
    api = deployment.api
    source = api.call("GET", "/vocabulary/source").json()
    target = api.call("GET", "/vocabulary/target").json()
    body = records(*([source.get(word, 1) for word in text.split()] for text in SENTENCES))

    predictions = api.translate(*SENTENCES)
    plain = [prediction["target"] for prediction in predictions]
    attended = api.translate(*SENTENCES, attention=True)
    answer = api.call("POST", "/translate", body, content_type=RECORDIO)

    assert all(plain)
    assert [prediction["target"] for prediction in attended] == plain
    for text, prediction in zip(SENTENCES, attended, strict=True):
        matrix = prediction["matrix"]
        assert [len(row) for row in matrix] == [len(text.split())] * len(
            prediction["target"].split()
        )
        assert all(sum(row) == pytest.approx(1, abs=1e-6) for row in matrix)
    assert answer.headers["content-type"] == RECORDIO
    assert answer.body == answer_records(predictions, target)


@pytest.mark.usefixtures("first_model")
def test_every_byte_of_a_record_arrives(deployment: Deployment) -> None:
    api = deployment.api
    source = api.call("GET", "/vocabulary/source").json()
    target = api.call("GET", "/vocabulary/target").json()
    # Ids from 128 on have bytes from 0x80 on, which text encodings on the way would break.
    words = list(source)[100:160]
    body = records(*([source[word]] for word in words))
    predictions = api.translate(*words)

    answer = api.call("POST", "/translate", body, content_type=RECORDIO)

    assert answer.status == 200, answer.body
    assert answer.body == answer_records(predictions, target)
    assert len({byte for byte in body + answer.body if byte >= 0x80}) > 20
    size = len(source)
    beyond = deployment.api.call(
        "POST", "/translate", records([4], [size + 255]), content_type=RECORDIO
    )
    assert beyond.status == 400
    assert str(size + 255) in beyond.json()["message"]


@pytest.mark.usefixtures("first_model")
def test_a_bad_hyperparameter_leaves_the_old_model_serving(
    deployment: Deployment, corpus: dict[str, str]
) -> None:
    before = deployment.training_job()

    failed = deployment.retrain(
        {"corpus": corpus, "max_lines": 100, "hyperparameters": {"batch_sise": "64"}}
    )

    assert (failed.status, failed.error) == ("FAILED", "TrainingFailed")
    assert "batch_sise" in failed.cause
    assert "batch_size" in failed.cause
    assert deployment.training_job() == before
    assert deployment.api.translate("this is so cool")


@pytest.mark.usefixtures("first_model")
def test_a_corpus_that_is_not_there_is_named(deployment: Deployment) -> None:
    absent = f"s3://{deployment.bucket}/corpora/absent"
    corpus = dict.fromkeys(
        ("source", "target", "validation_source", "validation_target"), f"{absent}/train.en"
    )

    failed = deployment.retrain({"corpus": corpus})

    assert (failed.status, failed.error) == ("FAILED", "PreprocessingFailed")
    assert f"{absent}/train.en" in failed.cause


def test_an_unknown_key_is_refused_at_once(deployment: Deployment) -> None:
    failed = deployment.retrain({"max_line": 10})

    assert (failed.status, failed.error) == ("FAILED", "InvalidInput")
    assert "'max_line'" in failed.cause


def training_process(execution_arn: str, *, host: bool = False) -> int:
    """The process id of an execution's training job on this machine, or of what plays its host."""
    name = execution_arn.rpartition(":")[2].encode()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                environment = (process / "environ").read_bytes()
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            is_host = b"launcher.py" in command
            if b"training" in command.split(b"\0") and name in environment and is_host is host:
                return int(process.name)
        time.sleep(0.1)
    raise TimeoutError("no training process appeared")


def job_status(execution_arn: str) -> str:
    name = execution_arn.rpartition(":")[2]
    jobs = boto3.client("sagemaker").list_training_jobs(NameContains=name)
    return str(jobs["TrainingJobSummaries"][0]["TrainingJobStatus"])


@local_only
@pytest.mark.usefixtures("first_model")
def test_a_killed_training_leaves_the_old_model_serving(
    deployment: Deployment, corpus: dict[str, str]
) -> None:
    before = deployment.training_job()
    execution = deployment.start({"corpus": corpus, "max_lines": 6000})

    os.kill(training_process(execution), signal.SIGKILL)
    failed = deployment.wait(execution)

    assert (failed.status, failed.error) == ("FAILED", "TrainingFailed")
    assert "137" in failed.cause or "SIGKILL" in failed.cause
    assert ".log" in failed.cause
    assert deployment.training_job() == before


@local_only
@pytest.mark.usefixtures("first_model")
def test_a_training_that_loses_its_host_goes_on_and_is_promoted(
    deployment: Deployment, corpus: dict[str, str], local_state: Path
) -> None:
    quick = QUICK | {"max_num_batches": 400, "checkpoint_frequency_num_batches": 50}
    execution = deployment.start(
        {"corpus": corpus, "max_lines": 5000, "hyperparameters": quick, "force": True}
    )
    name = execution.rpartition(":")[2]
    deadline = time.monotonic() + EXECUTION_SECONDS
    # Half of the first one may be there before it, under the name it is written by.
    whole = f"executions/{name}/checkpoints/checkpoint-"
    saved = {"Bucket": deployment.bucket, "Prefix": whole}
    while not boto3.client("s3").list_objects_v2(**saved)["KeyCount"]:
        assert time.monotonic() < deadline, "no checkpoint was saved"
        time.sleep(0.1)

    os.kill(training_process(execution, host=True), signal.SIGKILL)
    ended = deployment.wait(execution)

    assert ended.status == "SUCCEEDED", f"{ended.error}: {ended.cause}"
    assert ended.output["promoted"] is True
    (log,) = (local_state / "logs" / "training-jobs").glob(f"*{name}-t*.log")
    assert "[checkpoint] going on after batch" in log.read_text(encoding="utf-8")
    assert deployment.training_job() == log.stem


def states_entered(execution_arn: str) -> set[str]:
    history = boto3.client("stepfunctions").get_execution_history(executionArn=execution_arn)
    details = (event.get("stateEnteredEventDetails", {}) for event in history["events"])
    return {str(detail.get("name")) for detail in details}


@local_only
def test_of_two_at_once_the_later_is_refused_or_waits_and_stopping_stops_the_job(
    deployment: Deployment, corpus: dict[str, str], first_model: Execution
) -> None:
    before = deployment.training_job()
    given = {"pretrained_model": first_model.output["model_data"], "promote": False}
    older = deployment.start({"corpus": corpus, "max_lines": 6000})
    process = training_process(older)

    refused = deployment.retrain(given)
    waiting = deployment.start({**given, "wait": True})
    deadline = time.monotonic() + 60
    while "WaitForOlderExecution" not in states_entered(waiting) and time.monotonic() < deadline:
        time.sleep(0.2)
    command = [sys.executable, "-m", "client", "cancel", older.rpartition(":")[2]]
    subprocess.run(command, check=True, timeout=60)

    assert (refused.status, refused.error) == ("FAILED", "AnotherIsRunning")
    assert older.rpartition(":")[2] in refused.cause
    assert "WaitForOlderExecution" in states_entered(waiting)
    deadline = time.monotonic() + 60
    while Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not Path(f"/proc/{process}").exists()
    while job_status(older) == "Stopping" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert job_status(older) == "Stopped"
    waited = deployment.wait(waiting)
    assert waited.status == "SUCCEEDED", f"{waited.error}: {waited.cause}"
    assert waited.output["promoted"] is False
    assert waited.output["reason"].startswith("promotion was not asked for; BLEU ")
    assert deployment.training_job() == before


@pytest.mark.usefixtures("first_model")
def test_retraining_never_fails_a_call(deployment: Deployment, corpus: dict[str, str]) -> None:
    before = deployment.training_job()
    ended = threading.Event()
    calls: list[int] = []

    def call_throughout() -> None:
        body: dict[str, Any] = {"instances": [{"data": "can you drive a car ?"}]}
        while not ended.is_set():
            answer = deployment.api.call("POST", "/translate", json.dumps(body).encode())
            calls.append(answer.status)
            # Below the rate at which the API throttles.
            time.sleep(0.05)

    callers = [threading.Thread(target=call_throughout) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        retrained = deployment.retrain(
            {"corpus": corpus, "max_lines": 5000, "hyperparameters": QUICK, "force": True}
        )
    finally:
        ended.set()
        for caller in callers:
            caller.join()

    assert retrained.status == "SUCCEEDED", f"{retrained.error}: {retrained.cause}"
    assert len(calls) > 20
    assert set(calls) == {200}
    assert deployment.training_job() != before


@pytest.mark.usefixtures("first_model")
def test_a_trained_model_is_promoted_without_training(
    deployment: Deployment, first_model: Execution
) -> None:
    execution = deployment.retrain({"pretrained_model": first_model.output["model_data"]})

    assert execution.status == "SUCCEEDED", f"{execution.error}: {execution.cause}"
    assert execution.output["promoted"] is True
    assert execution.output["model_data"] == first_model.output["model_data"]
    assert f"/{deployment.training_job()}/output/" in first_model.output["model_data"]


@pytest.mark.usefixtures("first_model")
def test_the_gate_refuses_a_worse_model_and_explains(
    deployment: Deployment, phrasebook: Path, tmp_path: Path
) -> None:
    before = deployment.training_job()
    s3, key = boto3.client("s3"), f"models/{tmp_path.name}/model.tar.gz"
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.add(build_word_model(tmp_path / "model"), arcname=".")
    s3.upload_file(str(tmp_path / "model.tar.gz"), deployment.bucket, key)
    test_set = {}
    for name, side in (("test_source", "en"), ("test_target", "de")):
        lines = (phrasebook / f"validation.{side}").read_text(encoding="utf-8").splitlines()[:200]
        (tmp_path / side).write_text("\n".join(lines), encoding="utf-8")
        s3.upload_file(str(tmp_path / side), deployment.bucket, f"corpora/{tmp_path.name}/{side}")
        test_set[name] = f"s3://{deployment.bucket}/corpora/{tmp_path.name}/{side}"

    execution = deployment.retrain(
        {"pretrained_model": f"s3://{deployment.bucket}/{key}", "corpus": test_set}
    )

    assert execution.status == "SUCCEEDED", f"{execution.error}: {execution.cause}"
    assert execution.output["promoted"] is False
    assert "below the served model's" in execution.output["reason"]
    assert deployment.training_job() == before
    folder = f"executions/{execution.name}/evaluation"
    assert execution.output["evaluation"] == f"s3://{deployment.bucket}/{folder}/evaluation.json"
    content = {
        name: s3.get_object(Bucket=deployment.bucket, Key=f"{folder}/{name}")["Body"].read()
        for name in ("evaluation.json", "report.html", "translations.jsonl")
    }
    found = json.loads(content["evaluation.json"])
    assert found["verdict"] == {"promote": False, "reason": execution.output["reason"]}
    assert found["served_model"]["training_job"] == before
    assert found["candidate"]["bleu"] < found["served"]["bleu"]
    assert content["report.html"].startswith(b"<!doctype html>")
    assert len(content["translations.jsonl"].splitlines()) == found["test_set"]["num_sentences"]


@pytest.mark.usefixtures("first_model")
def test_subwords_translate_any_text(deployment: Deployment, corpus: dict[str, str]) -> None:
    quick = QUICK | {"max_num_batches": 120, "checkpoint_frequency_num_batches": 120}

    execution = deployment.retrain(
        {
            "corpus": corpus,
            "max_lines": 5000,
            "subwords": 400,
            "cleaning": {
                "max_length": 40,
                "drop_duplicates": True,
                "source_script": "Latin",
                "detokenize_source": "en",
                "detokenize_target": "de",
            },
            "hyperparameters": quick,
            # So short a training would not come near the model that is served.
            "force": True,
        }
    )

    assert execution.status == "SUCCEEDED", f"{execution.error}: {execution.cause}"
    pieces = deployment.api.call("GET", "/vocabulary/source").json()
    assert not any("Boxk" in piece or "ðŁ¥Ĭ" in piece for piece in pieces)
    composed = "Can  zwölf Boxkämpfer 🥊 drive a car?"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    predictions = deployment.api.translate(composed, decomposed, attention=True)
    assert predictions[0] == predictions[1]
    target, matrix = predictions[0]["target"], predictions[0]["matrix"]
    assert target
    assert "<unk>" not in target
    assert [len(row) for row in matrix] == [len(composed.split())] * len(target.split())
    assert all(sum(row) == pytest.approx(1, abs=1e-5) for row in matrix)
