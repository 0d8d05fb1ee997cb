"""The server in the background: started, found again, stopped. A lock says whether it runs."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from local.settings import HOST, REPOSITORY, LocalSettings

START_SECONDS = 60.0
STOP_SECONDS = 30.0
_POLL_SECONDS = 0.1
_SHOWN_LINES = 15


class ServerError(ValueError):
    """The server does not start, or is not as it should be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningServer:
    """A server that holds the lock of its state folder."""

    pid: int
    port: int


def take_lock(settings: LocalSettings, *, patience_seconds: float = 0.0) -> IO[str]:
    """Hold this state folder until the process ends.

    Raises:
        ServerError: another server holds it for longer than the patience; a look takes a moment.
    """
    lock = _lock_file(settings).open("a", encoding="utf-8")
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= deadline:
                lock.close()
                raise ServerError(f"AWS already runs in {settings.state_folder}") from None
            time.sleep(_POLL_SECONDS)
        else:
            return lock


def find(settings: LocalSettings) -> RunningServer | None:
    """The server of this state folder, if one runs; what its file says is true only then."""
    try:
        take_lock(settings).close()
    except ServerError:
        with contextlib.suppress(OSError, ValueError, KeyError):
            content = json.loads(settings.pid_file.read_text(encoding="utf-8"))
            return RunningServer(pid=int(content["pid"]), port=int(content["port"]))
    return None


def of_running(settings: LocalSettings) -> LocalSettings:
    """The settings with the port that the running server has.

    Raises:
        ServerError: none runs.
    """
    running = find(settings)
    if running is None:
        raise ServerError("AWS on this machine does not run; start it with: make up")
    return replace(settings, port=running.port)


def start(settings: LocalSettings) -> None:
    """Start the server in the background and wait until it answers.

    Raises:
        ServerError: one runs already; or it ends instead, or does not answer; with its last words.
    """
    if find(settings) is not None:
        raise ServerError(f"AWS already runs in {settings.state_folder}")
    settings.logs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "local", "serve"]
    command += ["--port", str(settings.port), "--state", str(settings.state_folder)]
    command += ["--code", str(settings.code_folder), "--name", settings.name]
    with settings.server_log.open("ab") as log:
        begin = log.tell()
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not (answers(settings.port) and _is(find(settings), process.pid)):
        if process.poll() is not None:
            raise ServerError(_last_words(settings.server_log, begin))
        if time.monotonic() > deadline:
            os.killpg(process.pid, signal.SIGKILL)
            raise ServerError(f"no answer in {START_SECONDS:.0f} s; see {settings.server_log}")
        time.sleep(_POLL_SECONDS)
    # It is meant to outlive this process; without a result Popen would warn about that.
    process.returncode = 0


def _is(found: RunningServer | None, pid: int) -> bool:
    return found is not None and found.pid == pid


def stop(settings: LocalSettings) -> bool:
    """Stop the server and all that it started; False when none runs.

    Raises:
        ServerError: something listens on its port afterwards.
    """
    running = find(settings)
    if running is None:
        return False
    _signal(running.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while find(settings) is not None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    # The server leads its own group, with the processes of its functions in it.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(running.pid, signal.SIGKILL)
    _wait_for_the_end(running.pid)
    settings.pid_file.unlink(missing_ok=True)
    if is_listening(running.port):
        raise ServerError(f"something still listens on port {running.port}")
    return True


def answers(port: int) -> bool:
    """Whether a server says on this port that it is healthy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}/_ministack/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def is_listening(port: int) -> bool:
    """Whether anything accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def _lock_file(settings: LocalSettings) -> Path:
    settings.state_folder.mkdir(parents=True, exist_ok=True)
    return settings.state_folder / "server.lock"


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait_for_the_end(pid: int) -> None:
    # The process that started the server, if that is this one, must collect it as well.
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    deadline = time.monotonic() + STOP_SECONDS
    while not _has_ended(pid) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # Where process 1 collects nobody, as in many containers, the dead stay in the table.
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return state == "Z"


def _last_words(log: Path, begin: int) -> str:
    with log.open(encoding="utf-8", errors="replace") as content:
        content.seek(begin)
        lines = [line for line in content.read().splitlines() if line.strip()]
    if lines and lines[-1].startswith("serve: "):
        return lines[-1].removeprefix("serve: ")
    return "\n".join(["the server ended at its start:", *lines[-_SHOWN_LINES:], f"(log: {log})"])
