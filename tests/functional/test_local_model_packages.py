"""The model register on this machine: groups, versions, approval, and what AWS refuses."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functional.local_machine import LocalMachine, eventually
from tests.functional.test_local_state_machines import Execution

REGISTER = "arn:aws:states:::aws-sdk:sagemaker:createModelPackage"


@pytest.fixture
def group(machine: LocalMachine) -> str:
    name = "models-" + uuid.uuid4().hex[:8]
    machine.client("sagemaker").create_model_package_group(ModelPackageGroupName=name)
    return name


def request(group: str, model: str = "one", **changes: Any) -> dict[str, Any]:
    container = {"Image": "local/serving", "ModelDataUrl": f"s3://models/{model}/model.tar.gz"}
    types = ["application/json"]
    return {
        "ModelPackageGroupName": group,
        "ModelPackageDescription": container["ModelDataUrl"],
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": types,
            "SupportedResponseMIMETypes": types,
        },
        "CustomerMetadataProperties": {"execution": "nightly", "bleu": "31.5"},
        **changes,
    }


def test_versions_are_counted_described_and_listed(machine: LocalMachine, group: str) -> None:
    sagemaker = machine.client("sagemaker")
    arns = [
        sagemaker.create_model_package(**request(group, model))["ModelPackageArn"]
        for model in ("one", "two", "three")
    ]
    assert [arn.partition(":model-package/")[2] for arn in arns] == [
        f"{group}/{version}" for version in (1, 2, 3)
    ]
    described = sagemaker.describe_model_package(ModelPackageName=arns[1])
    (container,) = described["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == "s3://models/two/model.tar.gz"
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["ModelPackageStatus"] == "Completed"
    assert described["CustomerMetadataProperties"]["bleu"] == "31.5"
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, SortOrder="Descending", PaginationConfig={"PageSize": 2}
    )
    versions = [
        [package["ModelPackageVersion"] for package in page["ModelPackageSummaryList"]]
        for page in pages
    ]
    assert versions == [[3, 2], [1]]


def test_approval_is_changed_and_asked_for(machine: LocalMachine, group: str) -> None:
    sagemaker = machine.client("sagemaker")
    arn = sagemaker.create_model_package(**request(group))["ModelPackageArn"]
    sagemaker.create_model_package(**request(group, "two"))
    sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="better by 2"
    )
    described = sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ApprovalDescription"] == "better by 2"
    found = sagemaker.list_model_packages(
        ModelPackageGroupName=group, ModelApprovalStatus="Approved"
    )
    assert [one["ModelPackageArn"] for one in found["ModelPackageSummaryList"]] == [arn]


def test_the_same_token_registers_once(machine: LocalMachine, group: str) -> None:
    sagemaker = machine.client("sagemaker")
    token = uuid.uuid4().hex
    first = sagemaker.create_model_package(**request(group, ClientToken=token))
    again = sagemaker.create_model_package(**request(group, ClientToken=token))
    assert first["ModelPackageArn"] == again["ModelPackageArn"]
    found = sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ModelPackageGroupName": "no-such-group"}, "Could not find model-package-group"),
        ({"ModelApprovalStatus": "Perhaps"}, "enum value set"),
        ({"ClientToken": "under_scores"}, "regular expression pattern"),
        ({"Tags": [{"Key": "a", "Value": "b"}]}, "neither ModelPackageName nor Tags"),
        ({"InferenceSpecification": {}}, "inferenceSpecification.containers"),
        ({"CustomerMetadataProperties": {"a": "b" * 257}}, "less than or equal to 256"),
    ],
)
def test_what_aws_refuses_is_refused(
    machine: LocalMachine, group: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=words):
        machine.client("sagemaker").create_model_package(**request(group, **changes))


def test_a_group_is_deleted_only_when_it_is_empty(machine: LocalMachine, group: str) -> None:
    sagemaker = machine.client("sagemaker")
    arn = sagemaker.create_model_package(**request(group))["ModelPackageArn"]
    with pytest.raises(ClientError, match="still has 1 model packages") as refused:
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    assert refused.value.response["Error"]["Code"] == "ConflictException"
    sagemaker.delete_model_package(ModelPackageName=arn)
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert group not in {one["ModelPackageGroupName"] for one in groups}


def test_a_stack_owns_a_group_and_keeps_one_that_is_not_empty(machine: LocalMachine) -> None:
    name = "models-" + uuid.uuid4().hex[:8]
    stacks, sagemaker = machine.client("cloudformation"), machine.client("sagemaker")
    properties = {"ModelPackageGroupName": name, "ModelPackageGroupDescription": "the register"}
    resource = {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": properties}
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Group": resource}}))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    arn = sagemaker.create_model_package(**request(name))["ModelPackageArn"]
    stacks.delete_stack(StackName=name)

    def status() -> str:
        found = stacks.describe_stacks(StackName=stack_id)["Stacks"]
        return str(found[0]["StackStatus"])

    stack_id = stacks.list_stacks()["StackSummaries"]
    stack_id = next(one["StackId"] for one in stack_id if one["StackName"] == name)
    eventually(lambda: status() == "DELETE_FAILED" or None)
    sagemaker.delete_model_package(ModelPackageName=arn)
    stacks.delete_stack(StackName=name)
    eventually(lambda: status() == "DELETE_COMPLETE" or None)


def test_the_machines_role_must_allow_the_group_and_its_versions(
    machine: LocalMachine, group: str
) -> None:
    task = {"Resource": REGISTER, "Arguments": request(group, ModelApprovalStatus="Approved")}
    start = "arn:aws:sagemaker:us-east-1:000000000000"
    resources = [f"{start}:model-package-group/{group}", f"{start}:model-package/{group}/*"]
    for allowed in (resources[:1], resources[1:]):
        statement = {
            "Effect": "Allow",
            "Action": "sagemaker:CreateModelPackage",
            "Resource": allowed,
        }
        ended = Execution(machine, task, statements=[statement]).ended()
        assert ended["error"] == "SageMaker.SageMakerException"
        assert "not authorized to perform: sagemaker:CreateModelPackage" in ended["cause"]
    statement["Resource"] = resources
    ended = Execution(machine, task, statements=[statement]).ended()
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["ModelPackageArn"].endswith(f":model-package/{group}/1")
