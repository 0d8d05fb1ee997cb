"""`python -m training.member`: one process of several that train a job's model together."""

import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nmt.processes import DistributedProcesses
from training.device import training_device
from training.failures import EXPECTED_ERRORS, FAILURE, SUCCESS, StopSignal
from training.folders import Folders
from training.job import Place, read_plan, run_job
from training.meeting_point import MeetingPoint

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG in Linux's prctl.h."""
_LAUNCHERS_TURN_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """Which of the processes this is, told in the variables that torch gave their names."""

    rank: int
    size: int
    local_rank: int
    local_size: int
    address: str
    port: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Membership":
        """What the launcher wrote."""
        return cls(
            rank=int(environ["RANK"]),
            size=int(environ["WORLD_SIZE"]),
            local_rank=int(environ["LOCAL_RANK"]),
            local_size=int(environ["LOCAL_WORLD_SIZE"]),
            address=environ["MASTER_ADDR"],
            port=int(environ["MASTER_PORT"]),
        )

    def to_environment(self) -> dict[str, str]:
        """What the launcher writes."""
        return {
            "RANK": str(self.rank),
            "WORLD_SIZE": str(self.size),
            "LOCAL_RANK": str(self.local_rank),
            "LOCAL_WORLD_SIZE": str(self.local_size),
            "MASTER_ADDR": self.address,
            "MASTER_PORT": str(self.port),
        }


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Take part in the job; returns the exit status, and leaves the reason of a failure."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    stop = StopSignal.installed()
    membership = Membership.from_environment(environ)
    if membership.rank:
        # The first process speaks for all.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    meeting_point = MeetingPoint(membership.address, membership.port, is_host=False)
    try:
        _take_part(membership, meeting_point, environ, stop)
    except EXPECTED_ERRORS as error:
        meeting_point.report_failure(str(error))
        return FAILURE
    except Exception as error:  # noqa: BLE001  (the launcher must learn the reason of any failure)
        traceback.print_exc()
        # When the others were cut off by a process that died, its launcher knows the reason.
        time.sleep(_LAUNCHERS_TURN_SECONDS)
        meeting_point.report_failure(f"{type(error).__name__}: {error}")
        return FAILURE
    return SUCCESS


def _take_part(
    membership: Membership,
    meeting_point: MeetingPoint,
    environ: Mapping[str, str],
    stop: StopSignal,
) -> None:
    plan = read_plan(Folders.from_environment(environ))
    device = training_device(membership.local_rank)
    processes = DistributedProcesses(
        meeting_point.group_store(), rank=membership.rank, size=membership.size, device=device
    )
    place = Place(device=device, processes=processes, processes_per_host=membership.local_size)
    run_job(plan, environ, place, stop_requested=stop)
    processes.leave()


if __name__ == "__main__":
    sys.exit(main())
