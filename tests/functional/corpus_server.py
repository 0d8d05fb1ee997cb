"""An HTTP server of corpora that a test can let misbehave, request by request."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from preprocessing.sources.remote import Patience

QUICK = Patience(
    read_timeout_seconds=0.2, attempts_to_open=3, attempts_to_resume=3, backoff_seconds=0
)
"""For servers that are on this machine and broken on purpose."""

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent."""

    path: str
    headers: dict[str, str]


class CorpusServer:
    """Answers each path as a test says, and keeps the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[Request] = []
        self.closing = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(Request(self.path, dict(self.headers)))
                server.answers[self.path.partition("?")[0]](self)

            def log_message(self, *arguments: object) -> None:
                """Keep the test output readable."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def ranges(self) -> list[str | None]:
        """The part that each request asked for."""
        return [request.headers.get("Range") for request in self.requests]


@contextmanager
def running_server() -> Iterator[CorpusServer]:
    server = CorpusServer()
    try:
        yield server
    finally:
        server.close()


def answer(body: bytes, *, status: int = 200, length: int | None = None, **headers: str) -> Answer:
    """The same answer to every request, ranges or not."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return respond


@dataclass(kw_only=True)
class ServedFile:
    """A file on a server that knows ranges and conditions, with a fault for each request to come.

    A fault is another answer, or the number of bytes after which the body is cut.
    """

    content: bytes
    etag: str | None = '"1"'
    last_modified: str | None = None
    knows_ranges: bool = True
    faults: list[Answer | int] = field(default_factory=list)
    num_bodies: int = 0
    stall: threading.Event | None = None
    """Where given, a cut is a silence that lasts until the event."""

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if callable(fault):
            fault(handler)
        elif self.etag and handler.headers.get("If-None-Match") == self.etag:
            self._send(handler, 304, b"")
        elif handler.headers.get("If-Match") not in (None, self.etag):
            self._send(handler, 412, b"")
        else:
            self._send_content(handler, fault)

    def _send_content(self, handler: BaseHTTPRequestHandler, cut_after: int | None) -> None:
        self.num_bodies += 1
        wanted = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        current = handler.headers.get("If-Range") in (None, self.etag, self.last_modified)
        if not (wanted and current and self.knows_ranges):
            self._send(handler, 200, self.content, cut_after)
            return
        start, total = int(wanted[1]), len(self.content)
        if start >= total:
            self._send(handler, 416, b"", None, f"bytes */{total}")
        else:
            part = f"bytes {start}-{total - 1}/{total}"
            self._send(handler, 206, self.content[start:], cut_after, part)

    def _send(
        self,
        handler: BaseHTTPRequestHandler,
        status: int,
        body: bytes,
        cut_after: int | None = None,
        content_range: str | None = None,
    ) -> None:
        headers = {
            "ETag": self.etag,
            "Last-Modified": self.last_modified,
            "Content-Range": content_range,
            "Content-Length": None if status == 304 else str(len(body)),
        }
        handler.send_response(status)
        for name, value in headers.items():
            if value is not None:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body[:cut_after])
        if self.stall and cut_after is not None:
            handler.wfile.flush()
            self.stall.wait()
