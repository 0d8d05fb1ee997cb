"""The way in for bulk translations: the execution's name and input in, the plan out."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from check_input import quotas
from check_input.bulk_plan import BulkSettings, make_bulk_plan

logger = Logger()


def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Check one execution's input.

    Raises:
        InputError: the state machine sees this name as the error, and its message as the cause.
        InsufficientQuotaError: likewise; the input is right, but the account has no instances.
    """
    plan = make_bulk_plan(event["execution"], event.get("input"), settings())
    needs = quotas.needed_by_bulk(plan, quotas.declared_needs())
    plan["quotas"] = quotas.check(needs, quotas.new_client)
    logger.info("planned", execution=event["execution"], plan=plan)
    return plan


@cache
def settings() -> BulkSettings:
    """Read once per process."""
    return BulkSettings.from_environment(os.environ)
