"""The owner's choices, read from CDK context: typed, checked, and refused by name when wrong.

Knows every key, its default and its allowed values; knows nothing of AWS resources.
"""

import dataclasses
import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stacks.instance_types import builtin_problem, volume_problem


class SettingsError(ValueError):
    """A context value is not usable; the message names the key and the allowed values."""


class Deployment(StrEnum):
    AWS = "aws"
    LOCAL = "local"


class Engine(StrEnum):
    PYTORCH = "pytorch"
    BUILTIN = "builtin"


class ApiAuth(StrEnum):
    IAM = "iam"
    API_KEY = "api_key"


class BucketRemoval(StrEnum):
    RETAIN = "retain"
    DELETE = "delete"


LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653)
SPOT_WAIT_HOURS = 24
"""How long, in all, a training job may wait for spare capacity."""
IMAGE_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<repository>[a-z0-9._/-]+?)(:[\w.-]{1,128}|@sha256:[0-9a-f]{64})"
)
_NAME = (r"[a-z]([a-z0-9]|-(?!-)){1,18}[a-z0-9]", "3 to 20 of a-z, 0-9 and single hyphens")
_LANGUAGE = (r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "a language tag such as en or de-AT")
_INSTANCE_TYPE = (r"ml\.[a-z0-9-]+\.[a-z0-9]+", "an instance type such as ml.c6i.xlarge")
_IMAGE = (f"({IMAGE_URI.pattern})?", "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG")
_TOPIC = (r"(arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w.-]+)?", "the ARN of an SNS topic")
_EMAIL = (r"([^@\s]+@[^@\s]+\.[^@\s.]+)?", "an e-mail address")
_SCHEDULE = (
    r"(rate\((1 (minute|hour|day)|(?!1 )[1-9]\d* (minutes|hours|days))\)|cron\((\S+ ){5}\S+\))?",
    "EventBridge's rate(7 days) or cron(0 3 ? * SUN *), in UTC",
)
_FOLDER = (r"[^\s].*", "a folder")
_RUNBOOKS = (r"docs/runbooks|https://[^\s]{1,400}[^\s/]", "https://… without a slash at its end")
_SERVERLESS_MEMORY_STEP = 1024
_KEY = re.compile(r"arn:[a-z-]+:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+")
_ORIGIN = re.compile(
    r"\*|https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?"
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _matching(default: str, pattern: tuple[str, str]) -> Any:
    return field(default=default, metadata={"pattern": pattern[0], "allowed": pattern[1]})


def _points(default: float) -> Any:
    """Of BLEU."""
    return field(default=default, metadata={"lowest": 0, "highest": 100})


def _between(default: int, lowest: int, highest: int) -> Any:
    return field(default=default, metadata={"lowest": lowest, "highest": highest})


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """One field per context key."""

    name: str = _matching("translation", _NAME)
    """Names the stacks, the endpoint and the jobs."""
    deployment: Deployment = Deployment.AWS
    engine: Engine = Engine.PYTORCH
    source_language: str = _matching("en", _LANGUAGE)
    target_language: str = _matching("de", _LANGUAGE)
    api_auth: ApiAuth = ApiAuth.IAM
    throttle_rate_limit: int = _between(50, 1, 10_000)
    """Requests a second, over all callers."""
    throttle_burst_limit: int = _between(100, 1, 5_000)
    cors_origins: tuple[str, ...] = ()
    """Whose web pages may call, such as https://app.example; `*` for all, none by default."""
    deepl_api: bool = False
    """Whether clients of DeepL's API are answered too, below /v2."""
    libretranslate_api: bool = False
    """Whether clients of LibreTranslate are answered too, below /libretranslate."""
    endpoint_instance_type: str = _matching("ml.c6i.xlarge", _INSTANCE_TYPE)
    endpoint_min_instances: int = _between(1, 1, 100)
    endpoint_max_instances: int = _between(2, 1, 100)
    """Equal to the minimum: no autoscaling."""
    invocations_per_instance: int = _between(300, 1, 100_000)
    """Autoscaling holds each instance near this many invocations a minute."""
    endpoint_serverless: bool = False
    """Whether the endpoint has no instances of its own and is paid for by the time of calls."""
    serverless_memory_mb: int = _between(4096, 1024, 6144)
    serverless_max_concurrency: int = _between(5, 1, 200)
    """More calls at once than these are refused."""
    training_instance_type: str = _matching("ml.g5.xlarge", _INSTANCE_TYPE)
    training_volume_gb: int = _between(50, 1, 16_384)
    training_instance_count: int = _between(1, 1, 20)
    """More than one share every batch."""
    training_spot: bool = True
    """Whether training runs on spare capacity, which may be taken back; `builtin` cannot."""
    training_max_runtime_hours: int = _between(48, 1, 672)
    tuning_max_runtime_hours: int = _between(168, 1, 672)
    """Of a whole tuning job."""
    processing_instance_type: str = _matching("ml.m5.xlarge", _INSTANCE_TYPE)
    processing_volume_gb: int = _between(50, 1, 16_384)
    processing_max_runtime_hours: int = _between(6, 1, 120)
    verification_max_runtime_minutes: int = _between(30, 5, 600)
    evaluation_max_runtime_minutes: int = _between(60, 5, 600)
    gate_min_bleu: float = _points(0)
    """A candidate with less is not promoted."""
    gate_max_loss: float = _points(0.5)
    """By how much less BLEU than the served model's a candidate may have, unless by chance."""
    transform_instance_type: str = _matching("ml.c6i.xlarge", _INSTANCE_TYPE)
    """Bulk translation's."""
    bulk_max_instances: int = _between(4, 1, 100)
    """What one bulk translation may ask for."""
    bulk_max_runtime_hours: int = _between(24, 1, 672)
    bulk_buckets: tuple[str, ...] = ()
    """Buckets besides the service's own that bulk translation may read and write."""
    corpus_buckets: tuple[str, ...] = ()
    """Buckets besides the service's own that corpora and pretrained models may come from."""
    corpus_key_arns: tuple[str, ...] = ()
    """Customer keys that those buckets are encrypted with; the jobs may decrypt through S3."""
    default_hyperparameters: str = "{}"
    """A JSON object; an execution's own hyperparameters go over these."""
    training_image_uri: str = _matching("", _IMAGE)
    """An image to use instead of building containers/training."""
    serving_image_uri: str = _matching("", _IMAGE)
    log_retention_days: int = 90
    bucket_removal: BucketRemoval = BucketRemoval.RETAIN
    """What becomes of the buckets, with corpora and models, when the service is destroyed."""
    alarm_topic_arn: str = _matching("", _TOPIC)
    """Alarms are sent there; without it they only show in CloudWatch."""
    runbooks_url: str = _matching("docs/runbooks", _RUNBOOKS)
    """Where the runbooks that alarms name can be read."""
    instance_prices: str = "{}"
    """A JSON object of US dollars an hour by instance type, over the ones that are known."""
    notification_topic_arn: str = _matching("", _TOPIC)
    """An SNS topic of the owner's that is told how executions end."""
    notification_email: str = _matching("", _EMAIL)
    """Who is told through a topic of the service's own."""
    retraining_schedule: str = _matching("", _SCHEDULE)
    """Starts the machine with what the manifest in the bucket says."""
    retraining_manifest: bool = False
    """Whether the machine starts when the manifest comes into the bucket."""
    lambda_bundles: str = _matching("build/lambda", _FOLDER)

    def __post_init__(self) -> None:
        for part in dataclasses.fields(self):
            _check(part, getattr(self, part.name))
        self._check_sizes()
        self._check_engine()
        self._check_serverless_engine()
        _check_buckets("corpus_buckets", self.corpus_buckets)
        _check_buckets("bulk_buckets", self.bulk_buckets)
        for origin in self.cors_origins:
            if not _ORIGIN.fullmatch(origin):
                raise SettingsError(
                    f"cors_origins: {origin!r} is not an origin; give https://HOST, "
                    "https://HOST:PORT or http://localhost:PORT without a path, or *, "
                    "separated by commas"
                )
        for key in self.corpus_key_arns:
            if not _KEY.fullmatch(key):
                raise SettingsError(
                    f"corpus_key_arns: {key!r} is not the ARN of a key; give "
                    "arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias, separated by commas"
                )
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            allowed = ", ".join(map(str, LOG_RETENTION_DAYS))
            raise SettingsError(
                f"log_retention_days: {self.log_retention_days} is not kept by CloudWatch; "
                f"use one of {allowed}"
            )
        _check_hyperparameters(self.default_hyperparameters)
        _check_prices(self.instance_prices)
        self._check_notifications()

    def _check_notifications(self) -> None:
        if self.notification_topic_arn and self.notification_email:
            raise SettingsError(
                "notification_email: cannot be used with notification_topic_arn; subscribe the "
                "address to that topic, or leave one of the two out"
            )

    def _check_sizes(self) -> None:
        if self.endpoint_max_instances < self.endpoint_min_instances:
            raise SettingsError(
                f"endpoint_max_instances: {self.endpoint_max_instances} is below "
                f"endpoint_min_instances; use {self.endpoint_min_instances} or more"
            )
        if self.serverless_memory_mb % _SERVERLESS_MEMORY_STEP:
            raise SettingsError(
                f"serverless_memory_mb: {self.serverless_memory_mb} is not allowed; SageMaker "
                "takes 1024, 2048, 3072, 4096, 5120 or 6144"
            )
        if problem := volume_problem(self.training_instance_type, self.training_volume_gb):
            raise SettingsError(problem)

    def _check_engine(self) -> None:
        if self.engine is Engine.PYTORCH:
            return
        if self.deployment is Deployment.LOCAL:
            raise SettingsError(
                "engine: builtin runs on AWS only; with deployment=local use pytorch"
            )
        if problem := builtin_problem(self.training_instance_type, self.endpoint_instance_type):
            raise SettingsError(problem)
        if self.training_instance_count > 1:
            raise SettingsError(
                f"training_instance_count: {self.training_instance_count} is not allowed; the "
                "built-in algorithm trains on 1 instance, a larger one has more GPUs"
            )
        if self.training_spot:
            raise SettingsError(
                "training_spot: the built-in algorithm cannot go on from SageMaker's checkpoints; "
                "use false with the engine builtin"
            )

    def _check_serverless_engine(self) -> None:
        if self.endpoint_serverless and self.is_builtin:
            raise SettingsError(
                "endpoint_serverless: AWS does not say that the built-in algorithm's image runs "
                "there; use false with the engine builtin"
            )

    @classmethod
    def from_context(
        cls, context: Mapping[str, Any], *, deployment: str = Deployment.AWS
    ) -> "Settings":
        """Read the context that the CDK hands over; `deployment` is that key's default.

        Raises:
            SettingsError: a value is wrong, or a key looks like one of ours but is not.
        """
        fields = {part.name: part for part in dataclasses.fields(cls)}
        for key in context:
            _refuse_unknown(key, fields)
        # The default of spot is what the engine can.
        spot = context.get("engine") != Engine.BUILTIN
        given = {"deployment": deployment, "training_spot": spot} | {
            key: context[key] for key in fields if key in context and context[key] is not None
        }
        return cls(**{key: _typed(fields[key], value) for key, value in given.items()})

    @property
    def is_local(self) -> bool:
        return self.deployment is Deployment.LOCAL

    @property
    def is_builtin(self) -> bool:
        return self.engine is Engine.BUILTIN

    @property
    def training_max_wait_hours(self) -> int:
        """The time of a training job with its waits for spare capacity."""
        waiting = SPOT_WAIT_HOURS if self.training_spot else 0
        return self.training_max_runtime_hours + waiting

    @property
    def corpus_key_regions(self) -> tuple[str, ...]:
        """Where S3 itself asks for the corpora's keys."""
        found = {match["region"] for match in map(_KEY.fullmatch, self.corpus_key_arns) if match}
        return tuple(sorted(found))

    @property
    def has_notifications(self) -> bool:
        return bool(self.notification_topic_arn or self.notification_email)

    @property
    def has_manifest(self) -> bool:
        """Whether executions may take their input from the manifest in the bucket."""
        return self.retraining_manifest or bool(self.retraining_schedule)

    @property
    def has_key_authorizers(self) -> bool:
        """Whether keys come in another header than the one that API Gateway reads by itself."""
        return self.api_auth is ApiAuth.API_KEY and self.deepl_api

    @property
    def has_autoscaling(self) -> bool:
        is_range = self.endpoint_max_instances > self.endpoint_min_instances
        return is_range and not self.endpoint_serverless

    @property
    def endpoint_name(self) -> str:
        """SageMaker refuses to turn instances into serverless inference under one name.

        No service's name holds two hyphens, so this one is nobody else's.
        """
        return f"{self.name}--serverless" if self.endpoint_serverless else self.name

    @property
    def removes_buckets(self) -> bool:
        """Whether destroying the service empties and deletes its buckets."""
        return self.is_local or self.bucket_removal is BucketRemoval.DELETE

    @property
    def endpoint_stack_name(self) -> str:
        return f"{self.name}-endpoint"

    @property
    def state_machine_name(self) -> str:
        return f"{self.name}-retraining"

    @property
    def bulk_machine_name(self) -> str:
        return f"{self.name}-bulk"

    @property
    def model_parameter(self) -> str:
        return f"/{self.name}/model"

    @property
    def job_name_start(self) -> str:
        """Two hyphens, which no name holds: `news` shall not manage the jobs of `news-de`."""
        return f"{self.name}--"

    @property
    def bulk_job_name_start(self) -> str:
        """Two hyphens once more, which no execution's own part holds."""
        return f"{self.job_name_start}bulk--"

    @property
    def poll_seconds(self) -> int:
        """How often the state machine looks at a stack update."""
        return 2 if self.is_local else 15

    @property
    def bundle_platform(self) -> str:
        """Which of a Lambda's bundles is deployed."""
        return "host" if self.is_local else "aws"


def _refuse_unknown(key: str, known: Mapping[str, Any]) -> None:
    # The framework's own keys carry an at sign, a colon, a slash or a hyphen.
    if key in known or re.search(r"[@:/]", key):
        return
    spelled = key.lower().replace("-", "_")
    near = difflib.get_close_matches(spelled, known, n=1, cutoff=0.75)
    if near:
        raise SettingsError(f"{key}: unknown setting; did you mean {near[0]}?")
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", key):
        raise SettingsError(f"{key}: unknown setting; known settings: {', '.join(known)}")


def _typed(part: "dataclasses.Field[Any]", value: Any) -> Any:
    if isinstance(part.type, type) and issubclass(part.type, StrEnum):
        return _choice(part.name, part.type, value)
    readers: Mapping[Any, Callable[[str, Any], Any]] = {
        int: _whole_number,
        float: _number,
        bool: _truth,
        tuple[str, ...]: _names,
    }
    if reader := readers.get(part.type):
        return reader(part.name, value)
    if part.name in ("default_hyperparameters", "instance_prices") and isinstance(value, Mapping):
        return json.dumps(value)
    if not isinstance(value, str):
        raise SettingsError(f"{part.name}: {value!r} is not a string")
    return value


def _choice(name: str, choices: type[StrEnum], value: Any) -> StrEnum:
    try:
        return choices(value)
    except ValueError:
        allowed = ", ".join(choices)
        raise SettingsError(f"{name}: {value!r} is not allowed; use one of {allowed}") from None


def _whole_number(name: str, value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise SettingsError(f"{name}: {value!r} is not a whole number")


def _number(name: str, value: Any) -> float:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise SettingsError(f"{name}: {value!r} is not a number")


def _truth(name: str, value: Any) -> bool:
    spelled = str(value).lower() if isinstance(value, str | bool) else ""
    if spelled in ("true", "false"):
        return spelled == "true"
    raise SettingsError(f"{name}: {value!r} is not allowed; use true or false")


def _names(name: str, value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise SettingsError(f"{name}: {value!r} must be names separated by commas, or a list")
    return tuple(part.strip() for part in parts if part.strip())


def _check(part: "dataclasses.Field[Any]", value: Any) -> None:
    if "pattern" in part.metadata and not re.fullmatch(part.metadata["pattern"], value):
        raise SettingsError(
            f"{part.name}: {value!r} is not allowed; use {part.metadata['allowed']}"
        )
    if "lowest" in part.metadata:
        lowest, highest = part.metadata["lowest"], part.metadata["highest"]
        if not lowest <= value <= highest:
            kind = "number" if part.type is float else "whole number"
            raise SettingsError(
                f"{part.name}: {value} is not allowed; use a {kind} from {lowest} to {highest}"
            )


def _check_buckets(name: str, buckets: tuple[str, ...]) -> None:
    for bucket in buckets:
        if not _BUCKET.fullmatch(bucket):
            raise SettingsError(
                f"{name}: {bucket!r} is not a bucket name; give names, not URIs, "
                "separated by commas"
            )


def _check_hyperparameters(text: str) -> None:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"default_hyperparameters: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise SettingsError(
            'default_hyperparameters: must be a JSON object such as {"batch_size": "128"}'
        )


def _check_prices(text: str) -> None:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"instance_prices: not JSON: {error}") from error
    if not isinstance(content, dict) or not all(
        re.fullmatch(_INSTANCE_TYPE[0], name) and _is_price(price)
        for name, price in content.items()
    ):
        raise SettingsError(
            "instance_prices: must be a JSON object of dollars an hour by instance type, such as "
            '{"ml.c6i.xlarge": 0.204}'
        )


def _is_price(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10_000
