"""The server process: ministack with this project's changes, until it is told to end."""

import asyncio
import json
import os
import shutil
import signal
import socket
import tempfile

from local.credentials import administrator_key
from local.server_process import take_lock
from local.settings import ACCOUNT, HOST, REGION, LocalSettings

_STRANGE = ("AWS_", "MINISTACK_", "LOCALSTACK_", "LAMBDA_")
_KEEP_ALIVE_SECONDS = 75


class PortInUseError(ValueError):
    """Someone else listens where AWS on this machine should."""


def serve(settings: LocalSettings) -> None:
    """Serve until SIGTERM or SIGINT, then end every child.

    Raises:
        PortInUseError: something listens on the port already.
        ServerError: a server of this state folder runs already.
    """
    with take_lock(settings, patience_seconds=1.0) as lock:
        # Only the end of the process frees this descriptor, and with it the lock: who finds it
        # free knows that the process is gone.
        os.dup(lock.fileno())
    check_port(settings)
    _prepare(settings)
    # Imports of ministack read the environment, which is complete only now.
    from local.emulator.install import install  # noqa: PLC0415

    control_plane = install(settings, administrator_key(settings.credentials_file))
    try:
        asyncio.run(_serve(settings))
    finally:
        control_plane.shut_down()
        _end_functions()
        settings.pid_file.unlink(missing_ok=True)


def check_port(settings: LocalSettings) -> None:
    """Refuse a port on which something listens.

    Raises:
        PortInUseError: names the port and how to take another.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, settings.port))
        except OSError as error:
            raise PortInUseError(
                f"port {settings.port} is in use by another program ({error.strerror}); "
                f"stop it, or take another port: make up PORT={settings.port + 1}"
            ) from error


def _prepare(settings: LocalSettings) -> None:
    folder = settings.state_folder
    for name in ("sagemaker", "tmp"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
    settings.logs.mkdir(parents=True, exist_ok=True)
    for name in [name for name in os.environ if name.startswith(_STRANGE)]:
        del os.environ[name]
    os.environ.update(_environment(settings))
    # Functions are unpacked here, so that nothing stays behind elsewhere.
    tempfile.tempdir = str(folder / "tmp")


def _environment(settings: LocalSettings) -> dict[str, str]:
    """What ministack reads, and what functions inherit: no credentials among it."""
    proxies = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
    direct = ",".join(filter(None, (proxies, HOST, "localhost")))
    return {
        "AUTH": "true",
        "GATEWAY_PORT": str(settings.port),
        "BIND_HOST": HOST,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "TMPDIR": str(settings.state_folder / "tmp"),
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


async def _serve(settings: LocalSettings) -> None:
    from hypercorn.asyncio import serve as hypercorn_serve  # noqa: PLC0415 - patched by ministack
    from hypercorn.config import Config  # noqa: PLC0415
    from ministack import app  # noqa: PLC0415

    config = Config()
    config.bind = [f"{HOST}:{settings.port}"]
    config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
    config.graceful_timeout = 3.0
    config.loglevel = "WARNING"
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    _write_pid_file(settings)
    await hypercorn_serve(app.app, config, shutdown_trigger=end.wait)


def _write_pid_file(settings: LocalSettings) -> None:
    partial = settings.pid_file.with_name(settings.pid_file.name + ".partial")
    partial.write_text(json.dumps({"pid": os.getpid(), "port": settings.port}), encoding="utf-8")
    partial.replace(settings.pid_file)


def _end_functions() -> None:
    from ministack.core import lambda_runtime  # noqa: PLC0415 - environment

    lambda_runtime.reset()
