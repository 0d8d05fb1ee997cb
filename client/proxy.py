"""An HTTP server on this machine that signs what it is sent and forwards it to the service.

For programs that cannot sign, such as the clients of other translation services. It knows no route,
changes no body and streams nothing.
"""

import json
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from client.failures import ClientError
from client.proxy_forwarding import Forwarding, Unforwardable
from client.proxy_rules import Refusal, check_caller, check_path, content_length

HOST = "127.0.0.1"
IDLE_SECONDS = 60
"""How long a caller may keep a connection without sending, or be slow in sending a request."""


class SigningProxy(ThreadingHTTPServer):
    """Serves any number of requests at a time, for callers on this machine alone."""

    # Ctrl-C must not wait for requests that are still on their way.
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, port: int, forwarding: Forwarding) -> None:
        """Listen.

        Raises:
            ClientError: another program has the port.
        """
        self.forwarding = forwarding
        try:
            super().__init__((HOST, port), ProxyHandler)
        except OSError as error:
            raise ClientError(
                f"cannot listen on {HOST}:{port}: {error.strerror}; choose another with --port"
            ) from error

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that leaves early is no fault."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"


class ProxyHandler(BaseHTTPRequestHandler):
    """One connection."""

    server: SigningProxy
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    # A head and a body that go out apart would wait 40 ms for each other on a kept connection.
    wbufsize = -1
    disable_nagle_algorithm = True

    def forward(self) -> None:
        """Answer one request with what the service answers to it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = self._checked_body(headers)
            answer = self.server.forwarding.send(self.command, self.path, headers, body)
        except Refusal as refusal:
            # What is left of the request must not be read as the next one.
            self.close_connection = True
            self._refuse(refusal.status, refusal.code, str(refusal))
        except Unforwardable as failure:
            self._refuse(failure.status, failure.code, str(failure))
        else:
            self._answer(answer.status, answer.headers, answer.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = forward  # noqa: N815

    def _checked_body(self, headers: Mapping[str, str]) -> bytes:
        check_path(self.path)
        check_caller(headers, self.server.server_port)
        length = content_length(headers)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the caller left in the middle of a body")
        return body

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> None:
        body = json.dumps({"message": message, "code": code}, ensure_ascii=False).encode()
        self._answer(status, [("content-type", "application/json")], body)

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if self.command == "HEAD":
            body = b""
        elif status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Print nothing: the service keeps the log."""
