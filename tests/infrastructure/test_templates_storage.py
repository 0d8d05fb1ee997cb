from typing import Any

import pytest

from protocol.bulk import WORK_FOLDER
from tests.infrastructure.synthesis import Synthesis


def rules(synthesis: Synthesis, name: str) -> list[dict[str, Any]]:
    buckets = synthesis.resources("Storage", "AWS::S3::Bucket")
    (bucket,) = (bucket for key, bucket in buckets.items() if key.startswith(name))
    return list(bucket["Properties"]["LifecycleConfiguration"]["Rules"])


def test_buckets_are_private_encrypted_and_versioned(pytorch: Synthesis) -> None:
    buckets = pytorch.resources("Storage", "AWS::S3::Bucket")
    assert len(buckets) == 2
    for bucket in buckets.values():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert "BucketEncryption" in properties
        assert bucket["DeletionPolicy"] == "Retain"


def test_requests_without_tls_are_refused(pytorch: Synthesis) -> None:
    policies = pytorch.resources("Storage", "AWS::S3::BucketPolicy")
    for policy in policies.values():
        conditions = [
            statement["Condition"]
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
        ]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions


def test_no_rule_can_ever_expire_a_served_model(pytorch: Synthesis) -> None:
    for rule in rules(pytorch, "Bucket"):
        if rule.get("Prefix") == WORK_FOLDER:
            continue  # where only the bulk translation's shards lie
        allowed = {
            "Id",
            "Status",
            "NoncurrentVersionExpiration",
            "AbortIncompleteMultipartUpload",
        }
        assert rule.keys() <= allowed


def test_old_versions_and_broken_uploads_do_not_pile_up(pytorch: Synthesis) -> None:
    found = rules(pytorch, "Bucket")
    assert {"NoncurrentDays": 30} in [rule.get("NoncurrentVersionExpiration") for rule in found]
    assert any("AbortIncompleteMultipartUpload" in rule for rule in found)


def test_what_bulk_translations_leave_expires(pytorch: Synthesis) -> None:
    (rule,) = [rule for rule in rules(pytorch, "Bucket") if "Prefix" in rule]
    assert (rule["Prefix"], rule["ExpirationInDays"]) == ("bulk-work/", 30)


def test_access_is_logged_and_the_log_expires(pytorch: Synthesis) -> None:
    buckets = pytorch.resources("Storage", "AWS::S3::Bucket")
    (data,) = (bucket for name, bucket in buckets.items() if name.startswith("Bucket"))
    (log,) = (name for name in buckets if name.startswith("AccessLog"))
    assert data["Properties"]["LoggingConfiguration"] == {"DestinationBucketName": {"Ref": log}}
    assert [rule["ExpirationInDays"] for rule in rules(pytorch, "AccessLog")] == [90]


def test_on_one_machine_everything_can_be_deleted_and_needs_no_tls(local: Synthesis) -> None:
    for bucket in local.resources("Storage", "AWS::S3::Bucket").values():
        assert bucket["DeletionPolicy"] == "Delete"
    for policy in local.resources("Storage", "AWS::S3::BucketPolicy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"


@pytest.mark.parametrize("synthesis", ["pytorch", "local"])
def test_the_bucket_is_named_by_an_output(synthesis: str, request: pytest.FixtureRequest) -> None:
    outputs = request.getfixturevalue(synthesis).template("Storage")["Outputs"]
    assert list(outputs) == ["BucketName", "AccessLogBucketName", "BucketRemoval"]
    assert outputs["BucketRemoval"]["Value"] == ("delete" if synthesis == "local" else "retain")


def test_kept_buckets_have_nothing_that_could_empty_them(pytorch: Synthesis) -> None:
    assert not pytorch.resources("Storage", "AWS::CloudFormation::CustomResource")
    assert not pytorch.statements("Storage")


@pytest.mark.parametrize("synthesis", ["serverless", "local"])
def test_buckets_that_go_are_emptied_first(synthesis: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(synthesis)
    buckets = found.resources("Storage", "AWS::S3::Bucket")
    assert {bucket["DeletionPolicy"] for bucket in buckets.values()} == {"Delete"}
    resource = found.one("Storage", "AWS::CloudFormation::CustomResource")
    assert resource["Properties"]["Buckets"] == [{"Ref": name} for name in named(buckets)]
    # CloudFormation deletes in the order of dependencies turned round.
    assert set(buckets) <= set(resource["DependsOn"])
    allowed = {action for one in found.statements("Storage") for action in as_list(one["Action"])}
    assert allowed == {
        "cloudformation:DescribeStacks",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:ListBucketMultipartUploads",
        "s3:ListBucketVersions",
    }


def named(buckets: dict[str, Any]) -> list[str]:
    """The data bucket before the bucket of its access log."""
    return sorted(buckets, key=lambda name: name.startswith("AccessLog"))


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
