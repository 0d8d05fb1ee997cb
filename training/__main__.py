"""`python -m training`: the container's `train`, with SageMaker's exit codes and failure file."""

import os
import signal
import sys
import traceback
from collections.abc import Mapping
from types import FrameType

from nmt.checkpoint import CheckpointError
from nmt.data import DataError
from nmt.tokenizer import TokenizerError
from nmt.trainer import DivergenceError, NothingTrainedError
from protocol.vocabulary import VocabularyError
from training.folders import Folders, JobInputError
from training.hyperparameters import HyperparameterError
from training.job import run_job

EXPECTED_ERRORS = (
    CheckpointError,
    DataError,
    DivergenceError,
    HyperparameterError,
    JobInputError,
    NothingTrainedError,
    TokenizerError,
    VocabularyError,
)
SUCCESS, FAILURE = 0, 1


class StopSignal:
    """Remembers that SageMaker sent SIGTERM; the trainer asks after every batch."""

    def __init__(self) -> None:
        self.received = False

    def __call__(self) -> bool:
        return self.received

    def receive(self, _number: int, _frame: FrameType | None) -> None:
        self.received = True


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Run the job; returns the exit status."""
    folders = Folders.from_environment(environ)
    stop = StopSignal()
    signal.signal(signal.SIGTERM, stop.receive)
    try:
        run_job(folders, environ, stop_requested=stop)
    except EXPECTED_ERRORS as error:
        return _fail(folders, str(error))
    except Exception as error:  # noqa: BLE001  (SageMaker must learn the reason of any failure)
        traceback.print_exc()
        return _fail(folders, f"{type(error).__name__}: {error}")
    return SUCCESS


def _fail(folders: Folders, reason: str) -> int:
    print(f"[failure] {reason}", file=sys.stderr, flush=True)
    folders.write_failure(reason)
    return FAILURE


if __name__ == "__main__":
    sys.exit(main())
