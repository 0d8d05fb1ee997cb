"""Temporary credentials of roles, for services that act in a role's name."""

import hashlib
import json
import secrets
import threading
from typing import Any

from local.sagemaker.errors import ValidationError
from local.settings import ACCOUNT

SAGEMAKER = "sagemaker.amazonaws.com"
_sessions: dict[tuple[str, str], dict[str, str]] = {}
_lock = threading.Lock()


def assume(role_arn: str, session_name: str, service: str = SAGEMAKER) -> dict[str, str]:
    """The AWS_* variables of a session of the role; one session for each role and name.

    Raises:
        ValidationError: there is no such role, or it does not trust the service.
    """
    _check_trust(role_arn, service)
    with _lock:
        found = _sessions.get((role_arn, session_name))
        if found is None:
            found = _sessions[role_arn, session_name] = _new_session(role_arn, session_name)
    return dict(found)


def _new_session(role_arn: str, session_name: str) -> dict[str, str]:
    from ministack.services import sts  # noqa: PLC0415 - reads the environment

    role = role_arn.rpartition("/")[2]
    key = f"ASIA{hashlib.sha256(secrets.token_bytes(16)).hexdigest()[:16].upper()}"
    secret, token = secrets.token_urlsafe(30), secrets.token_urlsafe(60)
    session = {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session_name}",
        "UserId": f"{role}:{session_name}",
        "AccountId": ACCOUNT,
        "SecretAccessKey": secret,
        "SessionToken": token,
    }
    sts.register_session(key, session)
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": token,
    }


def _check_trust(role_arn: str, service: str) -> None:
    from ministack.services import iam  # noqa: PLC0415 - reads the environment

    role = iam._roles.get_scoped(ACCOUNT, None, role_arn.rpartition("/")[2])
    if role is None or not _trusts(role.get("AssumeRolePolicyDocument"), service):
        raise ValidationError(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows "
            f"principal '{service}' to assume the role."
        )


def _trusts(document: Any, service: str) -> bool:
    policy = json.loads(document) if isinstance(document, str) else document or {}
    for statement in _listed(policy.get("Statement", [])):
        principal = statement.get("Principal", {})
        named = _listed(principal.get("Service", [])) if isinstance(principal, dict) else [service]
        if statement.get("Effect") == "Allow" and service in named:
            return True
    return False


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
