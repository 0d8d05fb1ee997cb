"""The model register: versions of model packages in groups, and their approval."""

import threading
import time
from collections.abc import Sequence
from typing import Any

from local.sagemaker.errors import ConflictError, ValidationError
from local.sagemaker.host import Host, check_image
from local.sagemaker.named_resources import NamedResources
from local.sagemaker.permissions import package_name
from local.sagemaker.storage import parse_uri
from local.sagemaker.tag_operations import Operations, Request

DEFAULT_PAGE = 100
_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
)
_CHANGEABLE = ("ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties")
_NOT_HERE = ("NameContains", "CreationTimeAfter", "CreationTimeBefore")


class ModelPackages:
    """All versions of all groups; the number of a deleted version is not given again."""

    def __init__(self, host: Host, groups: NamedResources) -> None:
        self._host = host
        self._groups = groups
        self._found: dict[str, Request] = {}
        self._tokens: dict[str, str] = {}
        self._versions: dict[str, int] = {}
        self._lock = threading.Lock()

    def operations(self) -> Operations:
        """What callers can ask for; a group with packages is not deleted."""
        return {
            "CreateModelPackage": self._create,
            "DescribeModelPackage": lambda request: self._get(request["ModelPackageName"]),
            "ListModelPackages": self._list,
            "UpdateModelPackage": self._update,
            "DeleteModelPackage": self._delete,
            "ListModelPackageGroups": self._list_groups,
            "DeleteModelPackageGroup": self._delete_group,
        }

    def _create(self, request: Request) -> Request:
        if "ModelPackageName" in request or "Tags" in request:
            raise ValidationError(
                "only versions of a model package group are kept here: give ModelPackageGroupName, "
                "and neither ModelPackageName nor Tags"
            )
        group = package_name(request.get("ModelPackageGroupName", ""))
        self._groups.get(group)
        for container in _containers(request):
            check_image(container["Image"])
            parse_uri(container.get("ModelDataUrl", ""))
        with self._lock:
            token = request.get("ClientToken", "")
            if token in self._tokens:
                return {"ModelPackageArn": self._tokens[token]}
            arn = self._keep(group, request)
            if token:
                self._tokens[token] = arn
        return {"ModelPackageArn": arn}

    def _keep(self, group: str, request: Request) -> str:
        version = self._versions[group] = self._versions.get(group, 0) + 1
        arn = self._host.arn("model-package", f"{group}/{version}")
        self._found[arn] = {
            "ModelApprovalStatus": "PendingManualApproval",
            **{key: value for key, value in request.items() if key != "ClientToken"},
            "ModelPackageGroupName": group,
            "ModelPackageName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "CreationTime": time.time(),
        }
        return arn

    def _get(self, name_or_arn: str) -> Request:
        arn = self._host.arn("model-package", package_name(name_or_arn))
        if arn not in self._found:
            raise ValidationError(f"ModelPackage {arn} does not exist.")
        return self._found[arn]

    def _update(self, request: Request) -> Request:
        found = self._get(request["ModelPackageArn"])
        unknown = sorted(request.keys() - {*_CHANGEABLE, "ModelPackageArn", "ClientToken"})
        if unknown:
            raise ValidationError(f"{unknown[0]} of a model package cannot be changed here")
        with self._lock:
            changes = {key: request[key] for key in _CHANGEABLE if key in request}
            found.update(changes, LastModifiedTime=time.time())
        return {"ModelPackageArn": found["ModelPackageArn"]}

    def _delete(self, request: Request) -> Request:
        found = self._get(request["ModelPackageName"])
        with self._lock:
            self._found.pop(found["ModelPackageArn"], None)
        return {}

    def _list(self, request: Request) -> Request:
        for key in _NOT_HERE:
            if key in request:
                raise ValidationError(f"{key} is not there in this machine's SageMaker")
        group = package_name(request.get("ModelPackageGroupName", ""))
        if group:
            self._groups.get(group)
        with self._lock:
            found = list(self._found.values())
        summaries = [
            {key: package[key] for key in _SUMMARY if key in package}
            for package in found
            if group in ("", package["ModelPackageGroupName"])
            and request.get("ModelApprovalStatus") in (None, package["ModelApprovalStatus"])
        ]
        return _page(request, "ModelPackageSummaryList", summaries)

    def _list_groups(self, request: Request) -> Request:
        summaries = [
            {
                "ModelPackageGroupName": group["ModelPackageGroupName"],
                "ModelPackageGroupArn": group["ModelPackageGroupArn"],
                "ModelPackageGroupStatus": "Completed",
                "CreationTime": group["CreationTime"],
            }
            for group in self._groups.all()
            if request.get("NameContains", "") in group["ModelPackageGroupName"]
        ]
        return _page(request, "ModelPackageGroupSummaryList", summaries)

    def _delete_group(self, request: Request) -> Request:
        name = package_name(request["ModelPackageGroupName"])
        with self._lock:
            left = [p for p in self._found.values() if p["ModelPackageGroupName"] == name]
        if left:
            raise ConflictError(
                f"Model package group {name} cannot be deleted because it still has "
                f"{len(left)} model packages. Delete them first."
            )
        return self._groups.delete({"ModelPackageGroupName": name})


def _containers(request: Request) -> list[dict[str, Any]]:
    if "InferenceSpecification" not in request:
        raise ValidationError("a model package needs an InferenceSpecification here")
    return list(request["InferenceSpecification"]["Containers"])


def _page(request: Request, key: str, oldest_first: Sequence[Request]) -> Request:
    """One page of a list, ordered by time of creation; the token is the next one's start."""
    newest_first = request.get("SortOrder") == "Descending"
    ordered = list(oldest_first)[::-1] if newest_first else list(oldest_first)
    start = int(request.get("NextToken") or 0)
    end = start + request.get("MaxResults", DEFAULT_PAGE)
    more = {"NextToken": str(end)} if end < len(ordered) else {}
    return {key: ordered[start:end], **more}
