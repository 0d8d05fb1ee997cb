"""Puts the changes into ministack before it serves, and refuses another version of it."""

from importlib.metadata import version

from local.credentials import AccessKey
from local.emulator import (
    api_keys,
    authentication,
    cloudformation,
    cloudwatch,
    events,
    functions,
    quotas,
    resources,
    rest_api,
    state_machines,
)
from local.emulator.authorization import authorize_caller
from local.emulator.roles import assume
from local.sagemaker.control_plane import ControlPlane
from local.sagemaker.host import Host
from local.sagemaker.http import SageMakerHttp
from local.settings import ACCOUNT, REGION, LocalSettings

MINISTACK_VERSION = "1.5.33"


def install(settings: LocalSettings, administrator: AccessKey) -> ControlPlane:
    """Change ministack for this process; the result ends what runs when AWS ends.

    Raises:
        RuntimeError: another version is installed, which these changes may not fit.
    """
    check_version(version("ministack"))
    from ministack import app  # noqa: PLC0415 - reads the environment when it is imported
    from ministack.core import router  # noqa: PLC0415

    # There may be a Docker on this machine; ministack would remove containers at its start.
    app._docker_socket_present = lambda: False
    app.container_reaper.start = lambda _client: None
    host = Host(
        endpoint_url=settings.endpoint_url,
        region=REGION,
        account=ACCOUNT,
        state_folder=settings.state_folder,
        code_folder=settings.code_folder,
        assume=assume,
    )
    control_plane = ControlPlane(host)
    # ministack has no SageMaker. Without a pattern its router reads every model of botocore, which
    # takes seconds, to learn that the name in a signature is a service's.
    app.SERVICE_HANDLERS["sagemaker"] = SageMakerHttp(control_plane, authorize_caller)
    router.SERVICE_PATTERNS["sagemaker"] = {"target_prefixes": ["SageMaker."]}
    quotas.install(app, router)
    authentication.install(administrator)
    cloudformation.install()
    cloudwatch.install()
    resources.install(control_plane)
    functions.install(settings.logs)
    rest_api.install()
    api_keys.install()
    events.install()
    state_machines.install(control_plane, settings.endpoint_url)
    return control_plane


def check_version(found: str) -> None:
    """Refuse a ministack that these changes were not written for.

    Raises:
        RuntimeError: names both versions.
    """
    if found != MINISTACK_VERSION:
        raise RuntimeError(
            f"local/emulator changes ministack {MINISTACK_VERSION}, but {found} is installed; "
            "install local/requirements.txt, or review every change against the new version"
        )
