"""The serving process as it is measured: started on a free port, asked for its memory, ended."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import BenchmarkError

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
POLL_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class ServingProcess:
    """A process whose `/ping` has answered 200."""

    port: int
    pid: int
    start_seconds: float
    """From the start of the process to the first 200."""

    def resident_bytes(self) -> int:
        """What it holds in memory now."""
        return self._kilobytes("VmRSS") * 1024

    def cpu_seconds(self) -> float:
        """What it has computed for, all threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _kilobytes(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise BenchmarkError(f"the kernel does not tell {name}")


@contextmanager
def serving(root: Path) -> Iterator[ServingProcess]:
    """Run the process on the model in `root/model`.

    Raises:
        BenchmarkError: it ended or did not become ready.
    """
    port = _free_port()
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SAGEMAKER_ROOT": str(root),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SERVING_HOST": "127.0.0.1",
    }
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "serving", "serve"],
        cwd=ROOT,
        env=environ,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_ready(process, port, started)
        yield ServingProcess(port, process.pid, time.perf_counter() - started)
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, started: float) -> None:
    while _ping(port) != 200:
        if process.poll() is not None:
            raise BenchmarkError(f"the serving process ended with {process.returncode}")
        if time.perf_counter() - started > START_SECONDS:
            raise BenchmarkError(f"no /ping 200 in {START_SECONDS} seconds")
        time.sleep(POLL_SECONDS)


def _ping(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
