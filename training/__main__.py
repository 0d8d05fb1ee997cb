"""`python -m training`: the container's `train`, with SageMaker's exit codes and failure file."""

import os
import sys
import traceback
from collections.abc import Callable, Mapping

from training.cluster import read_cluster
from training.device import training_device
from training.failures import EXPECTED_ERRORS, FAILURE, SUCCESS, StopSignal
from training.folders import Folders
from training.job import Place, read_plan, run_job
from training.launcher import ProcessFailedError, run_processes
from training.meeting_point import MeetingPointError


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Run the job; returns the exit status."""
    folders = Folders.from_environment(environ)
    stop = StopSignal.installed()
    try:
        _run(folders, environ, stop)
    except (*EXPECTED_ERRORS, MeetingPointError, ProcessFailedError) as error:
        return _fail(folders, str(error))
    except Exception as error:  # noqa: BLE001  (SageMaker must learn the reason of any failure)
        traceback.print_exc()
        return _fail(folders, f"{type(error).__name__}: {error}")
    return SUCCESS


def _run(folders: Folders, environ: Mapping[str, str], stop: Callable[[], bool]) -> None:
    plan = read_plan(folders)
    cluster = read_cluster(folders.resources(), plan.recipe.processes_per_host)
    if cluster.size > 1:
        run_processes(cluster, environ, stop_requested=stop)
    else:
        run_job(plan, environ, Place(device=training_device()), stop_requested=stop)


def _fail(folders: Folders, reason: str) -> int:
    print(f"[failure] {reason}", file=sys.stderr, flush=True)
    folders.write_failure(reason)
    return FAILURE


if __name__ == "__main__":
    sys.exit(main())
