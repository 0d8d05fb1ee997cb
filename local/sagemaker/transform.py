"""Transform jobs: `python -m serving` over every object of an input, on one or more instances."""

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from local.sagemaker.batches import batches, in_order
from local.sagemaker.errors import JobFailureError
from local.sagemaker.host import Host
from local.sagemaker.job import Job
from local.sagemaker.storage import download_object, explained, parse_uri, unpack_archive
from local.sagemaker.transform_instance import TransformInstance
from local.sagemaker.transform_request import (
    Calling,
    InputObject,
    check_transform_request,
    input_objects,
)

DEFAULT_TIMEOUT_SECONDS = 600
DEFAULT_RETRIES = 3
_POLL_SECONDS = 0.2
_DESCRIBED = (
    "ModelName",
    "MaxConcurrentTransforms",
    "ModelClientConfig",
    "MaxPayloadInMB",
    "BatchStrategy",
    "Environment",
    "TransformInput",
    "TransformOutput",
    "TransformResources",
)
_TOLD_TO_CONTAINERS = {
    "MaxPayloadInMB": "SAGEMAKER_MAX_PAYLOAD_IN_MB",
    "BatchStrategy": "SAGEMAKER_BATCH_STRATEGY",
    "MaxConcurrentTransforms": "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
}
_SPELLED = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}


