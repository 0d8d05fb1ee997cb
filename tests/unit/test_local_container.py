import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from local.sagemaker.container import LAUNCHER, Container, last_line

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
POLITE = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))"


def listening(to_sigterm: str) -> list[str]:
    code = f"import signal, sys, time; {to_sigterm}; print('up', flush=True); time.sleep(60)"
    return [sys.executable, "-c", code]


def start(command: list[str], folder: Path) -> Container:
    return Container(command, environment=os.environ, folder=folder, log=folder / "c.log")


def wait_for_word(folder: Path, word: str) -> None:
    deadline = time.monotonic() + 10
    while word not in (folder / "c.log").read_text(encoding="utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_exit_code_and_the_output_come_through(tmp_path: Path) -> None:
    container = start([sys.executable, "-c", "print('words'); raise SystemExit(3)"], tmp_path)
    assert container.wait() == 3
    assert not container.running
    assert last_line(tmp_path / "c.log") == "words"


def test_wait_gives_none_when_the_time_is_over(tmp_path: Path) -> None:
    container = start(SLEEP, tmp_path)
    assert container.wait(0.05) is None
    container.kill()
    assert not container.running


def test_stop_lets_the_process_end_by_itself(tmp_path: Path) -> None:
    container = start(listening(POLITE), tmp_path)
    wait_for_word(tmp_path, "up")
    assert container.stop() == 5
    assert container.stopping


def test_stop_kills_who_does_not_listen(tmp_path: Path) -> None:
    container = start(listening(STUBBORN), tmp_path)
    wait_for_word(tmp_path, "up")
    assert container.stop(kill_after_seconds=0.1) == 128 + signal.SIGKILL


def test_a_command_that_is_not_there_ends_at_once(tmp_path: Path) -> None:
    container = start(["/nowhere/at-all"], tmp_path)
    assert container.wait() == 1
    assert "/nowhere/at-all" in last_line(tmp_path / "c.log")


def test_the_command_dies_with_whoever_holds_the_launchers_input(tmp_path: Path) -> None:
    grandchild = "import os, subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', "
    grandchild += "'import time; time.sleep(60)']); print(os.getpid(), p.pid, flush=True); "
    command = [sys.executable, "-c", grandchild + "time.sleep(60)"]
    launcher = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert launcher.stdin is not None
    assert launcher.stdout is not None
    pids = [int(word) for word in launcher.stdout.readline().split()]
    launcher.stdin.close()
    assert launcher.wait(10) == 128 + signal.SIGKILL
    launcher.stdout.close()
    for pid in pids:
        assert not _runs(pid)


def _runs(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


def test_the_last_line_is_the_last_that_says_something(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert last_line(log) == ""
    log.write_bytes("first\nschön\n\n  \n".encode() + b"\n")
    assert last_line(log) == "schön"
    log.write_bytes(b"\xff broken\n")
    assert last_line(log).endswith("broken")
