"""What is being served: the SSM parameter that promotion writes and the files it points to."""

import json
import math
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from protocol import artifacts
from protocol.artifacts import ModelManifest
from protocol.translation import ErrorCode, RequestError
from translate_api import request_log
from translate_api.clients import AwsClients
from translate_api.failures import aws_code

Side = Literal["source", "target"]

URL_SECONDS = 300
_MISSING = {"NoSuchKey", "404"}
_DENIED = {"AccessDenied", "403"}
"""S3's answer for a missing object, too, to whoever may read objects but not list the bucket."""
_BUILTIN = "builtin"
"""SageMaker's own Seq2Seq, as the record names the engine."""
_VOCABULARY_FILE: dict[Side, str] = {
    "source": artifacts.SOURCE_VOCABULARY,
    "target": artifacts.TARGET_VOCABULARY,
}
_LANGUAGES = ("source_language", "target_language")
_PUBLIC_FIELDS = (
    *_LANGUAGES,
    "training_job",
    "created_at",
    "num_parameters",
    "source_vocabulary_size",
    "target_vocabulary_size",
    "max_source_length",
    "max_decoding_length",
    "beam_size",
    "subwords",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """A vocabulary file's bytes and, for those that are too many, a signed address."""

    content: bytes | None
    """`None` when the file is larger than the caller of `vocabulary` wanted to read."""
    url: str
    """Good for `URL_SECONDS`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Record:
    """The SSM parameter's value."""

    model_data: str
    description: str
    engine: str
    languages: dict[str, str]
    """The deployment's; a model with a manifest has its own."""

    @property
    def training_job(self) -> str:
        """SageMaker writes a model to PREFIX/<training job>/output/model.tar.gz."""
        parts = self.model_data.split("/")
        return parts[-3] if parts[-2:] == ["output", artifacts.MODEL_ARCHIVE] else ""


class CurrentModel:
    """Reads the description of the model that promotion switched to last."""

    def __init__(self, clients: AwsClients, parameter: str, no_model: str) -> None:
        self._clients = clients
        self._parameter = parameter
        self._no_model = no_model

    def description(self) -> dict[str, Any]:
        """What a caller may know of the model, without bucket names or ARNs.

        Raises:
            RequestError: (no_model) nothing has been promoted yet.
        """
        record = self._record()
        if record.engine == _BUILTIN:
            # SageMaker's own training writes no manifest.
            known = {"engine": record.engine, "training_job": record.training_job}
            return known | record.languages
        stored = self._open(record, artifacts.MANIFEST)
        if stored is None:
            raise ValueError(f"the current model's description has no {artifacts.MANIFEST}")
        manifest = ModelManifest.parse(stored["Body"].read(), artifacts.MANIFEST)
        fields = {name: getattr(manifest, name) for name in _PUBLIC_FIELDS}
        return {"engine": record.engine, **fields, "metrics": _finite(manifest.metrics)}

    def vocabulary(self, side: Side, max_bytes: int) -> Vocabulary:
        """The vocabulary file of one side.

        Raises:
            RequestError: no model, or one that came without vocabularies (not_found).
        """
        record = self._record()
        name = _VOCABULARY_FILE[side]
        stored = self._open(record, name)
        if stored is None:
            raise RequestError(
                f"the current model came without a {side} vocabulary", ErrorCode.NOT_FOUND
            )
        fits = stored["ContentLength"] <= max_bytes
        content = bytes(stored["Body"].read()) if fits else None
        stored["Body"].close()
        return Vocabulary(content=content, url=self._signed_url(record, name))

    def _signed_url(self, record: _Record, name: str) -> str:
        bucket, key = _location(record, name)
        return str(
            self._clients.s3.generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=URL_SECONDS
            )
        )

    def _record(self) -> _Record:
        try:
            answer = self._clients.ssm.get_parameter(Name=self._parameter)
        except ClientError as error:
            if aws_code(error) == "ParameterNotFound":
                raise RequestError(self._no_model, ErrorCode.NO_MODEL) from error
            raise
        content = json.loads(answer["Parameter"]["Value"])
        return _Record(
            model_data=content["model_data"],
            description=content.get("description", ""),
            engine=content["engine"],
            languages={key: content[key] for key in _LANGUAGES if key in content},
        )

    def _open(self, record: _Record, name: str) -> dict[str, Any] | None:
        if not record.description:
            return None
        bucket, key = _location(record, name)
        try:
            return dict(self._clients.s3.get_object(Bucket=bucket, Key=key))
        except ClientError as error:
            if aws_code(error) in _DENIED:
                request_log.denied(name, error)
            elif aws_code(error) not in _MISSING:
                raise
            return None


def _location(record: _Record, name: str) -> tuple[str, str]:
    bucket, _, prefix = record.description.removeprefix("s3://").partition("/")
    return bucket, f"{prefix.rstrip('/')}/{name}"


def _finite(metrics: dict[str, float]) -> dict[str, float | None]:
    """JSON has no infinity, and a perplexity can overflow to it."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
