"""Starts the retraining state machine and follows one execution to its end."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from client.failures import ClientError

POLL_SECONDS = 2.0


class ExecutionFailedError(ClientError):
    """The execution ended without success; the message has its error and its cause."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A state that the execution has entered for the first time."""

    state: str
    elapsed_seconds: float


@dataclass(kw_only=True, slots=True)
class Execution:
    """One run of the state machine."""

    arn: str
    states: Any
    sleep: Callable[[float], None] = time.sleep
    _seen: set[str] = field(default_factory=set)
    _last_event: int = 0

    @classmethod
    def start(
        cls, states: Any, state_machine_arn: str, content: Mapping[str, Any], name: str | None
    ) -> "Execution":
        """Start the state machine; without a name, Step Functions makes one."""
        named = {"name": name} if name else {}
        answer = states.start_execution(
            stateMachineArn=state_machine_arn, input=json.dumps(content), **named
        )
        return cls(arn=answer["executionArn"], states=states)

    def follow(self) -> Iterator[Entered]:
        """Yield each state when it is first entered; ends with the execution.

        A loop that waits for something enters its states again and again: they are named once.
        """
        while True:
            description = self._description()
            yield from self._entered(description["startDate"])
            if description["status"] != "RUNNING":
                return
            self.sleep(POLL_SECONDS)

    def output(self) -> dict[str, Any]:
        """What the execution that has ended gave.

        Raises:
            ExecutionFailedError: it failed, timed out or was stopped.
        """
        description = self._description()
        if description["status"] == "SUCCEEDED":
            return dict(json.loads(description["output"]))
        error = description.get("error") or description["status"]
        cause = _plain(description.get("cause") or "no cause given")
        raise ExecutionFailedError(f"{error}: {cause}")

    def _description(self) -> dict[str, Any]:
        return dict(self.states.describe_execution(executionArn=self.arn))

    def _entered(self, started: datetime) -> Iterator[Entered]:
        for event in self._new_events():
            name = event.get("stateEnteredEventDetails", {}).get("name")
            if name and name not in self._seen:
                self._seen.add(name)
                yield Entered(name, (event["timestamp"] - started).total_seconds())

    def _new_events(self) -> list[dict[str, Any]]:
        """Asked for newest first, so that a long history is not read again each time."""
        news: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self.states.get_execution_history(
                executionArn=self.arn,
                reverseOrder=True,
                includeExecutionData=False,
                maxResults=100,
                **token,
            )
            fresh = [event for event in page["events"] if event["id"] > self._last_event]
            news += fresh
            if len(fresh) < len(page["events"]) or "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        self._last_event = max((event["id"] for event in news), default=self._last_event)
        return news[::-1]


def _plain(cause: str) -> str:
    """The reason inside a cause that is a job's or a function's description as JSON."""
    try:
        content = json.loads(cause)
    except ValueError:
        content = None
    if isinstance(content, dict):
        for key in ("FailureReason", "ExitMessage", "errorMessage", "Cause"):
            if isinstance(content.get(key), str):
                cause = content[key]
                break
    return " ".join(cause.split())
