import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from training import launcher
from training.cluster import Cluster
from training.launcher import ProcessFailedError, run_processes
from training.meeting_point import MeetingPoint, MeetingPointError
from training.member import Membership

CLUSTER = Cluster(hosts=("algo-1",), current_host="algo-1", processes_per_host=2)
ENDLESS = "import time; time.sleep(60)"
Started = list["subprocess.Popen[bytes]"]
StartAs = Callable[..., Started]


@pytest.fixture
def start_as(monkeypatch: pytest.MonkeyPatch) -> StartAs:
    """Let the processes of the host run these scripts instead of a training."""

    def replace(*scripts: str) -> Started:
        started: Started = []

        def start(cluster: Cluster, local_rank: int, *_: object) -> "subprocess.Popen[bytes]":
            started.append(subprocess.Popen([sys.executable, "-c", scripts[local_rank]]))
            return started[-1]

        monkeypatch.setattr(launcher, "_start", start)
        monkeypatch.setattr(launcher, "_GRACE_SECONDS", 0.2)
        return started

    return replace


def test_it_ends_when_all_processes_have_ended(start_as: StartAs) -> None:
    started = start_as("pass", "import time; time.sleep(0.2)")

    run_processes(CLUSTER, {}, stop_requested=lambda: False)

    assert [child.returncode for child in started] == [0, 0]


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("raise SystemExit(3)", "process 2 of 2, on algo-1, ended with exit code 3"),
        (
            "import os; os.kill(os.getpid(), 9)",
            "process 2 of 2, on algo-1, was ended by signal 9",
        ),
    ],
)
def test_one_that_fails_ends_the_others(start_as: StartAs, end: str, reason: str) -> None:
    started = start_as(ENDLESS, end)

    with pytest.raises(ProcessFailedError, match=f"^{reason}$"):
        run_processes(CLUSTER, {}, stop_requested=lambda: False)

    assert started[0].returncode == -signal.SIGKILL


def test_the_reason_that_a_process_left_comes_first(
    start_as: StartAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_as("pass", "raise SystemExit(1)")
    opened = MeetingPoint("127.0.0.1", 0, is_host=True)
    opened.report_failure("train.rec is damaged")
    opened.report_failure("connection closed by peer")
    monkeypatch.setattr(launcher, "MeetingPoint", lambda *_, **__: opened)

    with pytest.raises(ProcessFailedError, match="^train.rec is damaged$"):
        run_processes(CLUSTER, {}, stop_requested=lambda: False)


def test_a_stop_is_passed_on(start_as: StartAs) -> None:
    started = start_as(
        *[
            ENDLESS.replace(
                "import time",
                "import signal, time; signal.signal(signal.SIGTERM, lambda *_: exit(0))",
            )
        ]
        * 2
    )
    soon = time.monotonic() + 0.5

    run_processes(CLUSTER, {}, stop_requested=lambda: time.monotonic() > soon)

    assert [child.returncode for child in started] == [0, 0]


def test_hosts_share_a_failure(start_as: StartAs) -> None:
    two = ("127.0.0.1", "127.0.0.2")
    first = Cluster(hosts=two, current_host=two[0], processes_per_host=1)
    second = Cluster(hosts=two, current_host=two[1], processes_per_host=1)
    probe = MeetingPoint("127.0.0.1", 0, is_host=True)
    environ = {"MASTER_PORT": str(probe.port)}
    del probe
    started = start_as(ENDLESS)
    reasons: list[str] = []

    def run(cluster: Cluster) -> None:
        try:
            run_processes(cluster, environ, stop_requested=lambda: False)
        except ProcessFailedError as error:
            reasons.append(str(error))

    threads = [threading.Thread(target=run, args=(cluster,)) for cluster in (first, second)]
    for thread in threads:
        thread.start()
    while len(started) < 2:
        time.sleep(0.01)
    started[0].kill()
    for thread in threads:
        thread.join()

    assert len(reasons) == 2
    assert len(set(reasons)) == 1
    assert reasons[0].endswith("was ended by signal 9")
    assert all(child.returncode == -signal.SIGKILL for child in started)


def test_a_first_host_that_is_not_there_is_named() -> None:
    with pytest.raises(
        MeetingPointError, match="the job's first host, 127.0.0.1, cannot be reached on port 1: "
    ):
        MeetingPoint("127.0.0.1", 1, is_host=False, timeout=timedelta(milliseconds=50))


def test_a_process_is_told_its_rank_among_all() -> None:
    membership = Membership(
        rank=3, size=4, local_rank=1, local_size=2, address="algo-1", port=29500
    )

    assert membership.to_environment() == {
        "RANK": "3",
        "WORLD_SIZE": "4",
        "LOCAL_RANK": "1",
        "LOCAL_WORLD_SIZE": "2",
        "MASTER_ADDR": "algo-1",
        "MASTER_PORT": "29500",
    }
    assert Membership.from_environment(membership.to_environment()) == membership
