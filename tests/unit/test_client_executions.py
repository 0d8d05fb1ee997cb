import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from client.executions import Entered, Execution, ExecutionFailedError

STARTED = datetime(2026, 11, 22, 16, tzinfo=UTC)
ARN = "arn:aws:states:eu-central-1:111122223333:execution:translation-retraining:e1"


class FakeStates:
    """A state machine that enters one batch of states each time it is asked how it is."""

    def __init__(self, *batches: list[str], **outcome: Any) -> None:
        self.pending = list(batches)
        self.outcome: dict[str, Any] = outcome or {"status": "SUCCEEDED", "output": "{}"}
        self.events: list[dict[str, Any]] = []
        self.started: dict[str, Any] = {}
        self.num_pages = 0

    def start_execution(self, **request: Any) -> dict[str, str]:
        self.started = request
        return {"executionArn": ARN}

    def describe_execution(self, executionArn: str) -> dict[str, Any]:  # noqa: N803 - boto's spelling
        assert executionArn == ARN
        for name in self.pending.pop(0) if self.pending else []:
            self._add(stateEnteredEventDetails={"name": name})
            self._add()
        running = {"status": "RUNNING"} if self.pending else self.outcome
        return {"startDate": STARTED, **running}

    def get_execution_history(self, **request: Any) -> dict[str, Any]:
        assert request["reverseOrder"] is True
        self.num_pages += 1
        start = int(request.get("nextToken", 0))
        newest_first = self.events[::-1]
        page = newest_first[start : start + 4]
        more = {"nextToken": str(start + 4)} if start + 4 < len(newest_first) else {}
        return {"events": page, **more}

    def _add(self, **details: Any) -> None:
        number = len(self.events) + 1
        time = STARTED + timedelta(seconds=number)
        self.events.append({"id": number, "timestamp": time, **details})


def follow(states: FakeStates) -> list[str]:
    execution = Execution(arn=ARN, states=states, sleep=lambda _seconds: None)
    return [entered.state for entered in execution.follow()]


def test_it_starts_with_the_input_and_a_name_only_when_one_is_wanted() -> None:
    states = FakeStates()
    assert Execution.start(states, "arn:machine", {"promote": True}, None).arn == ARN
    assert states.started == {"stateMachineArn": "arn:machine", "input": '{"promote": true}'}

    Execution.start(states, "arn:machine", {}, "nightly")
    assert states.started["name"] == "nightly"


def test_states_come_in_the_order_in_which_they_were_entered() -> None:
    states = FakeStates(["CheckInput", "Preprocess"], ["Train"], [], ["Verify", "Done"])

    assert follow(states) == ["CheckInput", "Preprocess", "Train", "Verify", "Done"]


def test_each_state_comes_with_the_time_since_the_start() -> None:
    execution = Execution(arn=ARN, states=FakeStates(["CheckInput", "Train"]))

    assert list(execution.follow()) == [Entered("CheckInput", 1.0), Entered("Train", 3.0)]


def test_a_loop_that_waits_names_its_states_once() -> None:
    states = FakeStates(["Update"], ["Wait", "Ask"], ["Wait", "Ask"], ["Wait", "Ask", "Done"])

    assert follow(states) == ["Update", "Wait", "Ask", "Done"]


def test_a_long_history_is_read_by_pages_and_only_its_news() -> None:
    names = [f"State{i}" for i in range(9)]
    states = FakeStates(names, [], ["Done"])

    assert follow(states) == [*names, "Done"]
    # Eighteen events in five pages, then one page each for nothing new and for two events.
    assert states.num_pages == 7


def test_success_gives_the_executions_output() -> None:
    output = {"metrics": {"validation:bleu": 41.5}, "promoted": True}
    states = FakeStates(status="SUCCEEDED", output=json.dumps(output))

    assert Execution(arn=ARN, states=states).output() == output


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (
            {"status": "FAILED", "error": "TrainingFailed", "cause": "job x:\n  no GPU"},
            "TrainingFailed: job x: no GPU",
        ),
        (
            {"status": "FAILED", "error": "InputError", "cause": '{"errorMessage": "max_lines"}'},
            "InputError: max_lines",
        ),
        (
            {"status": "FAILED", "error": "States.TaskFailed", "cause": '{"FailureReason": "oom"}'},
            "States.TaskFailed: oom",
        ),
        ({"status": "FAILED", "error": "E", "cause": '["x"]'}, 'E: ["x"]'),
        ({"status": "TIMED_OUT"}, "TIMED_OUT: no cause given"),
        ({"status": "ABORTED", "cause": "stopped by hand"}, "ABORTED: stopped by hand"),
    ],
)
def test_a_failure_says_its_error_and_its_cause_in_one_line(
    outcome: dict[str, str], words: str
) -> None:
    with pytest.raises(ExecutionFailedError) as caught:
        Execution(arn=ARN, states=FakeStates(**outcome)).output()
    assert str(caught.value) == words
