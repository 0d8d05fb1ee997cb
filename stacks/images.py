"""Which container image each job and the endpoint run: built here, given by URI, or SageMaker's."""

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Aws, IgnoreMode, Stack
from aws_cdk import aws_ecr_assets as assets
from constructs import Construct

from stacks import builtin_images
from stacks.context_values import SettingsError
from stacks.setting_formats import IMAGE_URI
from stacks.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
_ROOMS = {
    "training": (
        "containers/training",
        "bulk",
        "evaluation",
        "nmt",
        "preprocessing",
        "protocol",
        "training",
    ),
    "serving": ("containers/serving", "nmt", "protocol", "serving"),
}
"""What each image is built of; a change elsewhere does not rebuild it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerImage:
    """An image and the repository that whoever runs it must be able to pull from."""

    uri: str
    repository_arn: str | None
    """`None` where there is no registry: on one machine an image is only a name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointImages:
    """What a model of each engine is served in; the one being served may be of the other engine."""

    pytorch: ContainerImage
    builtin: ContainerImage

    @classmethod
    def of(cls, scope: Construct, settings: Settings) -> "EndpointImages":
        return cls(pytorch=serving_image(scope, settings), builtin=builtin_image(scope, settings))

    @property
    def both(self) -> tuple[ContainerImage, ContainerImage]:
        return (self.pytorch, self.builtin)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceImages:
    """The image of each step; the built-in engine trains and serves in the same one."""

    preprocessing: ContainerImage
    training: ContainerImage
    serving: ContainerImage
    endpoint: EndpointImages

    @classmethod
    def of(cls, scope: Construct, settings: Settings) -> "ServiceImages":
        own = training_image(scope, settings)
        endpoint = EndpointImages.of(scope, settings)
        training, serving = (
            (endpoint.builtin, endpoint.builtin) if settings.is_builtin else (own, endpoint.pytorch)
        )
        return cls(preprocessing=own, training=training, serving=serving, endpoint=endpoint)

    @property
    def distinct(self) -> tuple[ContainerImage, ...]:
        """The images of the jobs, each once."""
        return tuple(dict.fromkeys((self.preprocessing, self.training, self.serving)))


def training_image(scope: Construct, settings: Settings) -> ContainerImage:
    """The image with `preprocessing`, `training` and `evaluation` in it."""
    return _own_image(scope, "training", settings, settings.training_image_uri)


def serving_image(scope: Construct, settings: Settings) -> ContainerImage:
    """The image with `serving` in it."""
    return _own_image(scope, "serving", settings, settings.serving_image_uri)


def builtin_image(scope: Construct, settings: Settings) -> ContainerImage:
    """SageMaker's Seq2Seq image in the region of the deployment."""
    if settings.is_local:
        return _local_image(builtin_images.REPOSITORY)
    account = builtin_images.registry_account(scope, required=settings.is_builtin)
    registry = f"{account}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}"
    arn = Stack.of(scope).format_arn(
        service="ecr",
        account=account,
        resource="repository",
        resource_name=builtin_images.REPOSITORY,
    )
    uri = f"{registry}/{builtin_images.REPOSITORY}:{builtin_images.TAG}"
    return ContainerImage(uri=uri, repository_arn=arn)


def _own_image(scope: Construct, name: str, settings: Settings, uri: str) -> ContainerImage:
    if settings.is_local:
        return _local_image(name)
    if uri:
        return _existing_image(scope, uri)
    dockerfile = Path("containers") / name / "Dockerfile"
    if not (ROOT / dockerfile).is_file():
        raise SettingsError(f"{name}_image_uri: give an image; {dockerfile} does not exist")
    # Only the fingerprint is taken here; the CDK command line builds the image when it deploys.
    asset = assets.DockerImageAsset(
        scope,
        f"{name.capitalize()}Image",
        directory=str(ROOT),
        file=str(dockerfile),
        platform=assets.Platform.LINUX_AMD64,
        ignore_mode=IgnoreMode.DOCKER,
        exclude=["*", *(f"!{room}" for room in _ROOMS[name]), "**/__pycache__"],
    )
    return ContainerImage(uri=asset.image_uri, repository_arn=asset.repository.repository_arn)


def _local_image(name: str) -> ContainerImage:
    return ContainerImage(uri=f"local/{name}", repository_arn=None)


def _existing_image(scope: Construct, uri: str) -> ContainerImage:
    found = IMAGE_URI.fullmatch(uri)
    if found is None:
        raise SettingsError(f"image URI {uri!r} is not in a private ECR repository")
    arn = Stack.of(scope).format_arn(
        service="ecr",
        region=found["region"],
        account=found["account"],
        resource="repository",
        resource_name=found["repository"],
    )
    return ContainerImage(uri=uri, repository_arn=arn)
