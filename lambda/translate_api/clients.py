"""AWS clients with time limits that leave the caller an answer before Lambda ends the function."""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

import botocore.session
from botocore.config import Config

CONNECT_SECONDS = 1
ANSWER_SECONDS = (25.5, 19.0, 11.0)
"""How long the endpoint may take: the first of these for which there is time.

The serving process gives up after 25 seconds, which leaves its answer the time to arrive. Less is
left after a large body, or a slow look-up of what is served.
"""
# A second attempt after a timeout would come too late, so the caller is told to try again.
_INVOKE = Config(
    connect_timeout=CONNECT_SECONDS,
    retries={"total_max_attempts": 1},
    tcp_keepalive=True,
    parameter_validation=False,
)
_LOOK_UP = Config(
    connect_timeout=CONNECT_SECONDS,
    read_timeout=4,
    retries={"total_max_attempts": 2, "mode": "standard"},
    tcp_keepalive=True,
)


class AwsClients(Protocol):
    """What the function calls."""

    def runtime(self, answer_seconds: float) -> Any: ...
    @property
    def ssm(self) -> Any: ...
    @property
    def s3(self) -> Any: ...


class Clients:
    """One set serves every request of a process; each client is made when it is first needed.

    A translation needs one of them, and S3's alone would make a cold start a third longer.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._session = botocore.session.get_session()
        self._runtimes: dict[float, Any] = {}

    def runtime(self, answer_seconds: float) -> Any:
        """The client that waits so long for the endpoint's answer."""
        if answer_seconds not in self._runtimes:
            config = _INVOKE.merge(Config(read_timeout=answer_seconds))
            client = self._session.create_client("sagemaker-runtime", config=config)
            self._runtimes[answer_seconds] = client
        return self._runtimes[answer_seconds]

    @cached_property
    def ssm(self) -> Any:
        return self._session.create_client("ssm", config=_LOOK_UP)

    @cached_property
    def s3(self) -> Any:
        config = _LOOK_UP.merge(_s3_addresses(self._environ))
        return self._session.create_client("s3", config=config)


def _s3_addresses(environ: Mapping[str, str]) -> Config:
    """Signed addresses must hold in every region, where a bucket's older ones redirect or fail.

    Only with virtual addresses does botocore sign for the host of the region, and an endpoint of
    one's own has no host name for each bucket.
    """
    own = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    style = "path" if own else "virtual"
    return Config(signature_version="s3v4", s3={"addressing_style": style})
