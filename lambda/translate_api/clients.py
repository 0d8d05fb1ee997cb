"""AWS clients with time limits that leave the caller an answer within API Gateway's 29 seconds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.config import Config

# A second attempt after a 25 s timeout would come too late, so the caller is told to try again.
_INVOKE = Config(
    connect_timeout=2, read_timeout=25, retries={"total_max_attempts": 1}, tcp_keepalive=True
)
_LOOK_UP = Config(
    connect_timeout=1,
    read_timeout=4,
    retries={"total_max_attempts": 2, "mode": "standard"},
    tcp_keepalive=True,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Clients:
    """What the function calls; one set serves every request of a process."""

    runtime: Any
    ssm: Any
    s3: Any

    @classmethod
    def create(cls, environ: Mapping[str, str] = os.environ) -> "Clients":
        session = botocore.session.get_session()
        return cls(
            runtime=session.create_client("sagemaker-runtime", config=_INVOKE),
            ssm=session.create_client("ssm", config=_LOOK_UP),
            s3=session.create_client("s3", config=_LOOK_UP.merge(_s3_addresses(environ))),
        )


def _s3_addresses(environ: Mapping[str, str]) -> Config:
    """Signed addresses must hold in every region, where a bucket's older ones redirect or fail.

    Only with virtual addresses does botocore sign for the host of the region, and an endpoint of
    one's own has no host name for each bucket.
    """
    own = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    style = "path" if own else "virtual"
    return Config(signature_version="s3v4", s3={"addressing_style": style})
