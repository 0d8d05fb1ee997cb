"""The owner's choices, read from CDK context: typed, checked, and refused by name when wrong.

Knows every key, its default and its allowed values; knows nothing of AWS resources.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stacks import setting_formats as formats
from stacks.context_values import SettingsError, refuse_unknown, typed
from stacks.instance_types import builtin_problem, volume_problem


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


SPOT_WAIT_HOURS = 24
"""How long, in all, a training job may wait for spare capacity."""
_SERVERLESS_MEMORY_STEP = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """One field per context key."""

    name: str = formats.matching("translation", formats.NAME)
    """Names the stacks, the endpoint and the jobs."""
    deployment: Deployment = Deployment.AWS
    engine: Engine = Engine.PYTORCH
    source_language: str = formats.matching("en", formats.LANGUAGE)
    target_language: str = formats.matching("de", formats.LANGUAGE)
    api_auth: ApiAuth = ApiAuth.IAM
    throttle_rate_limit: int = formats.between(50, 1, 10_000)
    """Requests a second, over all callers."""
    throttle_burst_limit: int = formats.between(100, 1, 5_000)
    cors_origins: tuple[str, ...] = formats.checked((), formats.check_origins)
    """Whose web pages may call, such as https://app.example; `*` for all, none by default."""
    deepl_api: bool = False
    """Whether clients of DeepL's API are answered too, below /v2."""
    libretranslate_api: bool = False
    """Whether clients of LibreTranslate are answered too, below /libretranslate."""
    endpoint_instance_type: str = formats.matching("ml.c6i.xlarge", formats.INSTANCE_TYPE)
    endpoint_min_instances: int = formats.between(1, 1, 100)
    endpoint_max_instances: int = formats.between(2, 1, 100)
    """Equal to the minimum: no autoscaling."""
    invocations_per_instance: int = formats.between(300, 1, 100_000)
    """Autoscaling holds each instance near this many invocations a minute."""
    endpoint_serverless: bool = False
    """Whether the endpoint has no instances of its own and is paid for by the time of calls."""
    serverless_memory_mb: int = formats.between(4096, 1024, 6144)
    serverless_max_concurrency: int = formats.between(5, 1, 200)
    """More calls at once than these are refused."""
    training_instance_type: str = formats.matching("ml.g5.xlarge", formats.INSTANCE_TYPE)
    training_volume_gb: int = formats.between(50, 1, 16_384)
    training_instance_count: int = formats.between(1, 1, 20)
    """More than one share every batch."""
    training_spot: bool = True
    """Whether training runs on spare capacity, which may be taken back; `builtin` cannot."""
    training_max_runtime_hours: int = formats.between(48, 1, 672)
    tuning_max_runtime_hours: int = formats.between(168, 1, 672)
    """Of a whole tuning job."""
    processing_instance_type: str = formats.matching("ml.m5.xlarge", formats.INSTANCE_TYPE)
    processing_volume_gb: int = formats.between(50, 1, 16_384)
    processing_max_runtime_hours: int = formats.between(6, 1, 120)
    verification_max_runtime_minutes: int = formats.between(30, 5, 600)
    evaluation_max_runtime_minutes: int = formats.between(60, 5, 600)
    gate_min_bleu: float = formats.points(0)
    """A candidate with less is not promoted."""
    gate_max_loss: float = formats.points(0.5)
    """By how much less BLEU than the served model's a candidate may have, unless by chance."""
    gate_max_loss_by_chance: float = formats.points(2)
    """By how much less where that may be chance."""
    transform_instance_type: str = formats.matching("ml.c6i.xlarge", formats.INSTANCE_TYPE)
    """Bulk translation's."""
    bulk_max_instances: int = formats.between(4, 1, 100)
    """What one bulk translation may ask for."""
    bulk_max_runtime_hours: int = formats.between(24, 1, 672)
    bulk_buckets: tuple[str, ...] = formats.checked((), formats.check_buckets)
    """Buckets besides the service's own that bulk translation may read and write."""
    corpus_buckets: tuple[str, ...] = formats.checked((), formats.check_buckets)
    """Buckets besides the service's own that corpora and pretrained models may come from."""
    corpus_key_arns: tuple[str, ...] = formats.checked((), formats.check_keys)
    """Customer keys that those buckets are encrypted with; the jobs may decrypt through S3."""
    default_hyperparameters: str = formats.checked("{}", formats.check_hyperparameters)
    """A JSON object; an execution's own hyperparameters go over these."""
    training_image_uri: str = formats.matching("", formats.IMAGE)
    """An image to use instead of building containers/training."""
    serving_image_uri: str = formats.matching("", formats.IMAGE)
    log_retention_days: int = formats.checked(90, formats.check_retention)
    bucket_removal: BucketRemoval = BucketRemoval.RETAIN
    """What becomes of the buckets, with corpora and models, when the service is destroyed."""
    alarm_topic_arn: str = formats.matching("", formats.TOPIC)
    """Alarms are sent there; without it they only show in CloudWatch."""
    runbooks_url: str = formats.matching("docs/runbooks", formats.RUNBOOKS)
    """Where the runbooks that alarms name can be read."""
    instance_prices: str = formats.checked("{}", formats.check_prices)
    """A JSON object of US dollars an hour by instance type, over the ones that are known."""
    notification_topic_arn: str = formats.matching("", formats.TOPIC)
    """An SNS topic of the owner's that is told how executions end."""
    notification_email: str = formats.matching("", formats.EMAIL)
    """Who is told through a topic of the service's own."""
    retraining_schedule: str = formats.matching("", formats.SCHEDULE)
    """Starts the machine with what the manifest in the bucket says."""
    retraining_manifest: bool = False
    """Whether the machine starts when the manifest comes into the bucket."""
    lambda_bundles: str = formats.matching("build/lambda", formats.FOLDER)

    def __post_init__(self) -> None:
        for part in dataclasses.fields(self):
            formats.check_value(part, getattr(self, part.name))
        self._check_sizes()
        self._check_engine()
        self._check_serverless_engine()
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
        if self.gate_max_loss_by_chance < self.gate_max_loss:
            raise SettingsError(
                f"gate_max_loss_by_chance: {self.gate_max_loss_by_chance:g} is below "
                f"gate_max_loss; use {self.gate_max_loss:g} or more"
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
        if problem := builtin_problem(
            self.training_instance_type, self.endpoint_instance_type, self.transform_instance_type
        ):
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
            refuse_unknown(key, fields)
        # The default of spot is what the engine can.
        spot = context.get("engine") != Engine.BUILTIN
        given = {"deployment": deployment, "training_spot": spot} | {
            key: context[key] for key in fields if key in context and context[key] is not None
        }
        return cls(**{key: typed(fields[key], value) for key, value in given.items()})

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
        found = {
            match["region"] for match in map(formats.KEY.fullmatch, self.corpus_key_arns) if match
        }
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
