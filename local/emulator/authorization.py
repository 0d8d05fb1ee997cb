"""Whether a principal may do something, decided by ministack's own policy evaluator."""

from collections.abc import Mapping

from local.sagemaker.errors import AccessDeniedError
from local.sagemaker.permissions import Need
from local.settings import REGION


def authorize_caller(headers: Mapping[str, str], need: Need) -> None:
    """Check the signer of a request, whose signature ministack has verified by now.

    Raises:
        AccessDeniedError: in AWS's words.
    """
    from ministack.core.router import extract_access_key_id  # noqa: PLC0415 - environment

    authorize(extract_access_key_id(dict(headers)), need)


def authorize(access_key_id: str, need: Need) -> None:
    """Check the owner of an access key.

    Raises:
        AccessDeniedError: in AWS's words.
    """
    from ministack.core import iam_evaluator  # noqa: PLC0415 - environment

    service = need.action.partition(":")[0]
    denied = iam_evaluator.enforce(
        access_key_id,
        need.action,
        service,
        REGION,
        resource_arn=need.resource,
        service_context=dict(need.context),
    )
    if denied is None:
        return
    if isinstance(denied, iam_evaluator.AuthError):
        raise AccessDeniedError(denied.message)
    reason = (
        "with an explicit deny in an identity-based policy"
        if denied.decision == "Deny"
        else f"because no identity-based policy allows the {need.action} action"
    )
    raise AccessDeniedError(
        f"User: {denied.principal_arn} is not authorized to perform: {need.action} "
        f"on resource: {need.resource} {reason}"
    )
