"""`python -m evaluation.job`: SageMaker's folders and exit message around one evaluation."""

import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import NoReturn

from evaluation.arguments import read_arguments
from evaluation.evaluating import Folders, evaluate
from protocol.exit_message import fail


class StoppedError(RuntimeError):
    """The job was told to stop before its end."""


def main(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the job; its exit message is the reason of a failure, in one line."""
    root = Path(environ.get("SAGEMAKER_ROOT", "/opt/ml"))
    try:
        settings = read_arguments(arguments)
        with TemporaryDirectory() as scratch:
            verdict = evaluate(settings, Folders.of_job(root / "processing", Path(scratch)))
    except (ValueError, OSError, StoppedError) as error:
        return fail(root, str(error))
    except Exception as error:  # noqa: BLE001, a defect of ours must also reach the exit message
        traceback.print_exc()
        return fail(root, f"{type(error).__name__}: {error}")
    print(f"{'accepted' if verdict.promote else 'refused'}: {verdict.reason}")
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise StoppedError("the job was stopped before its end")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:]))
