"""What the function adds to the endpoint's own time when warm, and how long it takes to start.

It runs out of the bundle that is deployed, with botocore beside it as on Lambda, against an
endpoint over real HTTP. The bundle holds no bytecode, and Lambda's folder cannot be written, so
every start compiles it; that is part of the time here too.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import BenchmarkError, measure
from stacks.bundling import FUNCTIONS, Bundle

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = "translate_api"
START = """
import time
started = time.perf_counter()
import translate_api.handler
imported = time.perf_counter()
translate_api.handler.api()
print(imported - started, time.perf_counter() - imported, time.process_time())
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument("--requests", type=int, default=1000, help="of each kind")
    parser.add_argument("--work", type=float, default=10.0, help="the endpoint's own milliseconds")
    parser.add_argument("--starts", type=int, default=9, help="fresh processes")
    parser.add_argument("--profile", action="store_true", help="print the slowest imports")
    options = parser.parse_args(arguments)
    bundle = Bundle(function=FUNCTION, platform="host", packages=FUNCTIONS[FUNCTION])
    if not bundle.is_fresh():
        raise BenchmarkError(f"{bundle.folder} is not of today's sources; run: make bundle")
    print(f"{os.cpu_count()} cores, {_processor()}, Python {sys.version.split()[0]}")
    if options.profile:
        print(_profile(bundle.folder))
    _report_start([_start(bundle.folder) for _ in range(options.starts)])
    added = _warm(bundle.folder, options.requests, options.work)
    print(f"\nadded to the endpoint's own {options.work:g} ms, {options.requests} requests each:")
    print(f"{'':24}{'median':>10}{'p99':>10}")
    for name, label in (
        ("http", "HTTP alone"),
        ("botocore", "invoke_endpoint"),
        ("function", "the function"),
    ):
        print(f"{label:24}{_median(added[name]):>7.2f} ms{_p99(added[name]):>7.2f} ms")
    print(f"overhead {_median(added['function']):.2f} ms")


@dataclass(frozen=True, slots=True)
class Start:
    """One fresh process, in seconds."""

    imports: float
    client: float
    processor: float
    """Of the whole process, the interpreter's own start included."""


def _report_start(starts: Sequence[Start]) -> None:
    whole = [start.imports + start.client for start in starts]
    print(
        f"start in {len(starts)} fresh processes: "
        f"imports {_median([start.imports for start in starts]):.0f} ms, "
        f"client {_median([start.client for start in starts]):.0f} ms, "
        f"together {_median(whole):.0f} ms ({1000 * min(whole):.0f} to {1000 * max(whole):.0f}); "
        f"processor time with Python's own start "
        f"{_median([start.processor for start in starts]):.0f} ms"
    )


def _start(bundle: Path) -> Start:
    command = [sys.executable, "-P", "-c", START]
    printed = measure(command, folder=bundle, environ=_environment(bundle)).output.split()
    return Start(*map(float, printed))


def _profile(bundle: Path) -> str:
    """The modules that cost the most, what they import included."""
    command = [sys.executable, "-P", "-X", "importtime", "-c", "import translate_api.handler"]
    done = subprocess.run(
        command, cwd=bundle, env=_environment(bundle), capture_output=True, text=True, check=True
    )
    rows = [line.split("|") for line in done.stderr.splitlines() if line.count("|") == 2][1:]
    slowest = sorted(rows, key=lambda row: -int(row[1]))[:25]
    return "\n".join(f"{int(row[1]) / 1000:8.1f} ms {row[2].strip()}" for row in slowest)


def _warm(bundle: Path, num_requests: int, work_milliseconds: float) -> dict[str, list[float]]:
    with _endpoint(work_milliseconds) as port, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seconds.json"
        environ = _environment(bundle) | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        arguments = ["127.0.0.1", str(port), str(num_requests), str(path)]
        measure(
            [sys.executable, "-m", "benchmarks.api.warm", *arguments], folder=ROOT, environ=environ
        )
        return dict(json.loads(path.read_text(encoding="utf-8")))


@contextlib.contextmanager
def _endpoint(work_milliseconds: float) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.api.endpoint", str(work_milliseconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.terminate()


def _environment(bundle: Path) -> dict[str, str]:
    """What Lambda gives the function, and nothing of this machine's AWS."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(bundle),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "NO_PROXY": "127.0.0.1",
        "ENDPOINT_NAME": "translation",
        "MODEL_PARAMETER": "/translation/model",
        "STATE_MACHINE_NAME": "translation-retraining",
        "POWERTOOLS_SERVICE_NAME": "translation-api",
    }


def _median(seconds: Sequence[float]) -> float:
    """In milliseconds."""
    return 1000 * statistics.median(seconds)


def _p99(seconds: Sequence[float]) -> float:
    """In milliseconds."""
    return 1000 * sorted(seconds)[int(0.99 * len(seconds))]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


if __name__ == "__main__":
    main()
