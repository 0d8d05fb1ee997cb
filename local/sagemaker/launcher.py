"""Runs one command as a container would: started as a script, it imports nothing of ours.

The server holds the other end of standard input. `T` on it passes SIGTERM on, `K` kills; when it
closes, the server is gone, however it died, and the command is killed with all its children.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> int:
    """Run the command to its end; the result is its exit code, 128 + signal when it was killed."""
    wakeup_read, wakeup_write = os.pipe()
    os.set_blocking(wakeup_write, False)
    signal.set_wakeup_fd(wakeup_write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread only
    )
    try:
        _follow(child, wakeup_read)
    finally:
        _kill_group(child, signal.SIGKILL)
    code = child.wait()
    return code if code >= 0 else 128 - code


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _follow(child: "subprocess.Popen[bytes]", wakeup: int) -> None:
    selector = selectors.DefaultSelector()
    selector.register(wakeup, selectors.EVENT_READ)
    selector.register(0, selectors.EVENT_READ)
    while child.poll() is None:
        ready = {key.fd for key, _ in selector.select()}
        if wakeup in ready:
            os.read(wakeup, 1024)
        if 0 in ready:
            orders = os.read(0, 16)
            if not orders or b"K" in orders:
                return
            child.send_signal(signal.SIGTERM)


def _kill_group(child: "subprocess.Popen[bytes]", number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
