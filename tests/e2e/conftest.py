"""The end-to-end suite runs against a deployed service, by default one of its own on this machine.

To run it against another one, set the variables that `make env` prints: TRANSLATION_API_URL,
TRANSLATION_BUCKET, STATE_MACHINE_ARN, the region and credentials.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.deployment import Deployment, Execution

REPOSITORY = Path(__file__).resolve().parents[2]
QUICK = {
    "num_embed_source": 128,
    "num_embed_target": 128,
    "rnn_num_hidden": 256,
    "learning_rate": 0.002,
    "batch_size": 128,
    "max_num_batches": 200,
    "checkpoint_frequency_num_batches": 100,
}
"""Learns the phrasebook's commonest sentences in some seconds."""
LOCAL = "TRANSLATION_API_URL" not in os.environ
ADAPTERS = ("-c", "deepl_api=true", "-c", "libretranslate_api=true")
UPKEEP = (
    *("-c", "notification_email=team@example.org"),
    *("-c", "retraining_manifest=true"),
    *("-c", "retraining_schedule=rate(365 days)"),
)


_ORDER = {"test_e2e_service.py": 1, "test_e2e_destroy.py": 3}
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A service is born before its other uses, and destroyed after all of them."""

    def place(item: pytest.Item) -> int:
        return _ORDER.get(item.path.name, 2) if item.path.parent == _HERE else 0

    items.sort(key=place)


def local(command: str, *options: str, state: Path, port: int) -> str:
    """Run one command of the local service and return what it printed."""
    arguments = [command, "--state", str(state), "--port", str(port), *options]
    done = subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=420,
        check=False,
    )
    assert done.returncode == 0, f"local {command} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def exported(text: str) -> dict[str, str]:
    """The variables of `export NAME=value` lines."""
    found = re.findall(r"^export (\w+)='?(.*?)'?$", text, flags=re.MULTILINE)
    assert found, text
    return dict(found)


@pytest.fixture(scope="session")
def local_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("local")


@pytest.fixture(scope="session")
def deployment(local_state: Path) -> Iterator[Deployment]:
    if not LOCAL:
        yield Deployment.from_environment()
        return
    port = free_port()
    try:
        local("up", "--no-demo", *ADAPTERS, *UPKEEP, state=local_state, port=port)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in exported(local("env", state=local_state, port=port)).items():
                patch.setenv(name, value)
            yield Deployment.from_environment()
    finally:
        local("down", state=local_state, port=port)
        assert not is_listening(port)
        assert processes_of(local_state) == []


def processes_of(state: Path) -> list[str]:
    """The command lines of running processes that work in a local service's folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(state).encode() in environment + command and process.name != str(os.getpid()):
            found.append(command.replace(b"\0", b" ").decode())
    return found


@pytest.fixture(scope="session")
def phrasebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phrasebook")
    subprocess.run(
        [sys.executable, "-m", "examples.phrasebook", "--output", str(folder)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="session")
def corpus(deployment: Deployment, phrasebook: Path) -> dict[str, str]:
    return deployment.upload(phrasebook, "corpora/e2e")


@pytest.fixture(scope="session")
def first_model(deployment: Deployment, corpus: dict[str, str]) -> Execution:
    """The execution that trained and promoted the model which most tests call."""
    execution = deployment.retrain({"corpus": corpus, "max_lines": 6000, "hyperparameters": QUICK})
    assert execution.status == "SUCCEEDED", f"{execution.error}: {execution.cause}"
    return execution
