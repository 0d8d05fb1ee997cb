from typing import Any

import pytest
from botocore.exceptions import ClientError as AwsError

from client.cancelling import cancel, running_execution
from client.failures import ClientError

MACHINE = "arn:aws:states:eu-central-1:111122223333:stateMachine:translation-retraining"
EXECUTION = "arn:aws:states:eu-central-1:111122223333:execution:translation-retraining"


class FakeStates:
    def __init__(self, *running: str, status: str = "RUNNING") -> None:
        self.running = running
        self.status = status
        self.stopped: list[dict[str, str]] = []

    def list_executions(self, **request: str) -> dict[str, Any]:
        assert request == {"stateMachineArn": MACHINE, "statusFilter": "RUNNING"}
        found = [{"name": name, "executionArn": f"{EXECUTION}:{name}"} for name in self.running]
        return {"executions": found}

    def describe_execution(self, **_request: str) -> dict[str, str]:
        if not self.status:
            raise AwsError({"Error": {"Code": "ExecutionDoesNotExist"}}, "DescribeExecution")
        return {"status": self.status}

    def stop_execution(self, **request: str) -> None:
        self.stopped.append(request)


@pytest.mark.parametrize("wanted", [None, "nightly", f"{EXECUTION}:nightly"])
def test_an_execution_is_meant_by_its_name_its_arn_or_as_the_only_one(wanted: str | None) -> None:
    states = FakeStates("nightly")
    cancel(running_execution(states, MACHINE, wanted))
    (stopped,) = states.stopped
    assert stopped["executionArn"] == f"{EXECUTION}:nightly"
    assert stopped["error"] == "Cancelled"


def test_without_a_running_one_nothing_is_stopped() -> None:
    with pytest.raises(ClientError, match="no execution runs"):
        running_execution(FakeStates(), MACHINE, None)


def test_of_several_running_ones_one_must_be_named() -> None:
    with pytest.raises(ClientError, match="2 executions run; name one: b, a"):
        running_execution(FakeStates("b", "a"), MACHINE, None)


@pytest.mark.parametrize(
    ("status", "words"),
    [("SUCCEEDED", "does not run any more, it is SUCCEEDED"), ("", "there is no execution arn:")],
)
def test_what_does_not_run_is_not_stopped(status: str, words: str) -> None:
    states = FakeStates(status=status)
    with pytest.raises(ClientError, match=words):
        cancel(running_execution(states, MACHINE, "nightly"))
    assert states.stopped == []
