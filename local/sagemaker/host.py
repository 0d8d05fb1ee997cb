"""The machine that jobs and endpoints run on: folders, environments, roles."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.sagemaker.errors import ValidationError

OPT_ML = "/opt/ml"
SESSION = "SageMaker"
"""The session name under which SageMaker acts in a role's name."""
IMAGES = ("local/training", "local/serving")
_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)

Session = Callable[[str, str], dict[str, str]]
"""Role ARN and session name to the AWS_* variables of the role's temporary credentials."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """What a job needs to know of its surroundings."""

    endpoint_url: str
    region: str
    account: str
    state_folder: Path
    code_folder: Path
    assume: Session

    def arn(self, kind: str, name: str) -> str:
        """A resource's ARN; SageMaker writes the names of all but jobs in lower case."""
        shown = name if kind.endswith("-job") else name.lower()
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{shown}"

    def fresh_folder(self, kind: str, name: str) -> Path:
        """An empty folder that plays /opt/ml for one container."""
        folder = self.state_folder / "sagemaker" / kind / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def log_file(self, kind: str, name: str) -> Path:
        """Where the output of a container goes, below that of an earlier one of this name."""
        log = self.state_folder / "logs" / kind / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        started = datetime.now(UTC).isoformat(timespec="seconds")
        with log.open("a", encoding="utf-8") as content:
            content.write(f"{name} starts at {started}\n")
        return log

    def environment(self, root: Path, *, role: str, own: Mapping[str, str]) -> dict[str, str]:
        """A container's variables: the request's own, the role's credentials and little else.

        Without a role the container is isolated from the network and gets no credentials.
        """
        passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return {
            **passed,
            **own,
            **(self._credentials(role) if role else {}),
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            # Jobs and the endpoint share this machine's cores. Threads that wait by spinning would
            # keep the others from work: two trainings side by side ran at a fifth of their speed.
            "OMP_WAIT_POLICY": "passive",
            "PYTHONPATH": str(self.code_folder),
            "PYTHONUNBUFFERED": "1",
            "SAGEMAKER_ROOT": str(root),
        }

    def _credentials(self, role: str) -> dict[str, str]:
        return {**self.assume(role, SESSION), "AWS_ENDPOINT_URL": self.endpoint_url}

    def s3(self, role: str) -> Any:
        """An S3 client with the permissions of the role, as SageMaker moves data."""
        credentials = self.assume(role, SESSION)
        # The default session of boto3 is not meant for several threads.
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials["AWS_SESSION_TOKEN"],
            config=Config(proxies={}, retries={"max_attempts": 3, "mode": "standard"}),
        )


def container_path(root: Path, path: str) -> Path:
    """The place of a container's /opt/ml path under its private root.

    Raises:
        ValidationError: the path lies elsewhere.
    """
    normal = Path(os.path.normpath(path))
    if not normal.is_relative_to(OPT_ML):
        raise ValidationError(f"{path} does not lie under {OPT_ML}")
    return root / normal.relative_to(OPT_ML)


def command(entrypoint: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """A container's command as this machine runs it: its Python is this Python."""
    words = [*entrypoint, *arguments]
    return [sys.executable, *words[1:]] if words[0] in ("python", "python3") else words


def check_image(image: str) -> None:
    """Refuse images that are not this repository's own.

    Raises:
        ValidationError: no process of this machine can stand for the image.
    """
    name = image.rpartition("@")[0] or image
    if not name.rpartition(":")[0].endswith(IMAGES) and not name.endswith(IMAGES):
        raise ValidationError(
            f"the image {image!r} cannot run on this machine, which has no containers; "
            f"here {' and '.join(IMAGES)} stand for this repository's code"
        )
