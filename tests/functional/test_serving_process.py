"""The real process, over a real socket, from start to SIGTERM."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.copying_model import build_word_model

REPOSITORY = Path(__file__).parents[2]
SERVE = ("-m", "serving", "serve")
SLOW = """
import os, sys, threading, time
from pathlib import Path
from nmt.translator import Translator
from serving.__main__ import main

search = Translator.search

def slow(translator, *arguments, **others):
    thread = threading.current_thread().name
    if thread.startswith("translation"):
        (Path(os.environ["CALLS"]) / thread).touch()
        time.sleep(float(os.environ["CALL_SECONDS"]))
    return search(translator, *arguments, **others)

Translator.search = slow
sys.exit(main(["serve"]))
"""
"""The process with a translator whose calls last as long as they are told to."""
LOADING = """
import sys, time
import serving.endpoint
from serving.__main__ import main

serving.endpoint.load_tried_model = lambda settings: time.sleep(1000)
sys.exit(main(["serve"]))
"""
"""The process with a model that is never loaded."""
STOPPED_SECONDS = 15
"""More than ending takes on a busy machine, and less than waiting for eight calls one by one."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    root: Path, port: int, program: Sequence[str] = SERVE, **environ: str
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *program],
        cwd=REPOSITORY,
        env={**os.environ, **_environment(root, port), **environ},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _environment(root: Path, port: int) -> Mapping[str, str]:
    return {
        "SAGEMAKER_ROOT": str(root),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SERVING_HOST": "127.0.0.1",
        "PYTHONPATH": str(REPOSITORY),
    }


def ping(port: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_until_ready(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 30
    while ping(port) != 200:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, "no /ping 200 in 30 seconds"
        time.sleep(0.02)


def wait_for_files(folder: Path, number: int) -> None:
    deadline = time.monotonic() + 30
    while len(list(folder.iterdir())) < number:
        assert time.monotonic() < deadline, f"not {number} files in 30 seconds"
        time.sleep(0.02)


def status_of(port: int, text: str) -> int:
    try:
        with urllib.request.urlopen(invocation(port, text), timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def invocation(port: int, text: str) -> urllib.request.Request:
    return urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        data=json.dumps({"instances": [{"data": text}]}).encode(),
        headers={"Content-Type": "application/json"},
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ml")
    build_word_model(folder / "model")
    return folder


def test_serves_until_sigterm_and_ends_with_zero(root: Path) -> None:
    port = free_port()
    with serving(root, port) as process:
        wait_until_ready(process, port)
        with urllib.request.urlopen(invocation(port, "this is so cool"), timeout=10) as answer:
            assert json.load(answer) == {"predictions": [{"target": "das ist so kühl"}]}
        process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=15)[1]
    assert process.returncode == 0, log
    assert "serving the model of training job copying-model on cpu, int8" in log


def test_a_request_that_is_under_way_is_answered_after_sigterm(root: Path) -> None:
    port = free_port()
    body = json.dumps({"instances": [{"data": "you are good"}]}).encode()
    head = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with serving(root, port) as process:
        wait_until_ready(process, port)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            request = f"POST /invocations HTTP/1.1\r\nHost: localhost\r\n{head}".encode()
            connection.sendall(request + body[:-1])
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.2)
            connection.sendall(body[-1:])
            answer = connection.makefile("rb").read()
        process.communicate(timeout=15)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b'{"predictions": [{"target": "du bist gut"}]}')
    assert process.returncode == 0


def test_a_call_that_runs_at_sigterm_is_answered(root: Path, tmp_path: Path) -> None:
    port = free_port()
    calls = {"CALLS": str(tmp_path), "CALL_SECONDS": "2"}
    with serving(root, port, ("-c", SLOW), **calls) as process, ThreadPoolExecutor() as callers:
        wait_until_ready(process, port)
        status = callers.submit(status_of, port, "you are good")
        wait_for_files(tmp_path, 1)
        process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=STOPPED_SECONDS)[1]
        assert status.result() == 200
    assert process.returncode == 0, log
    assert "in the middle" not in log


def test_calls_that_never_end_do_not_hold_up_the_end(root: Path, tmp_path: Path) -> None:
    port, number = free_port(), 8
    environ = {
        "CALLS": str(tmp_path),
        "CALL_SECONDS": "1000",
        "SERVING_THREADS": str(number),
        "SERVING_REQUEST_SECONDS": "1",
    }
    with (
        serving(root, port, ("-c", SLOW), **environ) as process,
        ThreadPoolExecutor(number) as callers,
    ):
        wait_until_ready(process, port)
        statuses = callers.map(status_of, [port] * number, ["you are good"] * number)
        wait_for_files(tmp_path, number)
        process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=STOPPED_SECONDS)[1]
        assert set(statuses) == {504}
    assert process.returncode == 0, log
    assert "ending in the middle of a call of the translator" in log


def test_a_model_that_is_never_loaded_does_not_hold_up_the_end(root: Path) -> None:
    port = free_port()
    with serving(root, port, ("-c", LOADING)) as process:
        deadline = time.monotonic() + 30
        while ping(port) != 503:
            assert time.monotonic() < deadline, "the process does not listen"
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=STOPPED_SECONDS)[1]
    assert process.returncode == 0, log


def test_an_over_large_body_is_answered_while_it_is_still_sent(root: Path) -> None:
    port = free_port()
    with serving(root, port) as process:
        wait_until_ready(process, port)
        request = invocation(port, "x" * 20_000_000)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        with caught.value as answer:
            assert answer.code == 413
            assert json.load(answer)["code"] == "too_large"


def test_a_missing_model_ends_the_process_with_its_reason(tmp_path: Path) -> None:
    with serving(tmp_path, free_port()) as process:
        log = process.communicate(timeout=15)[1]
    assert process.returncode == 1
    assert f"{tmp_path}/model/manifest.json: cannot be read" in log


def test_a_port_in_use_ends_the_process_with_its_reason(root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with serving(root, taken.getsockname()[1]) as process:
            log = process.communicate(timeout=15)[1]
    assert process.returncode != 0
    assert "address already in use" in log


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"SAGEMAKER_BIND_TO_PORT": "http"}, "SAGEMAKER_BIND_TO_PORT must be a whole number"),
        ({"SERVING_PROT": "1"}, "unknown setting SERVING_PROT"),
    ],
)
def test_a_wrong_setting_ends_the_process_with_its_reason(
    root: Path, environ: dict[str, str], message: str
) -> None:
    with serving(root, free_port(), **environ) as process:
        log = process.communicate(timeout=15)[1]
    assert process.returncode == 1
    assert message in log
