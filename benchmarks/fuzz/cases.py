"""What a generated request is, and how a file holds it."""

import base64
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks.fuzz.bodies import Sentences

INVOCATIONS = "/invocations"


class Target(StrEnum):
    """What a request is for."""

    FUNCTION = "function"
    WORDS = "endpoint of words"
    SUBWORDS = "endpoint of subwords"
    STARVED = "starved endpoint"
    """It has no room and no time, so that it must answer 503 and 504."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One request, and what is known of its answer."""

    target: Target
    event: dict[str, Any] = field(default_factory=dict)
    """Of the function: API Gateway's proxy event."""
    provocation: str = ""
    """What befalls the services behind the function; empty: nothing."""
    has_adapters: bool = False
    """Whether the function speaks for other services' APIs and to web pages too."""
    parts: tuple[bytes, ...] = ()
    """Of an endpoint: the bytes that come over the connection, as they arrive."""
    is_whole: bool = True
    """Whether the sender stays until it has been answered."""
    closes: bool = False
    """Whether the sender closes its side as soon as it has sent everything."""
    is_head: bool = False
    """Whether the method is HEAD, whose answers have no body."""
    num_requests: int | None = None
    """So many times the bytes hold a good request; `None`: nobody knows what they hold."""
    num_sentences: int | None = None
    """So many answers must come to each request, with status 200; `None`: any but a server's
    error."""
    sentences: Sentences = ()
    """Of a good request of text, whose words are translated one by one."""

    def save(self, path: Path, **more: Any) -> None:
        """Write the case and what is to be known beside it, so that `load` gives it again."""
        content = asdict(self)
        content["parts"] = [base64.b64encode(part).decode() for part in self.parts]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"case": content, **more}, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Case":
        """Read a case that `save` wrote.

        Raises:
            ValueError: the file is not one of them.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))["case"]
            content["target"] = Target(content["target"])
            content["parts"] = tuple(map(base64.b64decode, content["parts"]))
            content["sentences"] = tuple((source, asked) for source, asked in content["sentences"])
            return cls(**content)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} does not hold a request of a run: {error}") from error
