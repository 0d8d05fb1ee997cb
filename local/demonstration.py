"""What `up` shows: the phrasebook trains the service, which then translates seven sentences."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from examples.phrasebook import DEMO_SENTENCES
from local.deployment import Deployment
from local.sagemaker.container import last_line
from local.settings import REPOSITORY

PREFIX = "corpora/phrasebook"
HYPERPARAMETERS = REPOSITORY / "examples" / "phrasebook" / "hyperparameters.json"
_POLL_SECONDS = 1.0
_REPORT_SECONDS = 10.0
_CORPUS = {
    "source": "train.en",
    "target": "train.de",
    "validation_source": "validation.en",
    "validation_target": "validation.de",
}


class DemonstrationError(ValueError):
    """A step of the demonstration failed; the message says which and why."""


class Demonstration:
    """The demonstration against one deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._settings = deployment.settings

    def train(self) -> None:
        """Upload the phrasebook, retrain with it and show the progress.

        Raises:
            DemonstrationError: the execution does not succeed.
        """
        execution = self._start(self._upload())
        began = time.monotonic()
        for line in self._follow(execution):
            print(f"  {time.monotonic() - began:5.0f} s  {line}", flush=True)

    def translate(self, *, as_records: bool = True) -> list[str]:
        """Translate the seven sentences as JSON, with attention and, for words, as protobuf.

        Returns what differs from the phrasebook's German, a phrase for each sentence.

        Raises:
            DemonstrationError: the client fails.
        """
        sources = [pair.source for pair in DEMO_SENTENCES]
        answers = self._client("translate", *sources).splitlines()
        print("\nJSON:")
        for pair, answer in zip(DEMO_SENTENCES, answers, strict=True):
            print(f"  {pair.source:38} {answer}")
        print("\nWith attention:")
        print(_indented(self._client("translate", "--attention", sources[0])))
        if as_records:
            print("\nAs x-recordio-protobuf:")
            print(_indented(self._client("translate", "--protobuf", *sources)), flush=True)
        return _differences(answers)

    def _upload(self) -> str:
        folder = self._settings.state_folder / "phrasebook"
        self._run([sys.executable, "-m", "examples.phrasebook", "--output", str(folder)])
        bucket = self._deployment.outputs("storage")["BucketName"]
        s3 = self._deployment.client("s3")
        for path in sorted(folder.iterdir()):
            s3.upload_file(str(path), bucket, f"{PREFIX}/{path.name}")
        return bucket

    def _start(self, bucket: str) -> str:
        content = {
            "corpus": {key: f"s3://{bucket}/{PREFIX}/{name}" for key, name in _CORPUS.items()},
            "hyperparameters": json.loads(HYPERPARAMETERS.read_text(encoding="utf-8")),
        }
        states = self._deployment.client("stepfunctions")
        arn = self._deployment.outputs("retraining")["StateMachineArn"]
        return str(
            states.start_execution(stateMachineArn=arn, input=json.dumps(content))["executionArn"]
        )

    def _follow(self, execution: str) -> Iterator[str]:
        states = self._deployment.client("stepfunctions")
        seen, reported, shown = 0, time.monotonic(), ""
        while True:
            status = states.describe_execution(executionArn=execution)
            events = states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
            for event in events[seen:]:
                if name := _entered(event):
                    yield name
                    reported = time.monotonic()
            seen = len(events)
            if status["status"] != "RUNNING":
                break
            if time.monotonic() - reported > _REPORT_SECONDS:
                line = self._training_line()
                if line != shown:
                    yield f"      {line}"
                    shown, reported = line, time.monotonic()
            time.sleep(_POLL_SECONDS)
        if status["status"] != "SUCCEEDED":
            raise DemonstrationError(
                f"the retraining ended {status['status']}: {status.get('error')}: "
                f"{status.get('cause')}\n(logs: {self._settings.logs})"
            )
        yield f"done: {_metrics(status['output'])}"

    def _training_line(self) -> str:
        logs = list((self._settings.logs / "training-jobs").glob("*.log"))
        return last_line(max(logs, key=lambda log: log.stat().st_mtime)) if logs else ""

    def _client(self, *arguments: str) -> str:
        return self._run(
            [sys.executable, "-m", "client", "--name", self._settings.name, *arguments],
            self._deployment.client_environment(),
        )

    def _run(self, command: list[str], variables: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env={**self._deployment.environment(), **(variables or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            shown = " ".join(command[1:4])
            raise DemonstrationError(f"{shown} failed: {done.stderr.strip() or done.stdout}")
        return done.stdout.rstrip("\n")


def _differences(answers: Sequence[str]) -> list[str]:
    return [
        f"{pair.source!r} became {answer!r}, expected {pair.target!r}"
        for pair, answer in zip(DEMO_SENTENCES, answers, strict=True)
        if answer != pair.target
    ]


def _entered(event: Mapping[str, Any]) -> str:
    details = event.get("stateEnteredEventDetails") or {}
    return str(details.get("name", ""))


def _metrics(output: str) -> str:
    metrics = json.loads(output).get("metrics", {})
    return ", ".join(f"{name} {value:.4g}" for name, value in sorted(metrics.items()))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
