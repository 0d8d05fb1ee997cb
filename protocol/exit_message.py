"""How a processing job tells SageMaker, and through it the owner, why it failed."""

import sys
from pathlib import Path

MAX_BYTES = 1024
"""SageMaker's limit for a job's exit message."""


def fail(root: Path, reason: str) -> int:
    """Print the reason and leave it in one line as the job's exit message; the exit code.

    Args:
        root: what stands for `/opt/ml`; the message is its `output/message`.
        reason: what does not fit the limit is left out.
    """
    line = " ".join(reason.split())
    print(f"error: {line}", file=sys.stderr)
    message = root / "output" / "message"
    message.parent.mkdir(parents=True, exist_ok=True)
    message.write_bytes(line.encode("utf-8", "replace")[:MAX_BYTES])
    return 1