class TransformJob(Job):
    """One transform job."""

    kind = "transform-job"
    prefix = "TransformJob"

    def __init__(self, host: Host, request: dict[str, Any], model: dict[str, Any]) -> None:
        check_transform_request(request)
        super().__init__(host, request)
        self._model = model
        self._instances: list[TransformInstance] = []
        self._failed: dict[str, str] = {}
        self._lock = threading.Lock()

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeTransformJob."""
        answer = {
            "TransformJobName": self.name,
            "TransformJobArn": self.arn,
            "TransformJobStatus": self.status,
            "CreationTime": self.created_at,
            **{key: self.request[key] for key in _DESCRIBED if key in self.request},
        }
        optional = {
            "FailureReason": self.failure_reason,
            "TransformStartTime": self.started_at,
            "TransformEndTime": self.ended_at,
        }
        return answer | {key: value for key, value in optional.items() if value}

    def kill(self) -> None:
        """End every process at once, when all of AWS ends here."""
        self._stop.set()
        for instance in self._instances:
            instance.kill()

    def _work(self, root: Path) -> tuple[str, str, str]:
        s3 = self.host.s3(self._model["ExecutionRoleArn"])
        objects = input_objects(s3, self.request)
        self._unpack(s3, root)
        self.started_at = time.time()
        try:
            self._start_instances(root)
            calling = Calling.of(self.request, self._instances[0].execution_parameters())
            self._transform(s3, root, objects, calling)
        except JobFailureError:
            if not self._stop.is_set():
                raise
        finally:
            for instance in self._instances:
                instance.stop()
        if self._stop.is_set():
            return "Stopped", "Stopped", ""
        if self._failed:
            return "Failed", "Failed", self._with_log(self._reason(len(objects)))
        return "Completed", "Completed", ""

    def _unpack(self, s3: Any, root: Path) -> None:
        archive = root / "model.tar.gz"
        if uri := self._model["PrimaryContainer"].get("ModelDataUrl"):
            download_object(s3, uri, archive)
            unpack_archive(archive, root / "model")
            archive.unlink()

    def _start_instances(self, root: Path) -> None:
        isolated = self._model.get("EnableNetworkIsolation")
        role = "" if isolated else self._model["ExecutionRoleArn"]
        environment = self.host.environment(root, role=role, own=self._environment())
        for number in range(1, self.request["TransformResources"]["InstanceCount"] + 1):
            log = self.host.log_file(f"transform-jobs/{self.name}", f"algo-{number}")
            self._instances.append(TransformInstance(environment=environment, folder=root, log=log))
        for instance in self._instances:
            instance.wait_until_healthy(self._stop.is_set)

    def _environment(self) -> dict[str, str]:
        told = {
            variable: _SPELLED.get(str(self.request[key]), str(self.request[key]))
            for key, variable in _TOLD_TO_CONTAINERS.items()
            if key in self.request
        }
        return {
            **self._model["PrimaryContainer"].get("Environment", {}),
            **self.request.get("Environment", {}),
            "SAGEMAKER_BATCH": "true",
            **told,
        }

    def _transform(
        self, s3: Any, root: Path, objects: Sequence[InputObject], calling: Calling
    ) -> None:
        """Every object on its instance; as many of them at once as requests may be."""
        count = len(self._instances)
        workers = [
            _Worker(self, s3, root / f"algo-{number}", instance, calling)
            for number, instance in enumerate(self._instances, start=1)
        ]
        at_once = count * calling.concurrent
        with ThreadPoolExecutor(at_once) as pool:
            futures = [
                pool.submit(workers[number % count].work, objects[number::at_once], number)
                for number in range(at_once)
            ]
            self._wait(futures)
        for worker in workers:
            worker.close()

    def _wait(self, futures: Iterable[Future[None]]) -> None:
        waiting = set(futures)
        while waiting:
            done, waiting = wait(waiting, _POLL_SECONDS)
            for future in done:
                future.result()
            if self._stop.is_set():
                for instance in self._instances:
                    instance.stop()

    def failed(self, found: InputObject, reason: str) -> None:
        """Note an object that could not be transformed; the others go on."""
        with self._lock, self.log.open("a", encoding="utf-8") as log:
            self._failed[found.name] = reason
            log.write(f"bucket={found.bucket}, key={found.key}: {reason}\n")

    @property
    def stopping(self) -> bool:
        """Whether nothing more is to be begun."""
        return self._stop.is_set()

    def _reason(self, num_objects: int) -> str:
        name, reason = next(iter(sorted(self._failed.items())))
        return (
            f"AlgorithmError: {len(self._failed)} of {num_objects} objects failed, "
            f"the first of them {name}: {reason}"
        )


class _Worker:
    """Transforms a share of the objects on one instance."""

    def __init__(
        self,
        job: TransformJob,
        s3: Any,
        folder: Path,
        instance: TransformInstance,
        calling: Calling,
    ) -> None:
        self._job = job
        self._s3 = s3
        self._folder = folder
        self._calling = calling
        self._instance = instance
        self._calls = ThreadPoolExecutor(calling.concurrent)
        wanted = job.request["TransformInput"], job.request["TransformOutput"]
        self._input, self._output = wanted
        client = job.request.get("ModelClientConfig", {})
        self._timeout = float(client.get("InvocationsTimeoutInSeconds", DEFAULT_TIMEOUT_SECONDS))
        self._retries = int(client.get("InvocationsMaxRetries", DEFAULT_RETRIES))
        folder.mkdir(exist_ok=True)

    def close(self) -> None:
        """End the threads that call."""
        self._calls.shutdown(wait=False)

    def work(self, objects: Sequence[InputObject], number: int) -> None:
        """Transform one object after the other; one that fails is noted."""
        for found in objects:
            if self._job.stopping:
                return
            try:
                self._transform(found, self._folder / str(number))
            except JobFailureError as error:
                self._job.failed(found, str(error))

    def _transform(self, found: InputObject, path: Path) -> None:
        uri = f"s3://{found.bucket}/{found.key}"
        download_object(self._s3, uri, path)
        bodies = batches(
            path,
            split_type=self._input.get("SplitType", "None"),
            strategy=self._calling.strategy,
            max_bytes=self._calling.max_bytes,
        )
        end = b"\n" if self._output.get("AssembleWith") == "Line" else b""
        result = path.with_suffix(".out")
        with result.open("wb") as file:
            for answer in in_order(self._calls, self._call, bodies, self._calling.concurrent):
                file.write(answer + (b"" if answer.endswith(end) else end))
        bucket, prefix = parse_uri(self._output["S3OutputPath"])
        key = "/".join(filter(None, (prefix.rstrip("/"), f"{found.name}.out")))
        with explained(f"cannot upload to s3://{bucket}/{key}"):
            self._s3.upload_file(str(result), bucket, key)

    def _call(self, body: bytes) -> bytes:
        headers = {"Content-Type": self._input.get("ContentType", "application/octet-stream")}
        if "Accept" in self._output:
            headers["Accept"] = self._output["Accept"]
        return self._instance.invoke(body, headers, timeout=self._timeout, retries=self._retries)
