"""The function's way in: the execution's name and input in, the plan out."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from check_input.manifest import resolve, s3_client
from check_input.plan import make_plan
from check_input.quotas import Need, check, needed_by
from check_input.settings import Settings
from protocol.uris import display_name

logger = Logger()


def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Check one execution's input.

    Raises:
        InputError: the state machine sees this name as the error, and its message as the cause.
        InsufficientQuotaError: likewise; the input is right, but the account has no instances.
    """
    content = resolve(event.get("input"), settings().manifest, s3_client)
    plan = make_plan(event["execution"], content, settings()).as_dict()
    needs = needed_by(plan, quota_needs(), engine=settings().engine)
    plan["quotas"] = check(needs, quota_client)
    shown = [display_name(argument) for argument in plan["preprocessing_arguments"]]
    logger.info(
        "planned", execution=event["execution"], plan=plan | {"preprocessing_arguments": shown}
    )
    return plan


@cache
def settings() -> Settings:
    """Read once per process."""
    return Settings.from_environment(os.environ)


@cache
def quota_needs() -> Mapping[str, Need]:
    """What the deployment's instances need of the account's quotas."""
    return Need.parse_all(os.environ.get("QUOTAS", ""))


def quota_client() -> Any:
    """A client of Service Quotas that gives up early: the check is a courtesy."""
    config = Config(
        connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 2, "mode": "standard"}
    )
    return boto3.client("service-quotas", config=config)
