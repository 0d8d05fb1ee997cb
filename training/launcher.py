"""Starts this host's processes of a job, passes SIGTERM on, and ends all when one fails."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping

from training.cluster import Cluster
from training.meeting_point import MeetingPoint, MeetingPointError
from training.member import Membership

_PAUSE_SECONDS = 0.05
_GRACE_SECONDS = 5.0
"""What the others have to end by themselves once one has failed."""
_LEAVE_SECONDS = 30.0

Child = subprocess.Popen[bytes]


class ProcessFailedError(ValueError):
    """A process of the job failed; the message is its reason."""


def run_processes(
    cluster: Cluster, environ: Mapping[str, str], *, stop_requested: Callable[[], bool]
) -> None:
    """Run this host's processes to their end.

    Raises:
        ProcessFailedError: one of them failed, or one of another host.
        MeetingPointError: the first host cannot be reached.
    """
    meeting_point = MeetingPoint(cluster.address, cluster.port(environ), is_host=cluster.is_first)
    try:
        with _children(cluster, meeting_point.port, environ) as children:
            _watch(children, cluster, meeting_point, stop_requested)
    finally:
        with contextlib.suppress(MeetingPointError):
            meeting_point.leave()
        if cluster.is_first:
            meeting_point.wait_until_left(len(cluster.hosts), _LEAVE_SECONDS)


@contextlib.contextmanager
def _children(cluster: Cluster, port: int, environ: Mapping[str, str]) -> Iterator[list[Child]]:
    """The processes; none of them is left when the block ends."""
    children = [
        _start(cluster, local_rank, port, environ)
        for local_rank in range(cluster.processes_per_host)
    ]
    try:
        yield children
    finally:
        give_up = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < give_up and any(child.poll() is None for child in children):
            time.sleep(_PAUSE_SECONDS)
        for child in children:
            child.kill()
            child.wait()


def _start(cluster: Cluster, local_rank: int, port: int, environ: Mapping[str, str]) -> Child:
    membership = Membership(
        rank=cluster.first_rank + local_rank,
        size=cluster.size,
        local_rank=local_rank,
        local_size=cluster.processes_per_host,
        address=cluster.address,
        port=port,
    )
    name = cluster.network_interface
    interface = {"GLOO_SOCKET_IFNAME": name, "NCCL_SOCKET_IFNAME": name} if name else {}
    return subprocess.Popen(
        [sys.executable, "-m", "training.member"],
        env={**os.environ, **environ, **interface, **membership.to_environment()},
    )


def _watch(
    children: list[Child],
    cluster: Cluster,
    meeting_point: MeetingPoint,
    stop_requested: Callable[[], bool],
) -> None:
    """Return when all have ended well; fail as soon as one anywhere has not."""
    told = False
    while not _have_ended(children, cluster, meeting_point):
        if stop_requested() and not told:
            told = True
            for child in children:
                child.terminate()
        time.sleep(_PAUSE_SECONDS)


def _have_ended(children: list[Child], cluster: Cluster, meeting_point: MeetingPoint) -> bool:
    codes = [child.poll() for child in children]
    for local_rank, code in enumerate(codes):
        if code:
            meeting_point.report_failure(_last_word(cluster, local_rank, code))
    if reason := meeting_point.failure():
        raise ProcessFailedError(reason)
    return all(code is not None for code in codes)


def _last_word(cluster: Cluster, local_rank: int, code: int) -> str:
    """What is known of a process that could not give a reason itself."""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    number = cluster.first_rank + local_rank + 1
    return f"process {number} of {cluster.size}, on {cluster.current_host}, {how}"
