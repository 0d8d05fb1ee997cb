"""Events that start executions: with the permission of the rule's role, as on AWS."""

import logging
from typing import Any

from local.emulator.authorization import authorize
from local.emulator.roles import assume
from local.sagemaker.errors import SageMakerError
from local.sagemaker.permissions import Need

EVENTS = "events.amazonaws.com"
logger = logging.getLogger(__name__)


def install() -> None:
    """Change ministack's EventBridge."""
    from ministack.services import eventbridge  # noqa: PLC0415 - environment

    # ministack starts state machines whatever the role of the rule's target may do.
    invoke = eventbridge._invoke_target

    def invoke_target(target: dict[str, Any], event: Any, rule: Any, view: Any = None) -> None:
        arn = str(target.get("Arn", ""))
        if ":states:" in arn and not _may_start(str(target.get("RoleArn", "")), arn):
            return
        invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_target


def _may_start(role_arn: str, state_machine: str) -> bool:
    try:
        session = assume(role_arn, "EventBridge", EVENTS)
        need = Need(action="states:StartExecution", resource=state_machine)
        authorize(session["AWS_ACCESS_KEY_ID"], need)
    except SageMakerError as error:
        # On AWS a failed invocation shows in a metric only.
        logger.warning("EventBridge does not start %s: %s", state_machine, error.message)
        return False
    return True
