"""AWS on this machine in a temporary folder, with tiny stand-ins for the containers' code."""

import contextlib
import functools
import io
import json
import os
import tarfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from local import server_process
from local.credentials import administrator_key
from local.sagemaker.hosting import free_port
from local.settings import ACCOUNT, REGION, LocalSettings

T = TypeVar("T")
EVERYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
TRAINING = """
import json, os, pathlib, signal, socket, subprocess, sys, time

root = pathlib.Path(os.environ["SAGEMAKER_ROOT"])
wanted = json.loads((root / "input/config/hyperparameters.json").read_text())


def save_and_end(*_):
    (root / "model/saved.txt").write_text("saved")
    sys.exit(0)


if wanted.get("do") == "fail":
    (root / "output/failure").write_text("learning_rate must be positive")
    sys.exit(1)
if wanted.get("do") == "break":
    print("Segmentation fault")
    sys.exit(3)
if wanted.get("do") == "die":
    print("epoch 3", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
if wanted.get("do") == "wait":
    signal.signal(signal.SIGTERM, save_and_end)
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    print("helper", helper.pid, flush=True)
    time.sleep(600)
if wanted.get("do") == "half":
    checkpoint = root / "checkpoints/half.txt"
    if not checkpoint.exists():
        checkpoint.write_text("half")
        print("halfway", flush=True)
        time.sleep(600)
    print("going on from", checkpoint.read_text())
if wanted.get("do") == "meet":
    hosts = json.loads((root / "input/config/resourceconfig.json").read_text())
    address = (hosts["hosts"][0], int(os.environ["MASTER_PORT"]))
    if hosts["current_host"] == hosts["hosts"][0]:
        with socket.create_server(address) as server:
            for _ in hosts["hosts"][1:]:
                server.accept()[0].close()
    else:
        while socket.socket().connect_ex(address):
            time.sleep(0.05)
    (root / "model" / hosts["current_host"]).write_text(
        " ".join(sorted(p.name for p in (root / "input/data").rglob("*") if p.is_file()))
    )
    if wanted.get("fails") == hosts["current_host"]:
        (root / "output/failure").write_text("lost the others")
        sys.exit(1)
    if "fails" in wanted:
        time.sleep(600)
if "learning_rate" in wanted:
    print("validation:bleu=" + wanted["learning_rate"])
    (root / "model/wanted.json").write_text(json.dumps(wanted))
    sys.exit(0 if float(wanted["learning_rate"]) < float(wanted.get("breaks_from", 1)) else 3)
print("validation:bleu=3.5 validation:accuracy=0.5")
print("validation:bleu=12.25")
seen = {
    "files": sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()),
    "environment": dict(os.environ),
    "hosts": json.loads((root / "input/config/resourceconfig.json").read_text()),
    "channels": json.loads((root / "input/config/inputdataconfig.json").read_text()),
}
(root / "output/data/seen.json").write_text(json.dumps(seen))
(root / "model/answer.txt").write_text(wanted.get("answer", "one"))
if (root / "checkpoints").is_dir():
    (root / "checkpoints/new.txt").write_text("new")
"""

SERVING = """
import json, os, pathlib, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

answer = (pathlib.Path(os.environ["SAGEMAKER_ROOT"]) / "model/answer.txt").read_text().encode()
if answer == b"broken":
    sys.exit("the model cannot be loaded")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"die":
            os._exit(7)
        if body.startswith(b"sleep "):
            time.sleep(float(body.split()[1]))
        if body == b"refuse":
            self.reply(400, b'{"message": "no", "code": "bad_request"}')
        else:
            self.reply(200, answer)

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", self.headers.get("Accept", "text/plain"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
ThreadingHTTPServer.request_queue_size = 64
ThreadingHTTPServer((os.environ["SERVING_HOST"], port), Handler).serve_forever()
"""

PROCESSING = """
import os, pathlib, sys

root = pathlib.Path(os.environ["SAGEMAKER_ROOT"])
text = (root / "processing/input/words/words.txt").read_text()
if sys.argv[1] == "refuse":
    (root / "output/message").write_text("no words wanted")
    sys.exit(1)
(root / "processing/output/upper/deep").mkdir(parents=True)
(root / "processing/output/upper/deep/words.txt").write_text(text.upper())
"""


def write_code(folder: Path) -> Path:
    """The stand-ins, importable from the folder."""
    for name, text in (("training", TRAINING), ("serving", SERVING), ("shout", PROCESSING)):
        (folder / name).mkdir(parents=True)
        (folder / name / "__main__.py").write_text(text, encoding="utf-8")
    return folder


def local_settings(folder: Path) -> LocalSettings:
    """Settings for a server of its own in this folder."""
    code = folder / "code"
    return LocalSettings(
        port=free_port(),
        state_folder=folder / "state",
        code_folder=code if code.exists() else write_code(code),
    )


@contextlib.contextmanager
def running_machine(folder: Path) -> Iterator["LocalMachine"]:
    """A started server, stopped in the end."""
    settings = local_settings(folder)
    server_process.start(settings)
    try:
        yield LocalMachine(settings)
    finally:
        server_process.stop(settings)


class LocalMachine:
    """Clients and a few resources that every test needs."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        self.key = administrator_key(settings.credentials_file)
        self.bucket = "bucket-" + uuid.uuid4().hex[:8]
        self.client("s3").create_bucket(Bucket=self.bucket)
        self.role = self.new_role("sagemaker.amazonaws.com", EVERYTHING)

    @functools.lru_cache(maxsize=32)  # noqa: B019 - lives as long as the tests
    def client(self, service: str, **credentials: str) -> Any:
        given = credentials or {
            "aws_access_key_id": self.key.access_key_id,
            "aws_secret_access_key": self.key.secret_access_key,
        }
        return boto3.session.Session().client(
            service,
            endpoint_url=self.settings.endpoint_url,
            region_name=REGION,
            # What boto3 would refuse by itself must reach the server here.
            config=Config(
                retries={"total_max_attempts": 1}, proxies={}, parameter_validation=False
            ),
            **given,
        )

    def new_role(self, service: str, statements: list[dict[str, Any]]) -> str:
        name = "role-" + uuid.uuid4().hex[:8]
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy([trust]))
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(statements))
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    def put(self, key: str, body: bytes) -> str:
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body: bytes = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def put_model(self, answer: str) -> str:
        """A model archive whose stand-in for serving gives this answer."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo("answer.txt")
            member.size = len(answer.encode())
            archive.addfile(member, io.BytesIO(answer.encode()))
        return self.put(f"models/{uuid.uuid4().hex}/model.tar.gz", packed.getvalue())

    def training_request(self, name: str, **hyperparameters: str) -> dict[str, Any]:
        regex = "([0-9.]+)"
        return {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {
                "TrainingImage": "local/training",
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": "validation:bleu", "Regex": f"validation:bleu={regex}"}
                ],
            },
            "HyperParameters": hyperparameters,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/out"},
            "ResourceConfig": {
                "InstanceType": "ml.g5.xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }

    def finished_training(self, name: str) -> dict[str, Any]:
        sagemaker = self.client("sagemaker")

        def described() -> dict[str, Any] | None:
            found: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
            over = found["TrainingJobStatus"] in ("Completed", "Failed", "Stopped")
            return found if over else None

        return eventually(described)

    def training_log(self, name: str) -> Path:
        return self.settings.logs / "training-jobs" / f"{name}.log"


def policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def eventually(look: Callable[[], T | None], seconds: float = 30.0) -> T:
    """The first truthy result, or the test fails."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead but not collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "\nState:\tZ" in status.read_text(encoding="utf-8"))
