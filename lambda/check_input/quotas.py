"""Whether the account may have the instances that an execution needs, asked before the first job.

Service Quotas is asked by name, because AWS lists no codes. Where it cannot be asked, the execution
goes on: SageMaker refuses a job for want of quota itself, only later.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from protocol.console import console

SERVICE = "sagemaker"
PAGE = 100
"""The most that Service Quotas lists at once; SageMaker has thousands of quotas."""
MAX_SECONDS = 15.0
"""Below the function's own limit, so that a slow listing ends in a note and not in an error."""


class InsufficientQuotaError(ValueError):
    """The account may not have as many instances; the message names the quotas."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """Instances that must be allowed at once."""

    purpose: str
    quota: str
    """The quota's name in Service Quotas."""
    instances: int

    @classmethod
    def parse_all(cls, text: str) -> dict[str, "Need"]:
        """Needs by purpose, out of the function's environment; an empty text means none.

        Raises:
            ValueError: it is not JSON of this shape.
        """
        content = json.loads(text or "{}")
        return {
            purpose: cls(purpose=purpose, quota=str(quota), instances=int(instances))
            for purpose, (quota, instances) in content.items()
        }

    def times(self, number: int) -> "Need":
        """The need of so many at once."""
        return replace(self, instances=self.instances * number)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """What the account has."""

    value: float
    code: str
    partition: str
    region: str

    @property
    def page(self) -> str:
        """Where more is asked for."""
        start = console(self.partition, self.region)
        return f"{start}/servicequotas/home/services/{SERVICE}/quotas/{self.code}"


@cache
def declared_needs() -> Mapping[str, Need]:
    """What the deployment's instances need of the account's quotas."""
    return Need.parse_all(os.environ.get("QUOTAS", ""))


def new_client() -> Any:
    """A client of Service Quotas that gives up early: the check is a courtesy."""
    config = Config(
        connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 2, "mode": "standard"}
    )
    return boto3.client("service-quotas", config=config)


def needed_by(plan: Mapping[str, Any], needs: Mapping[str, Need], *, engine: str) -> list[Need]:
    """The needs of the jobs that this plan runs, and of its promotion."""
    trains, tuning = not plan["pretrained_model"], plan["tuning"]
    wanted = {
        "training": trains and not tuning,
        "tuning": bool(tuning),
        # The built-in engine's models are served without having been verified in a job.
        "processing": trains or engine != "builtin",
        "endpoint": plan["promote"],
    }
    return [
        need.times(tuning["max_parallel_jobs"]) if purpose == "tuning" else need
        for purpose, need in needs.items()
        if wanted.get(purpose, True)
    ]


def needed_by_bulk(plan: Mapping[str, Any], needs: Mapping[str, Need]) -> list[Need]:
    """The needs of a bulk translation with as many shards as the instances that it asks for."""
    return [
        need.times(plan["instances"]) if purpose == "transform" else need
        for purpose, need in needs.items()
    ]


def check(needs: list[Need], client: Callable[[], Any]) -> list[str]:
    """Compare needs with quotas; one note for each, also for those that are not known.

    Raises:
        InsufficientQuotaError: names each quota that is too small, its value and its page.
    """
    if not needs:
        return []
    try:
        found = _find({need.quota for need in needs}, client())
    except (ClientError, BotoCoreError) as error:
        return [f"quotas were not checked: {error}"]
    short = [need for need in needs if need.quota in found and not _fits(need, found[need.quota])]
    if short:
        raise InsufficientQuotaError(
            " ".join(_refusal(need, found[need.quota]) for need in short) + " Nothing was started."
        )
    return [_note(need, found.get(need.quota)) for need in needs]


def _fits(need: Need, quota: Quota) -> bool:
    return need.instances <= quota.value


def _refusal(need: Need, quota: Quota) -> str:
    return (
        f"{need.purpose}: the quota '{need.quota}' is {quota.value:g} in {quota.region}, and "
        f"{need.instances} is needed; ask for more at {quota.page}."
    )


def _note(need: Need, quota: Quota | None) -> str:
    if quota is None:
        return f"{need.quota}: not checked, Service Quotas did not list it in time"
    return f"{need.quota}: {quota.value:g}, needed {need.instances}"


def _find(names: set[str], client: Any) -> dict[str, Quota]:
    """The quotas with these names: the account's own values, then AWS's defaults."""
    found: dict[str, Quota] = {}
    deadline = time.monotonic() + MAX_SECONDS
    for listing in ("list_service_quotas", "list_aws_default_service_quotas"):
        for quota in _listed(client, listing, deadline):
            name = quota["QuotaName"]
            if name in names and name not in found and quota.get("Value") is not None:
                found[name] = _read(quota, client.meta)
            if len(found) == len(names):
                return found
    return found


def _read(quota: Mapping[str, Any], meta: Any) -> Quota:
    return Quota(
        value=quota["Value"],
        code=quota["QuotaCode"],
        partition=meta.partition,
        region=meta.region_name,
    )


def _listed(client: Any, listing: str, deadline: float) -> Iterator[Mapping[str, Any]]:
    pages = client.get_paginator(listing).paginate(
        ServiceCode=SERVICE, PaginationConfig={"PageSize": PAGE}
    )
    for page in pages:
        yield from page["Quotas"]
        if time.monotonic() > deadline:
            return
