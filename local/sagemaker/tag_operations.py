"""The tags of every SageMaker resource, by ARN."""

from collections.abc import Callable, Mapping
from typing import Any

Request = dict[str, Any]
Operations = Mapping[str, Callable[[Request], Request]]


class TagOperations:
    """AddTags, ListTags and DeleteTags."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    def operations(self) -> Operations:
        """What callers can ask for."""
        return {"AddTags": self._add, "ListTags": self._list, "DeleteTags": self._delete}

    def replace(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Give a resource these tags and no others."""
        self._tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}

    def forget(self, arn: str) -> None:
        """Drop the tags of a resource that is gone."""
        self._tags.pop(arn, None)

    def _add(self, request: Request) -> Request:
        tags = self._tags.setdefault(request["ResourceArn"], {})
        tags.update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
        return {"Tags": _listed(tags)}

    def _list(self, request: Request) -> Request:
        return {"Tags": _listed(self._tags.get(request["ResourceArn"], {}))}

    def _delete(self, request: Request) -> Request:
        for key in request["TagKeys"]:
            self._tags.get(request["ResourceArn"], {}).pop(key, None)
        return {}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
