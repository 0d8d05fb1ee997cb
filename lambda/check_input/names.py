"""Names after an execution, within the rules of SageMaker's jobs and of S3 keys."""

import hashlib
import re

MAX_JOB_NAME_LENGTH = 50
"""SageMaker takes 63 characters; the machine appends the job's kind and its attempt."""
MAX_FOLDER_LENGTH = 80
_HASH_LENGTH = 8


def job_name(execution: str) -> str:
    """Lower case, a letter first, letters and digits with single hyphens between.

    A name that had to be changed ends in a hash of the original, so that two executions never
    share one.
    """
    name = re.sub(r"[^a-z0-9]+", "-", execution.lower()).strip("-")
    if not name[:1].isalpha():
        name = f"run-{name}".rstrip("-")
    return _kept_or_hashed(execution, name, MAX_JOB_NAME_LENGTH)


def folder_name(execution: str) -> str:
    """The execution's name where S3 keys and file systems take it as it stands."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", execution).strip("-.")
    return _kept_or_hashed(execution, name, MAX_FOLDER_LENGTH)


def _kept_or_hashed(execution: str, name: str, max_length: int) -> str:
    if name == execution and len(name) <= max_length:
        return name
    digest = hashlib.sha256(execution.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: max_length - _HASH_LENGTH - 1].rstrip('-.')}-{digest}".lstrip("-")
