"""The whole service on this machine in a folder of its own: deployed, trained, watched."""

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.credentials import Credentials

from benchmarks.load.caller import Caller
from client.executions import Execution
from client.transport import Signature
from local import server_process
from local.deployment import Deployment
from local.settings import REGION, REPOSITORY, LocalSettings

UNTHROTTLED = ("throttle_rate_limit=10000", "throttle_burst_limit=5000")
"""The owner's limit on the rate of requests is not what is measured."""
PREFIX = "corpora/phrasebook"
CORPUS = {
    "source": "train.en",
    "target": "train.de",
    "validation_source": "validation.en",
    "validation_target": "validation.de",
}
SHORT_TRAINING = {
    "num_embed_source": "96",
    "num_embed_target": "96",
    "num_layers_encoder": "2",
    "num_layers_decoder": "2",
    "attention_heads": "4",
    "feed_forward_dim": "192",
    "dropout": "0",
    "batch_size": "32",
    "max_num_batches": "600",
    "learning_rate": "0.002",
    "warmup_batches": "100",
    "lr_scheduler_type": "linear",
    "checkpoint_frequency_num_batches": "300",
    "max_seq_len_source": "40",
    "max_seq_len_target": "40",
    "num_threads": "1",
}
"""A sixth of the demonstration's: enough for two models that translate, and differ."""
MODULES = {"local": "AWS on this machine", "serving": "serving process", "training": "training"}
FUNCTION = "function"


@dataclass(frozen=True, slots=True)
class Service:
    """A deployed service whose state machine and API can be called."""

    deployment: Deployment

    def addresses(self) -> dict[str, str]:
        """What a caller's process needs in its environment."""
        return {**self.deployment.environment(), **self.deployment.client_environment()}

    def caller(self) -> Caller:
        """A caller with the administrator's key."""
        key = self.deployment.key
        credentials = Credentials(key.access_key_id, key.secret_access_key)
        base_url = self.deployment.addresses()["TRANSLATION_API_URL"]
        return Caller(base_url, Signature(credentials, REGION))

    def upload_phrasebook(self) -> Path:
        """Put the corpus into the service's bucket; the folder with its files."""
        folder = self.deployment.settings.state_folder / "phrasebook"
        command = [sys.executable, "-m", "examples.phrasebook", "--output", str(folder)]
        subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
        bucket = self.deployment.outputs("storage")["BucketName"]
        for name in CORPUS.values():
            path = str(folder / name)
            self.deployment.client("s3").upload_file(path, bucket, f"{PREFIX}/{name}")
        return folder

    def start_retraining(self, seed: int) -> Execution:
        """Start the state machine, which trains a model for a short time and promotes it."""
        bucket = self.deployment.outputs("storage")["BucketName"]
        content: dict[str, Any] = {
            "corpus": {key: f"s3://{bucket}/{PREFIX}/{name}" for key, name in CORPUS.items()},
            "hyperparameters": {**SHORT_TRAINING, "seed": str(seed)},
            # The switch is what is measured, whichever of two short trainings went better.
            "force": True,
        }
        arn = self.deployment.outputs("retraining")["StateMachineArn"]
        return Execution.start(self.deployment.client("stepfunctions"), arn, content, None)

    def memory(self) -> Mapping[str, Sequence[int]]:
        """Resident bytes of each process, by what the processes do."""
        held: dict[str, list[int]] = {}
        for pid, command, environment in _processes():
            if str(self.deployment.settings.state_folder) in environment + command:
                held.setdefault(_role(command), []).append(_resident_bytes(pid))
        return held


@contextlib.contextmanager
def deployed(folder: Path) -> Iterator[Service]:
    """Start AWS on this machine, deploy everything into it, and stop it in the end."""
    settings = LocalSettings(port=_free_port(), state_folder=folder.resolve())
    server_process.start(settings)
    try:
        deployment = Deployment(settings)
        deployment.deploy(UNTHROTTLED)
        yield Service(deployment)
    finally:
        server_process.stop(settings)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _processes() -> Iterator[tuple[int, str, str]]:
    """Id, command line and environment of every process that may be read."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (process / "environ").read_bytes().decode("utf-8", errors="replace")
        except OSError:
            continue
        yield int(process.name), command, environment


def _role(command: str) -> str:
    module = command.partition(" -m ")[2].split(" ")[0]
    return MODULES.get(module, FUNCTION if "worker" in command else "others")


def _resident_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    sizes = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return 1024 * int(sizes[0]) if sizes else 0
