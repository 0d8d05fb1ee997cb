"""Which web pages may call (CORS): what browsers ask before, and read in every answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from translate_api.answers import Answer
from translate_api.http_request import HttpRequest

ANY_ORIGIN = "*"
PREFLIGHT_SECONDS = 7200
"""Browsers keep a permission for two hours at most."""
REQUEST_HEADERS = (
    "accept",
    "authorization",
    "content-encoding",
    "content-type",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-api-key",
)
ANSWER_HEADERS = ("allow", "location", "retry-after", "x-amzn-requestid", "x-request-id")


@dataclass(frozen=True, slots=True)
class CrossOrigin:
    """Origins such as `https://app.example`, or `*`; with none, no browser lets a page call."""

    origins: frozenset[str] = frozenset()

    @property
    def is_on(self) -> bool:
        return bool(self.origins)

    def headers(self, request: HttpRequest) -> Mapping[str, str]:
        """What every answer carries beside its own headers."""
        if not self.is_on:
            return {}
        exposed = {"access-control-expose-headers": ", ".join(ANSWER_HEADERS)}
        return exposed | self._permission(request)

    def preflight(self, request: HttpRequest, methods: Iterable[str]) -> Answer:
        """The answer to a browser that asks whether a page may call; such requests are unsigned."""
        allowed = {
            "access-control-allow-methods": ", ".join(methods),
            "access-control-allow-headers": ", ".join(REQUEST_HEADERS),
            "access-control-max-age": str(PREFLIGHT_SECONDS),
        }
        permission = self._permission(request)
        if "access-control-allow-origin" in permission:
            return Answer(status=204, headers=allowed | permission)
        return Answer(status=204, headers=permission)

    def _permission(self, request: HttpRequest) -> dict[str, str]:
        if ANY_ORIGIN in self.origins:
            return {"access-control-allow-origin": ANY_ORIGIN}
        origin = request.header("origin") or ""
        allowed = {"access-control-allow-origin": origin} if origin in self.origins else {}
        # A cache must not give one origin's answer to another.
        return {"vary": "origin", **allowed}
