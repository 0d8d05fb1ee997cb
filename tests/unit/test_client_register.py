import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError as AwsError

from client.failures import ClientError
from client.model_table import as_json, table
from client.register import Details, Package, Register


def model(version: int) -> str:
    return f"s3://own/executions/e{version}/model.tar.gz"


class FakeAws:
    """SageMaker and SSM in one: versions with their status, oldest first, two on a page."""

    def __init__(self, *statuses: str, served: str = "") -> None:
        self.statuses = statuses
        self.served = served
        self.missing = False
        self.num_pages = 0

    def get_paginator(self, name: str) -> "FakeAws":
        assert name == "list_model_packages"
        return self

    def paginate(self, **request: str) -> Iterator[dict[str, Any]]:
        assert request["ModelPackageGroupName"] == "translation"
        if self.missing:
            message = 'Could not find model-package-group "arn"'
            raise AwsError({"Error": {"Code": "ValidationException", "Message": message}}, "List")
        numbered = list(enumerate(self.statuses, start=1))[::-1]
        for start in range(0, len(numbered), 2):
            self.num_pages += 1
            yield {"ModelPackageSummaryList": [self._summary(*one) for one in numbered[start:][:2]]}

    def describe_model_package(self, **request: str) -> dict[str, Any]:
        version = request["ModelPackageName"].rpartition("/")[2]
        return {
            "CustomerMetadataProperties": {"execution": f"e{version}", "bleu": f"3{version}.50"},
            "ApprovalDescription": "better by 0.4 BLEU",
        }

    def get_parameter(self, **request: str) -> dict[str, Any]:
        assert request == {"Name": "/translation/model"}
        if not self.served:
            raise AwsError({"Error": {"Code": "ParameterNotFound"}}, "GetParameter")
        return {"Parameter": {"Value": f'{{"model_data": "{self.served}", "engine": "pytorch"}}'}}

    def _summary(self, version: int, status: str) -> dict[str, Any]:
        return {
            "ModelPackageVersion": version,
            "ModelPackageArn": f"arn:aws:sagemaker:r:1:model-package/translation/{version}",
            "CreationTime": datetime(2026, 11, version, 3, 5, tzinfo=UTC),
            "ModelApprovalStatus": status,
            "ModelPackageDescription": model(version),
        }


def register(aws: FakeAws) -> Register:
    return Register(aws, aws, "translation")


A, R, P = "Approved", "Rejected", "PendingManualApproval"


def test_packages_come_newest_first_and_no_page_is_asked_for_in_vain() -> None:
    aws = FakeAws(A, R, A, P, A)
    packages = register(aws).packages()
    assert next(packages).version == 5
    assert aws.num_pages == 1
    assert [package.version for package in packages] == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("statuses", "served", "earlier"),
    [
        ((A, A, A), 3, 2),
        ((A, R, P, A), 4, 1),
        # After going back from 3 to 2, the next step is 1, not 3 again.
        ((A, A, A), 2, 1),
        ((A, A, P), 3, 2),
    ],
)
def test_going_back_means_the_last_approved_one_before_the_one_that_serves(
    statuses: tuple[str, ...], served: int, earlier: int
) -> None:
    found = register(FakeAws(*statuses, served=model(served))).earlier()
    assert (found.version, found.model_data) == (earlier, model(earlier))


@pytest.mark.parametrize(
    ("aws", "words"),
    [
        (FakeAws(A, A), "no model is served"),
        (FakeAws(A, A, served=model(1)), "no approved version comes before version 1"),
        (FakeAws(R, P, A, served=model(3)), r"1 \(Rejected\)"),
        (FakeAws(A, served="s3://own/models/x.tar.gz"), "x.tar.gz, is not in the register"),
        (FakeAws(served="s3://own/models/x.tar.gz"), "it is empty"),
    ],
)
def test_without_one_to_go_back_to_it_says_what_there_is(aws: FakeAws, words: str) -> None:
    with pytest.raises(ClientError, match=words):
        register(aws).earlier()


def test_any_version_can_be_named() -> None:
    assert register(FakeAws(A, R, A)).version(2).status == R
    with pytest.raises(ClientError, match=r"no version 9 in the register; its newest versions: 3"):
        register(FakeAws(A, R, A)).version(9)


def test_a_register_that_is_not_there_is_named() -> None:
    aws = FakeAws()
    aws.missing = True
    with pytest.raises(ClientError, match="no model register translation: deploy the service"):
        list(register(aws).packages())


def row(version: int, status: str, **known: str) -> tuple[Package, Details]:
    package = Package(
        version=version,
        arn=f"arn:{version}",
        created=datetime(2026, 11, version, 3, 5, tzinfo=UTC),
        status=status,
        model_data=model(version),
    )
    empty = {"execution": "", "bleu": "", "chrf": "", "reason": ""}
    return package, Details(**{**empty, **known})


ROWS = [
    row(12, "Approved", execution="nightly-12", bleu="31.50", chrf="58.20", reason="better"),
    row(3, "PendingManualApproval", execution="by-hand"),
]


def test_the_table_shows_dates_scores_and_what_is_served() -> None:
    assert table(ROWS, model(12)).splitlines() == [
        "VERSION  DATE              STATUS                 BLEU   chrF   SERVED  EXECUTION",
        "12       2026-11-12 03:05  Approved               31.50  58.20  yes     nightly-12",
        "3        2026-11-03 03:05  PendingManualApproval  -      -              by-hand",
    ]


def test_programs_get_everything_as_json() -> None:
    first, second = json.loads(as_json(ROWS, model(12)))
    assert first == {
        "version": 12,
        "created": "2026-11-12T03:05:00+00:00",
        "status": "Approved",
        "reason": "better",
        "bleu": 31.5,
        "chrf": 58.2,
        "served": True,
        "execution": "nightly-12",
        "model_data": model(12),
        "arn": "arn:12",
    }
    assert (second["bleu"], second["served"]) == (None, False)
