"""The call of the endpoint in X-Ray's trace of a request, where Lambda traces it.

The SDK that Powertools' tracer is built on takes more than half as long to import as all the rest
of a cold start. What it would send is one datagram to the daemon beside the function.
"""

import json
import os
import secrets
import socket
from collections.abc import Mapping

from protocol.translation import HTTP_STATUS, ErrorCode
from translate_api import request_log

_HEADER = b'{"format": "json", "version": 1}\n'
_NAME = "endpoint"


def endpoint_called(
    started: float, seconds: float, code: ErrorCode | None, environ: Mapping[str, str] = os.environ
) -> None:
    """Send one subsegment, if X-Ray has sampled the request at hand.

    A trace that cannot be sent leaves a line in the log and never costs the caller the answer.

    Args:
        started: seconds since the epoch.
        seconds: until the answer had been read.
        code: what the caller is told, if the call failed.
        environ: Lambda sets the trace anew for every request.
    """
    daemon = environ.get("AWS_XRAY_DAEMON_ADDRESS")
    trace = _fields(environ.get("_X_AMZN_TRACE_ID", ""))
    if not daemon or trace.get("Sampled") != "1":
        return
    segment = {
        "type": "subsegment",
        "name": _NAME,
        "namespace": "remote",
        "id": secrets.token_hex(8),
        "trace_id": trace.get("Root"),
        "parent_id": trace.get("Parent"),
        "start_time": started,
        "end_time": started + seconds,
        "annotations": {"code": str(code or "ok")},
    }
    if code is not None:
        segment["fault" if HTTP_STATUS[code] >= 500 else "error"] = True
    try:
        _send(_HEADER + json.dumps(segment).encode(), daemon)
    except (OSError, ValueError, OverflowError) as error:
        request_log.untraced(error)


def _send(datagram: bytes, daemon: str) -> None:
    """Send one datagram to a daemon at `host:port`."""
    host, _, port = daemon.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(datagram, (host, int(port)))


def _fields(header: str) -> dict[str, str]:
    """`Root=…;Parent=…;Sampled=1` as a mapping."""
    pairs = (part.partition("=") for part in header.split(";"))
    return {key: value for key, _, value in pairs}
