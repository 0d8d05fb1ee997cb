"""What an adapter is: operations by path and method, and its service's own shape of errors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from existing_clients.languages import LanguagePair
from protocol.translation import RequestError

Translate = Callable[[Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any]]]
"""Instances in, as many predictions out; both as `POST /translate` has them in JSON.

Raises RequestError with the code and the message that the caller should see.
"""


class ClientRequest(Protocol):
    """What an adapter reads of a request."""

    @property
    def query(self) -> Mapping[str, Sequence[str]]: ...

    def header(self, name: str) -> str | None: ...

    def body(self) -> bytes: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """The service behind an adapter."""

    languages: Callable[[], LanguagePair]
    """Those of the model that is served; raises RequestError (no_model) before there is one."""
    translate: Translate


Operation = Callable[[ClientRequest, Service], Any]
"""Gives the content of a JSON answer; raises RequestError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Adapter:
    """One other service's API, as far as this service can honour it."""

    operations: Mapping[str, Mapping[str, Operation]]
    """By path, then by method."""
    error_content: Callable[[RequestError], Mapping[str, Any]]
