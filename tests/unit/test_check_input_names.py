import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from check_input.names import MAX_FOLDER_LENGTH, MAX_JOB_NAME_LENGTH, folder_name, job_name

# Step Functions refuses white space, brackets, wildcards, quotes and control characters.
FORBIDDEN = set(' \t\n<>{}[]?*"#%\\^|~`$&,;:/') | {chr(c) for c in (*range(32), *range(127, 160))}
execution_names = st.text(min_size=1, max_size=80).filter(
    lambda name: not FORBIDDEN & set(name) and not any("\ud800" <= c <= "\udfff" for c in name)
)
JOB_NAME = re.compile(r"[a-z](-*[a-z0-9])*")
FOLDER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@given(execution_names)
@settings(max_examples=300, deadline=None)
def test_any_execution_name_gives_names_that_sagemaker_and_s3_take(execution: str) -> None:
    assert JOB_NAME.fullmatch(job_name(execution))
    assert len(job_name(execution)) <= MAX_JOB_NAME_LENGTH
    assert FOLDER_NAME.fullmatch(folder_name(execution))
    assert len(folder_name(execution)) <= MAX_FOLDER_LENGTH


@given(st.sets(execution_names, min_size=2, max_size=12))
@settings(max_examples=150, deadline=None)
def test_different_executions_never_share_a_name(executions: set[str]) -> None:
    assert len({job_name(execution) for execution in executions}) == len(executions)
    assert len({folder_name(execution) for execution in executions}) == len(executions)


@pytest.mark.parametrize("name", ["retrain-7", "a", "run-2026-11-22"])
def test_a_name_that_fits_is_kept(name: str) -> None:
    assert job_name(name) == name
    assert folder_name(name) == name


def test_names_that_differ_only_by_case_or_sign_stay_apart() -> None:
    names = ["Nightly", "nightly", "nightly.", "nightly_", "-nightly", "nightly-", "run-nightly"]

    assert len({job_name(name) for name in names}) == len(names)
    assert len({folder_name(name) for name in names}) == len(names)


def test_a_uuid_gets_a_letter_first_and_its_folder_keeps_it() -> None:
    execution = "0f0e7a1c-6a5e-4a7e-9f3b-2d9a4c1b8e55"

    assert job_name(execution).startswith("run-0f0e7a1c-")
    assert folder_name(execution) == execution


def test_a_job_name_leaves_room_for_the_attempt() -> None:
    assert len(f"{job_name('x' * 80)}-t12") <= 63
