"""A bounded run of what `make fuzz` does with a million requests, and of its own alarms."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.fuzz import processes
from benchmarks.fuzz.__main__ import main
from benchmarks.fuzz.cases import Case, Target
from benchmarks.fuzz.generation import generate
from benchmarks.fuzz.verdicts import Answer, ViolationError, check_headers, check_refusal
from benchmarks.fuzz.worker import BLOCK, Report, Share, work
from translate_api import translation


def test_generated_requests_meet_no_servers_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--requests", "1500", "--processes", "1", "--failures", str(tmp_path / "bad")])

    output = capsys.readouterr().out
    assert code == 0, output
    assert output.splitlines()[-1] == "1500 requests, 0 5xx"
    assert not (tmp_path / "bad").exists()


def test_a_servers_error_is_counted_kept_and_found_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_header: str | None) -> None:
        raise RuntimeError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translation, "content_type", broken)
        report = reported(tmp_path)
        kept = min(tmp_path.glob("*.json"))
        found_again = main(["--replay", str(kept)])
    assert report.num_server_errors == report.num_violations > 10
    assert len(report.violations) == 20
    assert found_again == 1
    assert "violation: 500" in capsys.readouterr().out
    assert main(["--replay", str(kept)]) == 0
    assert json.loads(kept.read_text(encoding="utf-8"))["violation"].startswith("500 ")


def reported(folder: Path) -> Report:
    reports: list[Report] = []
    share = Share(seed=1, num_requests=BLOCK, first_block=0, step=1, failures=folder)
    work(share, [0, 0], SimpleNamespace(send=reports.append))
    return reports[0]


def test_a_run_in_which_nothing_moves_on_is_ended(tmp_path: Path) -> None:
    share = Share(seed=1, num_requests=10_000, first_block=0, step=1, failures=tmp_path)

    # Less than no time, so that the first look at it finds that nothing has moved on.
    reports, failures = processes.run([share], hang_seconds=-1)

    assert reports == []
    assert failures[0].startswith("no answer in -1 s with the requests ")
    assert [Case.load(path) for path in tmp_path.glob("*.json")]


def test_a_seed_and_a_number_give_the_same_request_which_a_file_holds(tmp_path: Path) -> None:
    for number in range(300):
        case = generate(7, number)
        assert generate(7, number) == case
        case.save(tmp_path / "case.json")
        assert Case.load(tmp_path / "case.json") == case
    assert generate(8, 1) != generate(7, 1)


def test_a_file_that_holds_no_request_is_refused(tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text('{"case": {"target": "moon"}}')

    with pytest.raises(ValueError, match="does not hold a request of a run"):
        Case.load(tmp_path / "case.json")


def test_every_share_is_done_once() -> None:
    shares = [
        Share(seed=1, num_requests=1000, first_block=first, step=3, failures=Path())
        for first in range(3)
    ]
    numbers = [number for share in shares for block in share.blocks() for number in block]
    assert sorted(numbers) == list(range(1000))


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (400, {}, {"message": "no"}),
        (400, {}, {"message": "no", "code": "bad_request", "trace": "x"}),
        (400, {}, {"message": "no", "code": "bad"}),
        (404, {}, {"message": "no", "code": "bad_request"}),
        (400, {}, {"message": "", "code": "bad_request"}),
        (400, {"content-type": "text/plain"}, {"message": "no", "code": "bad_request"}),
        (429, {}, {"message": "no", "code": "throttled"}),
        (405, {}, {"message": "no", "code": "method_not_allowed"}),
        (400, {}, ["no"]),
    ],
)
def test_an_error_of_another_shape_is_a_violation(
    status: int, headers: dict[str, str], content: Any
) -> None:
    sent = {"content-type": "application/json", **headers}
    with pytest.raises(ViolationError):
        check_refusal(Answer(status=status, headers=sent, body=json.dumps(content).encode()))


def test_a_header_that_ends_its_line_is_a_violation() -> None:
    with pytest.raises(ViolationError, match="cannot be sent"):
        check_headers(Answer(status=200, headers={"allow": "GET\r\nx: y"}))


def test_all_targets_are_called() -> None:
    assert {generate(1, number).target for number in range(200)} == set(Target)
