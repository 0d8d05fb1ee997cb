"""Resources that are only kept: created once under a name, described, deleted."""

import threading
import time
from typing import Any

from local.sagemaker.errors import ValidationError
from local.sagemaker.host import Host
from local.sagemaker.tag_operations import Operations, Request, TagOperations

DEFAULT_PAGE = 10


class NamedResources:
    """All models, or all endpoint configurations, or all package groups."""

    def __init__(self, host: Host, tags: TagOperations, *, word: str, kind: str) -> None:
        self._host = host
        self._tags = tags
        self._word = word
        self._kind = kind
        self._found: dict[str, Request] = {}
        self._lock = threading.Lock()

    def operations(self) -> Operations:
        """What callers can ask for."""
        return {
            f"Create{self._word}": self.create,
            f"Describe{self._word}": lambda request: self.get(request[self._name]),
            f"Delete{self._word}": self.delete,
            f"List{self._word}s": self._list,
        }

    def create(self, request: Request) -> Request:
        """Keep a resource.

        Raises:
            ValidationError: the name is taken.
        """
        name = request[self._name]
        arn = self._host.arn(self._kind, name)
        own = {key: value for key, value in request.items() if key != "Tags"}
        with self._lock:
            if name in self._found:
                raise ValidationError(f'Cannot create already existing {self._kind} "{arn}".')
            self._found[name] = own | {f"{self._word}Arn": arn, "CreationTime": time.time()}
        self._tags.replace(arn, request.get("Tags", []))
        return {f"{self._word}Arn": arn}

    def get(self, name: str) -> dict[str, Any]:
        """A resource by name.

        Raises:
            ValidationError: there is none.
        """
        if name not in self._found:
            words = self._kind.replace("endpoint-config", "endpoint configuration")
            raise ValidationError(f'Could not find {words} "{self._host.arn(self._kind, name)}".')
        return self._found[name]

    def name_of(self, arn: str) -> str:
        """The name behind an ARN, which has it in lower case; empty when there is none."""
        return next((name for name in self._found if self._host.arn(self._kind, name) == arn), "")

    def all(self) -> list[dict[str, Any]]:
        """Every resource, the oldest first."""
        with self._lock:
            return list(self._found.values())

    def _list(self, request: Request) -> Request:
        keys = (self._name, f"{self._word}Arn", "CreationTime")
        found = [
            {key: resource[key] for key in keys}
            for resource in self.all()
            if request.get("NameContains", "") in resource[self._name]
        ]
        start = int(request.get("NextToken", "0"))
        end = start + int(request.get("MaxResults", DEFAULT_PAGE))
        more = {"NextToken": str(end)} if end < len(found) else {}
        return {f"{self._word}s": found[start:end]} | more

    @property
    def _name(self) -> str:
        return f"{self._word}Name"

    def delete(self, request: Request) -> Request:
        """Forget a resource.

        Raises:
            ValidationError: there is none.
        """
        self.get(request[self._name])
        with self._lock:
            self._found.pop(request[self._name], None)
        self._tags.forget(self._host.arn(self._kind, request[self._name]))
        return {}
