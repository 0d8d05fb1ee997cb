"""What can be wrong with a bulk translation, in one line that names it."""

import zlib


class BulkError(ValueError):
    """The input, the model or a shard cannot be used; the message is written for the owner."""


class WrongAnswersError(BulkError):
    """A shard's answers do not fit its sentences."""


CORRUPT_GZIP = (EOFError, zlib.error)
"""With OSError, what reading a compressed file raises."""


def reason_in_one_line(error: BaseException) -> str:
    """What to tell the owner: our own words for foreseen errors, the error's name for others."""
    reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
    return " ".join(reason.split())
