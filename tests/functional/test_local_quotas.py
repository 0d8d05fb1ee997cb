"""Service Quotas on this machine, and the check of an execution against it."""

import uuid
from typing import Any

import pytest

from check_input import quotas
from check_input.quotas import InsufficientQuotaError, Need
from tests.functional.local_machine import LocalMachine, policy

SPOT = "ml.g5.xlarge for spot training job usage"
LIST = {"Effect": "Allow", "Action": "servicequotas:ListServiceQuotas", "Resource": "*"}


def need(quota: str, instances: int) -> Need:
    return Need(purpose="training", quota=quota, instances=instances)


@pytest.mark.parametrize(
    "quota",
    [
        SPOT,
        "ml.g4dn.xlarge for training job usage",
        "ml.m5.xlarge for processing job usage",
        "ml.c6i.xlarge for endpoint usage",
        "ml.c6i.xlarge for transform job usage",
    ],
)
def test_every_use_of_an_instance_type_has_its_quota(machine: LocalMachine, quota: str) -> None:
    notes = quotas.check([need(quota, 20)], lambda: machine.client("service-quotas"))
    assert notes == [f"{quota}: 20, needed 20"]


def test_more_than_the_quota_is_refused_by_its_name(machine: LocalMachine) -> None:
    with pytest.raises(InsufficientQuotaError, match=f"'{SPOT}' is 20 in us-east-1, and 21 is"):
        quotas.check([need(SPOT, 21)], lambda: machine.client("service-quotas"))


def credentials_of(machine: LocalMachine, statement: dict[str, Any]) -> dict[str, str]:
    iam, name = machine.client("iam"), "user-" + uuid.uuid4().hex[:8]
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy([statement]))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


def test_a_caller_without_the_permission_gets_a_note(machine: LocalMachine) -> None:
    allowed = machine.client("service-quotas", **credentials_of(machine, LIST))
    assert quotas.check([need(SPOT, 1)], lambda: allowed) == [f"{SPOT}: 20, needed 1"]
    other = LIST | {"Action": "s3:GetObject"}
    denied = machine.client("service-quotas", **credentials_of(machine, other))
    (note,) = quotas.check([need(SPOT, 1)], lambda: denied)
    assert note.startswith("quotas were not checked: ")
    assert "servicequotas:ListServiceQuotas" in note
