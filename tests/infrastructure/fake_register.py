"""A model register and a topic in memory, as the synthesised state machine asks for them."""

from dataclasses import dataclass, field
from typing import Any

from tests.infrastructure.service_models import check_request
from tests.infrastructure.synthesis import ACCOUNT, REGION

PAGE = 3
"""Packages in one answer; fewer than AWS gives, so that some tests need a second page."""


def package_arn(version: int) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/translation/{version}"


@dataclass
class FakeRegister:
    """One group, whose versions are counted from 1."""

    packages: list[dict[str, Any]] = field(default_factory=list)

    def holds(self, *models: str, status: str = "Approved") -> "FakeRegister":
        """As if these models had been registered, the oldest first."""
        for model in models:
            request = {"ModelPackageDescription": model, "ModelApprovalStatus": status}
            self._add(request)
        return self

    def list(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "ListModelPackages", request)
        newest_first = self.packages[::-1]
        start = int(request.get("NextToken", 0))
        keys = ("ModelPackageArn", "ModelPackageDescription", "ModelApprovalStatus")
        page = [{key: one[key] for key in keys} for one in newest_first[start : start + PAGE]]
        more = {"NextToken": str(start + PAGE)} if start + PAGE < len(newest_first) else {}
        return {"ModelPackageSummaryList": page, **more}

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "CreateModelPackage", request)
        known = [one for one in self.packages if one.get("ClientToken") == request["ClientToken"]]
        arn = known[0]["ModelPackageArn"] if known else self._add(request)
        return {"ModelPackageArn": arn}

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        check_request("sagemaker", "UpdateModelPackage", request)
        (found,) = [
            one for one in self.packages if one["ModelPackageArn"] == request["ModelPackageArn"]
        ]
        found.update(request)
        return {"ModelPackageArn": found["ModelPackageArn"]}

    def _add(self, request: dict[str, Any]) -> str:
        arn = package_arn(len(self.packages) + 1)
        self.packages.append({**request, "ModelPackageArn": arn})
        return arn
