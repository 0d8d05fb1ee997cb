"""The administrator's access key, made at the first start and kept for this machine only."""

import json
import os
import secrets
import string
from dataclasses import asdict, dataclass
from pathlib import Path

_KEY_ALPHABET = string.ascii_uppercase + "234567"


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessKey:
    """An AWS access key."""

    access_key_id: str
    secret_access_key: str

    def environment(self, region: str) -> dict[str, str]:
        """The variables that the AWS SDKs read."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
        }


def administrator_key(path: Path) -> AccessKey:
    """Read the key, or make one that only this user can read.

    Raises:
        ValueError: the file is there but does not hold a key.
    """
    if path.exists():
        return _read(path)
    key = AccessKey(
        access_key_id="AKIA" + "".join(secrets.choice(_KEY_ALPHABET) for _ in range(16)),
        secret_access_key=secrets.token_urlsafe(30),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as content:
        json.dump(asdict(key), content)
    partial.replace(path)
    return key


def _read(path: Path) -> AccessKey:
    try:
        return AccessKey(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{path} does not hold an access key ({error}); remove it and start again"
        ) from error
