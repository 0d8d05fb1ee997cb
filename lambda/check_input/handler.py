"""The function's way in: the execution's name and input in, the plan out."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from check_input import quotas
from check_input.manifest import resolve, s3_client
from check_input.plan import make_plan
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
    needs = quotas.needed_by(plan, quotas.declared_needs(), engine=settings().engine)
    plan["quotas"] = quotas.check(needs, quotas.new_client)
    shown = [display_name(argument) for argument in plan["preprocessing_arguments"]]
    logger.info(
        "planned", execution=event["execution"], plan=plan | {"preprocessing_arguments": shown}
    )
    return plan


@cache
def settings() -> Settings:
    """Read once per process."""
    return Settings.from_environment(os.environ)
