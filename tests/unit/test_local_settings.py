import argparse
import stat
from pathlib import Path

import pytest

from local.credentials import administrator_key
from local.demonstration import _entered, _metrics
from local.emulator.functions import exception_name
from local.emulator.install import MINISTACK_VERSION, check_version
from local.emulator.rest_api import MAX_PAYLOAD_BYTES, _unzipped
from local.emulator.sagemaker_tasks import _in_milliseconds
from local.settings import DEFAULT_PORT, REPOSITORY, LocalSettings


def of(environ: dict[str, str], **given: object) -> LocalSettings:
    options = {"port": None, "state": None, "code": None, "name": "translation", **given}
    return LocalSettings.of(argparse.Namespace(**options), environ)


def test_the_defaults() -> None:
    settings = of({})
    assert settings.port == DEFAULT_PORT
    assert settings.state_folder == REPOSITORY / ".local"
    assert settings.endpoint_url == f"http://127.0.0.1:{DEFAULT_PORT}"


def test_options_win_over_the_environment(tmp_path: Path) -> None:
    environ = {"PORT": "4600", "LOCAL_STATE": str(tmp_path / "environment")}
    assert of(environ).port == 4600
    assert of(environ).state_folder == tmp_path / "environment"
    assert of(environ, port=4700).port == 4700
    assert of(environ, state=str(tmp_path / "s")).server_log == tmp_path / "s" / "logs" / "aws.log"


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1"])
def test_a_wrong_port_is_named(port: str) -> None:
    with pytest.raises(ValueError, match=f"PORT must be a number from 1 to 65535, not .*{port}"):
        of({"PORT": port})


def test_the_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "credentials.json"
    key = administrator_key(path)
    assert administrator_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key.access_key_id) == 20
    assert administrator_key(tmp_path / "other.json") != key


def test_a_broken_key_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    for content in ("", "[]", '{"access_key_id": "x"}'):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match="does not hold an access key"):
            administrator_key(path)


def test_another_ministack_is_refused() -> None:
    check_version(MINISTACK_VERSION)
    with pytest.raises(RuntimeError, match=r"1\.5\.34 is installed"):
        check_version("1.5.34")


@pytest.mark.parametrize(
    ("log", "message", "name"),
    [
        ("Traceback …\ncheck_input.errors.InputError: no\n", "no", "InputError"),
        ("KeyError: 'a'\nValueError: two\nlines\n", "two\nlines", "ValueError"),
        ("Traceback …\nStopIteration\n", "", "StopIteration"),
        ("INFO: no\n", "nothing of this", "Runtime.HandlerError"),
    ],
)
def test_the_exception_is_the_one_that_the_traceback_ends_with(
    log: str, message: str, name: str
) -> None:
    assert exception_name(log, message) == name


def test_a_bomb_is_not_unzipped_whole() -> None:
    import gzip  # noqa: PLC0415

    bomb = gzip.compress(b"x" * (MAX_PAYLOAD_BYTES * 3))
    unzipped = _unzipped(bomb)
    assert unzipped is not None
    assert len(unzipped) == MAX_PAYLOAD_BYTES + 1
    assert _unzipped(b"plain") is None


def test_step_functions_hands_times_over_in_milliseconds() -> None:
    described = {"CreationTime": 1.5, "Metrics": [{"Timestamp": 2.0, "Value": 2.0}], "Name": "Time"}
    assert _in_milliseconds(described) == {
        "CreationTime": 1500,
        "Metrics": [{"Timestamp": 2000, "Value": 2.0}],
        "Name": "Time",
    }


def test_the_progress_shows_states_and_metrics() -> None:
    assert _entered({"stateEnteredEventDetails": {"name": "Train"}}) == "Train"
    assert _entered({"taskFailedEventDetails": {}}) == ""
    assert _metrics('{"metrics": {"validation:bleu": 99.64321}}') == "validation:bleu 99.64"
    assert _metrics('{"metrics": {}}') == ""
