"""SageMaker's folders and exit message around one processing job of bulk translation."""

import logging
import os
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from bulk.errors import reason_in_one_line
from protocol.exit_message import fail


def run_job(work: Callable[[Path, Path], None], environ: Mapping[str, str] = os.environ) -> int:
    """Run the job and return its exit code; its exit message is the reason of a failure.

    Args:
        work: gets the folder of the model and an empty folder for what it needs meanwhile.
        environ: SAGEMAKER_ROOT stands for /opt/ml.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    root = Path(environ.get("SAGEMAKER_ROOT", "/opt/ml"))
    try:
        with tempfile.TemporaryDirectory(prefix="bulk-") as scratch:
            work(root / "processing" / "input" / "model", Path(scratch))
    except Exception as error:  # noqa: BLE001, a defect of ours must also reach the exit message
        if not isinstance(error, ValueError):
            traceback.print_exc()
        return fail(root, reason_in_one_line(error))
    return 0
