import json
import socket
from collections.abc import Iterator

import pytest

from protocol.translation import ErrorCode
from translate_api import tracing

TRACE = "Root=1-6921d3c0-2f1c6c0e4f3a5b6c7d8e9f00;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a:0"


@pytest.fixture
def daemon() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        yield listening


def environment(daemon: socket.socket, trace: str = TRACE) -> dict[str, str]:
    host, port = daemon.getsockname()
    return {"AWS_XRAY_DAEMON_ADDRESS": f"{host}:{port}", "_X_AMZN_TRACE_ID": trace}


@pytest.mark.parametrize(
    ("code", "mark", "annotation"),
    [
        (None, None, "ok"),
        (ErrorCode.BAD_REQUEST, "error", "bad_request"),
        (ErrorCode.TIMEOUT, "fault", "timeout"),
    ],
)
def test_a_call_is_a_part_of_its_requests_trace(
    daemon: socket.socket, code: ErrorCode | None, mark: str | None, annotation: str
) -> None:
    tracing.endpoint_called(1000.5, 0.25, code, environment(daemon))

    header, segment = daemon.recv(10_000).split(b"\n", 1)
    assert json.loads(header) == {"format": "json", "version": 1}
    content = json.loads(segment)
    assert content["trace_id"] == "1-6921d3c0-2f1c6c0e4f3a5b6c7d8e9f00"
    assert content["parent_id"] == "53995c3f42cd8ad8"
    assert len(content["id"]) == 16
    assert (content["start_time"], content["end_time"]) == (1000.5, 1000.75)
    assert content["annotations"] == {"code": annotation}
    assert {"error", "fault"} & content.keys() == ({mark} if mark else set())


@pytest.mark.parametrize("trace", ["", "Root=1-a-b;Parent=c;Sampled=0", "nonsense"])
def test_what_x_ray_does_not_sample_is_not_sent(daemon: socket.socket, trace: str) -> None:
    tracing.endpoint_called(0.0, 1.0, None, environment(daemon, trace))
    tracing.endpoint_called(0.0, 1.0, None, {"_X_AMZN_TRACE_ID": TRACE})

    daemon.setblocking(False)
    with pytest.raises(BlockingIOError):
        daemon.recv(10_000)
