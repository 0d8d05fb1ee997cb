"""Serving processes on this machine that live and do not answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.sagemaker import hosting
from local.sagemaker.host import Host
from local.settings import ACCOUNT, REGION
from tests.functional.local_machine import eventually

SERVING = """
import os, pathlib
from http.server import BaseHTTPRequestHandler, HTTPServer

root = pathlib.Path(os.environ["SAGEMAKER_ROOT"])
(root / "sick").unlink(missing_ok=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        with (root / "pings").open("a") as pings:
            pings.write("x")
        self.send_response(500 if (root / "sick").exists() else 200)
        self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[hosting.Fleet]:
    monkeypatch.setattr(hosting, "PING_EVERY_SECONDS", 0.05)
    code = tmp_path / "code" / "serving"
    code.mkdir(parents=True)
    (code / "__main__.py").write_text(SERVING, encoding="utf-8")
    host = Host(
        endpoint_url="http://127.0.0.1:1",
        region=REGION,
        account=ACCOUNT,
        state_folder=tmp_path / "state",
        code_folder=tmp_path / "code",
        assume=lambda _role, _session: {},
    )
    model = {"PrimaryContainer": {}, "EnableNetworkIsolation": True}
    fleet = hosting.Fleet(host, endpoint="e", config="c", variant="v", model=model)
    fleet.start()
    yield fleet
    fleet.kill()


def test_a_process_that_fails_its_pings_is_replaced(fleet: hosting.Fleet) -> None:
    first = fleet.pid
    (fleet._root / "sick").touch()
    eventually(lambda: fleet.pid != first and fleet.healthy)
    assert not (fleet._root / "sick").exists()


def test_a_process_that_answers_stays(fleet: hosting.Fleet) -> None:
    first = fleet.pid
    pings = fleet._root / "pings"
    eventually(lambda: len(pings.read_text()) > 2 * hosting.MAX_FAILED_PINGS)
    assert (fleet.pid, fleet.healthy) == (first, True)
