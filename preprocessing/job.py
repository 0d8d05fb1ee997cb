"""The processing job: SageMaker's folders and exit message around one run of preprocessing."""

import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from preprocessing.arguments import job_settings
from preprocessing.errors import PreprocessingError, StoppedError, reason_in_one_line
from preprocessing.pipeline import run
from protocol.artifacts import CHANNELS, TEST_FOLDER
from protocol.exit_message import fail


def main(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the job; its exit message is the reason of a failure, in one line."""
    root = Path(environ.get("SAGEMAKER_ROOT", "/opt/ml"))
    try:
        output = root / "processing" / "output"
        for channel in (*CHANNELS, TEST_FOLDER):
            (output / channel).mkdir(parents=True, exist_ok=True)
        print(run(job_settings(arguments, output)))
    except (PreprocessingError, StoppedError, OSError) as error:
        return fail(root, reason_in_one_line(error))
    except Exception as error:  # noqa: BLE001, a defect of ours must also reach the exit message
        traceback.print_exc()
        return fail(root, reason_in_one_line(error))
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise StoppedError("the job was stopped before its end")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:]))
