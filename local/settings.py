"""Where AWS on this machine listens and keeps its files; read from the command line once."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_PORT = 4566
ACCOUNT = "000000000000"
REGION = "us-east-1"
HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalSettings:
    """The few things that differ between two local services on one machine."""

    port: int = DEFAULT_PORT
    state_folder: Path = REPOSITORY / ".local"
    code_folder: Path = REPOSITORY
    """Where `training`, `serving` and `preprocessing` are imported from."""
    name: str = "translation"
    """The service's name, which its stacks are named after."""

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise ValueError(f"PORT must be a number from 1 to 65535, not {self.port}")

    @property
    def endpoint_url(self) -> str:
        """Where every AWS service of this machine answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def logs(self) -> Path:
        """The folder of all logs."""
        return self.state_folder / "logs"

    @property
    def server_log(self) -> Path:
        """What AWS on this machine writes itself."""
        return self.logs / "aws.log"

    @property
    def pid_file(self) -> Path:
        """Holds the server's process id and port while it runs."""
        return self.state_folder / "server.json"

    @property
    def credentials_file(self) -> Path:
        """Holds the administrator's access key."""
        return self.state_folder / "credentials.json"

    @classmethod
    def of(
        cls, arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ
    ) -> "LocalSettings":
        """Settings from command line options, then the environment, then the defaults.

        Raises:
            ValueError: a port that is none.
        """
        port = arguments.port if arguments.port is not None else environ.get("PORT") or DEFAULT_PORT
        state = arguments.state or environ.get("LOCAL_STATE") or REPOSITORY / ".local"
        code = arguments.code or REPOSITORY
        return cls(
            port=_port(port),
            state_folder=Path(state).resolve(),
            code_folder=Path(code).resolve(),
            name=arguments.name,
        )


def _port(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ValueError(f"PORT must be a number from 1 to 65535, not {value!r}") from None
