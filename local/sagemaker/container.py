"""One child process in the place of a container: started, stopped and never left behind."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
KILL_AFTER_SECONDS = 120.0
_LAST_LINE_BYTES = 8192


class Container:
    """A command under the launcher, with its output in a log file."""

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.log = log
        self._stopping = threading.Event()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCHER), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The launcher's process id; the command runs as its child."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the command has not ended."""
        return self._process.poll() is None

    @property
    def stopping(self) -> bool:
        """Whether someone asked for the end."""
        return self._stopping.is_set()

    def wait(self, timeout_seconds: float | None = None) -> int | None:
        """The exit code, or None when the time is over first."""
        try:
            code = self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return None
        self._close()
        return code

    def stop(self, kill_after_seconds: float = KILL_AFTER_SECONDS) -> int:
        """SIGTERM, then SIGKILL when the command does not end in time; returns its exit code."""
        self._stopping.set()
        self._order(b"T")
        code = self.wait(kill_after_seconds)
        if code is None:
            self._order(b"K")
            code = self.wait()
        return code if code is not None else 1

    def kill(self) -> None:
        """End the command and its children at once."""
        self._stopping.set()
        self._order(b"K")
        self.wait()

    def _order(self, order: bytes) -> None:
        pipe = self._process.stdin
        with contextlib.suppress(OSError, ValueError):
            if pipe is not None:
                pipe.write(order)
                pipe.flush()

    def _close(self) -> None:
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()


def last_line(log: Path) -> str:
    """The last line that is not empty, for error messages; empty when there is none."""
    try:
        with log.open("rb") as content:
            content.seek(max(0, log.stat().st_size - _LAST_LINE_BYTES))
            lines = content.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
