"""The deployed REST API on this machine, before an endpoint that does what its sentences say."""

import contextlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.deployment import Deployment
from local.settings import REGION, REPOSITORY
from protocol.artifacts import ModelManifest
from stacks import bundling
from tests.copying_model import build_word_model
from tests.functional.local_machine import LocalMachine, eventually, running_machine, write_code

JSON = "application/json"
RECORDIO = "application/x-recordio-protobuf"
NAME = "translation"
ORIGIN = "https://app.example"
DESCRIPTION = "executions/e1/description/"
MODEL = "served"
KEYED_CONTEXT = ("api_auth=api_key", "deepl_api=true", "libretranslate_api=true")
LIMITS = {
    "SERVING_THREADS": "1",
    "SERVING_MAX_BATCH_SIZE": "1",
    "SERVING_MAX_WAITING_SENTENCES": "1",
    "SERVING_MAX_INSTANCES": "200",
    "SERVING_MAX_SOURCE_PIECES": "12",
}
"""Small ones of the serving process, which few requests reach."""
CONTEXT = ("throttle_rate_limit=10000", "throttle_burst_limit=5000", f"cors_origins={ORIGIN}")
SERVING = """
import json, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"] != "application/json":
            self.reply(200, body)
            return
        sentences = [instance["data"] for instance in json.loads(body)["instances"]]
        command, *rest = sentences[0].split(" ", 3)
        if command == "answer":
            status, code, message = rest
            self.reply(int(status), json.dumps({"message": message, "code": code}).encode())
        elif command == "sleep":
            time.sleep(float(rest[0]))
            self.reply(200, b"")
        elif command == "die":
            os._exit(7)
        elif command == "large":
            self.reply(200, b"x" * int(rest[0]))
        else:
            predictions = [{"target": sentence.upper()} for sentence in sentences]
            self.reply(200, json.dumps({"predictions": predictions}).encode())

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
MANIFEST = ModelManifest(
    source_language="en",
    target_language="de",
    training_job="job-7",
    created_at="2026-11-22T15:00:00Z",
    metrics={"validation:bleu": 41.5},
    hyperparameters={},
    num_parameters=700_000,
    source_vocabulary_size=5,
    target_vocabulary_size=5,
    max_source_length=100,
    max_decoding_length=120,
    beam_size=5,
)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: urllib3.HTTPHeaderDict
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def refusal(self) -> tuple[int, str]:
        """Status and code of an error, whose shape is checked."""
        content = self.json()
        assert set(content) == {"message", "code"}, content
        assert self.headers["content-type"] == JSON
        return self.status, content["code"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """Signs as any AWS client does, for whichever key, region and service."""

    access_key_id: str
    secret_access_key: str
    region: str = REGION
    service: str = "execute-api"

    def headers(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str]
    ) -> dict[str, str]:
        request = AWSRequest(method, url, data=body, headers=dict(headers))
        credentials = Credentials(self.access_key_id, self.secret_access_key)
        SigV4Auth(credentials, self.service, self.region).add_auth(request)
        return dict(request.headers)


class RestService:
    """The API's address, and a signature of the administrator's."""

    def __init__(self, machine: LocalMachine, deployment: Deployment) -> None:
        self.machine = machine
        self.deployment = deployment
        self.url = deployment.addresses()["TRANSLATION_API_URL"]
        self.signer = Signer(
            access_key_id=machine.key.access_key_id, secret_access_key=machine.key.secret_access_key
        )
        self._http = urllib3.PoolManager(maxsize=8, retries=False, timeout=urllib3.Timeout(40))
        self.before_the_first_model: Mapping[str, Answer] = {}

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        signer: Signer | None = None,
    ) -> Answer:
        """One signed request; with a content type and without one in `headers`, of JSON."""
        sent = {"content-type": JSON, **(headers or {})}
        signed = (signer or self.signer).headers(method, self.url + path, body, sent)
        return self.send(method, path, body, signed)

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """One request as it is."""
        answer = self._http.request(
            method, self.url + path, body=body, headers=headers, decode_content=False
        )
        return Answer(answer.status, answer.headers, answer.data)

    def translate(self, *sentences: str, **headers: str) -> Answer:
        instances = [{"data": sentence} for sentence in sentences]
        body = json.dumps({"instances": instances}).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", "/translate", body, named)

    def ask_before_the_first_model(self) -> None:
        self.before_the_first_model = {
            "/translate": self.translate("hello"),
            "/model": self.call("GET", "/model"),
            "/vocabulary/source": self.call("GET", "/vocabulary/source"),
        }

    def publish_description(self) -> None:
        """Write what promotion leaves behind: the record, and the files that it points to."""
        bucket = self.deployment.outputs("storage")["BucketName"]
        folder = self.machine.settings.state_folder
        MANIFEST.save(folder / "manifest.json")
        vocabulary = json.dumps({"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3, "hallo": 4})
        files = {
            "manifest.json": (folder / "manifest.json").read_bytes(),
            "vocab.src.json": vocabulary.encode(),
            "vocab.trg.json": vocabulary.encode(),
        }
        for name, content in files.items():
            self.machine.client("s3").put_object(
                Bucket=bucket, Key=f"{DESCRIPTION}{name}", Body=content
            )
        record = {
            "model_data": f"s3://{bucket}/executions/e1/model/job-7/output/model.tar.gz",
            "description": f"s3://{bucket}/{DESCRIPTION}",
            "engine": "pytorch",
        }
        self.machine.client("ssm").put_parameter(
            Name=f"/{NAME}/model", Value=json.dumps(record), Type="String"
        )

    def create_model(self, uri: str, environment: Mapping[str, str]) -> None:
        """A model with these variables for its serving process, and a configuration for it."""
        sagemaker = self.machine.client("sagemaker")
        container = {"Image": "local/serving", "ModelDataUrl": uri, "Environment": environment}
        sagemaker.create_model(
            ModelName=MODEL, ExecutionRoleArn=self.machine.role, PrimaryContainer=container
        )
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": MODEL,
            "InstanceType": "ml.c6i.large",
            "InitialInstanceCount": 1,
        }
        sagemaker.create_endpoint_config(EndpointConfigName=MODEL, ProductionVariants=[variant])

    def create_endpoint(self) -> None:
        sagemaker = self.machine.client("sagemaker")
        sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=MODEL)
        eventually(
            lambda: sagemaker.describe_endpoint(EndpointName=NAME)["EndpointStatus"] == "InService"
        )

    def delete_endpoint(self) -> None:
        sagemaker = self.machine.client("sagemaker")
        sagemaker.delete_endpoint(EndpointName=NAME)
        eventually(lambda: not sagemaker.list_endpoints()["Endpoints"])


@contextlib.contextmanager
def deployed_rest_service(folder: Path) -> Iterator[RestService]:
    """A machine of its own with the whole service deployed, and its endpoint a stand-in."""
    code = write_code(folder / "code")
    (code / "serving" / "__main__.py").write_text(SERVING, encoding="utf-8")
    with _deployed(folder, CONTEXT) as service:
        service.ask_before_the_first_model()
        service.publish_description()
        service.create_model(service.machine.put_model("unused"), {})
        service.create_endpoint()
        yield service


@contextlib.contextmanager
def deployed_keyed_service(folder: Path) -> Iterator[RestService]:
    """Another, with keys and other services' APIs, before the real serving process."""
    folder.joinpath("code").symlink_to(REPOSITORY)
    with _deployed(folder, KEYED_CONTEXT) as service:
        service.publish_description()
        service.create_model(service.machine.put("model.tar.gz", packed_model(folder)), LIMITS)
        service.create_endpoint()
        yield service


@contextlib.contextmanager
def _deployed(folder: Path, context: Sequence[str]) -> Iterator[RestService]:
    assert bundling.main([]) == 0
    with running_machine(folder) as machine:
        deployment = Deployment(machine.settings)
        deployment.deploy(context)
        yield RestService(machine, deployment)


def packed_model(folder: Path) -> bytes:
    """A model of words that the real serving process runs, as a training job leaves it."""
    model = build_word_model(folder / "word-model")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(model, arcname=".")
    return packed.getvalue()
