"""What can be wrong with an owner's corpus or command, in one line that names it."""


class PreprocessingError(ValueError):
    """The corpus or the command cannot be used; the message is written for the owner."""


class ArgumentsError(PreprocessingError):
    """The command line is not usable."""


class SourceError(PreprocessingError):
    """A text cannot be read to its end."""


class CorpusError(PreprocessingError):
    """The texts can be read but are not a parallel corpus."""


class StoppedError(RuntimeError):
    """The job was told to stop before its end."""


def reason_in_one_line(error: BaseException) -> str:
    """What to tell the owner: our own words for foreseen errors, the file's name for others."""
    if isinstance(error, ValueError | StoppedError):
        reason = str(error)
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        reason = f"{place}{error.strerror or error}"
    else:
        reason = f"{type(error).__name__}: {error}"
    return " ".join(reason.split())
