"""The model register as the owner reads it: which model came when, how good it is, which serves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError as AwsError

from client.failures import ClientError

APPROVED = "Approved"


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """One version in the register, by what a list of packages says."""

    version: int
    arn: str
    created: datetime
    status: str
    model_data: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Details:
    """What only a description of a package says; empty where it was not known."""

    execution: str
    bleu: str
    chrf: str
    reason: str


class Register:
    """The packages of one service."""

    def __init__(self, sagemaker: Any, ssm: Any, name: str) -> None:
        self._sagemaker = sagemaker
        self._ssm = ssm
        self._name = name

    def packages(self) -> Iterator[Package]:
        """Every version, the newest first; asked for by pages."""
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self._name, SortBy="CreationTime", SortOrder="Descending"
        )
        for page in self._explained(pages):
            for summary in page["ModelPackageSummaryList"]:
                yield Package(
                    version=int(summary["ModelPackageVersion"]),
                    arn=str(summary["ModelPackageArn"]),
                    created=summary["CreationTime"],
                    status=str(summary.get("ModelApprovalStatus", "")),
                    # The state machine keeps the model's address here, to find it again.
                    model_data=str(summary.get("ModelPackageDescription", "")),
                )

    def details(self, package: Package) -> Details:
        """Scores, execution and reason of one package."""
        found = self._sagemaker.describe_model_package(ModelPackageName=package.arn)
        known = found.get("CustomerMetadataProperties", {})
        return Details(
            execution=str(known.get("execution", "")),
            bleu=str(known.get("bleu", "")),
            chrf=str(known.get("chrf", "")),
            reason=str(found.get("ApprovalDescription", "")),
        )

    def served_model(self) -> str:
        """The URI of the model that is being served; empty when there is none."""
        return str(self._served().get("model_data", ""))

    def target_language(self) -> str:
        """What the model that is being served translates into.

        Raises:
            ClientError: there is none.
        """
        served = self._served()
        if not served:
            raise ClientError("no model is served yet, so there is nothing to translate with")
        return str(served["target_language"])

    def version(self, number: int) -> Package:
        """A package by its number.

        Raises:
            ClientError: there is none.
        """
        packages = list(self.packages())
        for package in packages:
            if package.version == number:
                return package
        raise ClientError(f"there is no version {number} in the register; {_known(packages)}")

    def earlier(self) -> Package:
        """The last approved package before the one that is being served.

        Raises:
            ClientError: nothing is served, or not from the register, or nothing comes before it.
        """
        served = self.served_model()
        if not served:
            raise ClientError("no model is served, so there is none to go back from")
        packages = list(self.packages())
        found = [package for package in packages if package.model_data == served]
        if not found:
            raise ClientError(
                f"the model that is served, {served}, is not in the register, so name the version "
                f"to go back to; {_known(packages)}"
            )
        for package in packages:
            if package.version < found[0].version and package.status == APPROVED:
                return package
        raise ClientError(
            f"no approved version comes before version {found[0].version}, which is served; "
            f"{_known(packages)}"
        )

    def _served(self) -> dict[str, Any]:
        """The record that a promotion writes; empty when there was none."""
        try:
            found = self._ssm.get_parameter(Name=f"/{self._name}/model")
        except AwsError as error:
            if error.response.get("Error", {}).get("Code") == "ParameterNotFound":
                return {}
            raise
        return dict(json.loads(found["Parameter"]["Value"]))

    def _explained(self, pages: Any) -> Iterator[Any]:
        try:
            yield from pages
        except AwsError as error:
            words = str(error)
            if "does not exist" not in words and "Could not find" not in words:
                raise
            raise ClientError(
                f"there is no model register {self._name}: deploy the service, or name it with "
                "--name"
            ) from error


def _known(packages: list[Package]) -> str:
    if not packages:
        return "it is empty"
    versions = ", ".join(f"{one.version} ({one.status})" for one in packages[:10])
    return f"its newest versions: {versions}"
