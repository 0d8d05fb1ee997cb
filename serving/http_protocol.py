"""HTTP/1.1 for the endpoint: one object a connection, no task and one write for a request.

The parsing is llhttp's, through httptools. What this adds is small and is where the time went with
a general server: on two cores that also translate, a task, a handful of coroutines and a second
system call for each request cost more than the translation of a short sentence by a small model.
"""

import asyncio
import logging
from collections import deque
from http import HTTPStatus

import httptools

from protocol.translation import ErrorCode
from serving.endpoint import Endpoint, too_large
from serving.http_messages import HttpRequest, HttpResponse
from serving.settings import BYTES_PER_MB

MAX_HEAD_BYTES = 32 * 1024
MAX_DISCARDED_BYTES = 128 * BYTES_PER_MB
"""So much of an over-long body is read and dropped, so that its sender gets to read the answer."""
MAX_PIPELINED = 16
"""Requests of one connection that wait for the answer to an earlier one; then reading stops."""

logger = logging.getLogger(__name__)


class HttpConnection(asyncio.Protocol):
    """Reads requests, lets the endpoint answer them one after the other, and writes the answers."""

    def __init__(self, endpoint: Endpoint, connections: "set[HttpConnection]") -> None:
        self._endpoint = endpoint
        self._connections = connections
        self._limit = endpoint.settings.limits.max_body_bytes
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[HttpRequest | HttpResponse, bool]] = deque()
        self._is_answering = self._is_receiving = self._is_clogged = False
        self._ends_after_answer = False
        self._is_head = self._keeps_alive = False
        self.active_at = self._loop.time()
        """When something was last received or written."""
        self._url, self._method, self._content_type = b"", "", ""
        self._headers: list[tuple[bytes, bytes]] = []
        self._accept: list[str] = []
        self._body: list[bytes] = []
        self._length = self._head_length = self._announced = 0
        self._is_expecting = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a server makes no others
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._waiting.clear()
        self._connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self.active_at = self._loop.time()
        while data:
            data = self._feed(data)

    def eof_received(self) -> bool:
        """The sender has said all; whether the connection stays, for answers that it waits for."""
        self._is_receiving = False
        self._ends_after_answer = True
        return not self.is_idle

    def pause_writing(self) -> None:
        self._is_clogged = True

    def resume_writing(self) -> None:
        self._is_clogged = False
        self._answer_next()

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._url, self._method, self._content_type = b"", "", ""
        self._headers = []
        self._accept = []
        self._body = []
        self._length = self._head_length = self._announced = 0
        self._is_expecting = False
        self._is_receiving = True

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value))
        name = name.lower()
        self._headers.append((name, value))
        if name == b"content-type":
            self._content_type = value.decode("latin-1")
        elif name == b"accept":
            self._accept.append(value.decode("latin-1"))
        elif name == b"content-length" and len(value) < 20 and value.isdigit():
            self._announced = int(value)
        elif name == b"expect":
            self._is_expecting = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        self._method = self._parser.get_method().decode("latin-1")
        if self._announced > self._limit + MAX_DISCARDED_BYTES or (
            self._is_expecting and self._announced > self._limit
        ):
            self._enqueue(too_large(self._limit), keeps_alive=False)
        elif self._is_expecting and self._transport is not None and not self._is_answering:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._length += len(body)
        if self._length <= self._limit:
            self._body.append(body)
        elif self._length > self._limit + MAX_DISCARDED_BYTES:
            self._enqueue(too_large(self._limit), keeps_alive=False)

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade():
            return
        self._is_receiving = False
        keeps_alive = self._parser.should_keep_alive()
        if self._length > self._limit:
            self._enqueue(too_large(self._limit), keeps_alive=keeps_alive)
            return
        path = self._url.partition(b"?")[0].decode("latin-1")
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body = []
        accept = ",".join(self._accept)
        request = HttpRequest(self._method, path, self._content_type, accept, body)
        self._enqueue(request, keeps_alive=keeps_alive)

    # What the server calls.

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being received, answered or written."""
        return not (self._is_receiving or self._is_answering or self._waiting or self._is_clogged)

    @property
    def is_stalled(self) -> bool:
        """Whether it is the other side's turn, in the middle of a request or of an answer."""
        return not self.is_idle and not self._is_answering

    def end(self) -> None:
        """Take no further request; what is under way is still answered."""
        self._ends_after_answer = True
        if self.is_idle:
            self.close()

    def close(self) -> None:
        """End the connection once what has been written is sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def _feed(self, data: bytes) -> bytes:
        """Let the parser read; what it has to read in another way is returned."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._parser = httptools.HttpRequestParser(self)
            if self._method != "CONNECT":
                return self._head_without_upgrade() + data[upgrade.args[0] :]
            self._refuse("this is not a proxy")
        except httptools.HttpParserError as error:
            self._refuse(f"this is not a request in HTTP/1.1: {error.__context__ or error}")
        return b""

    def _head_without_upgrade(self) -> bytes:
        """The same request without the wish for another protocol, for none is spoken here."""
        lines = [f"{self._method} ".encode("latin-1") + self._url + b" HTTP/1.1"]
        for name, value in self._headers:
            if name == b"connection" and b"close" in value.lower():
                lines.append(b"connection: close")
            elif name not in (b"connection", b"upgrade"):
                lines.append(name + b": " + value)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def _count_head(self, length: int) -> None:
        self._head_length += length
        if self._head_length > MAX_HEAD_BYTES:
            raise ValueError(f"its head is larger than {MAX_HEAD_BYTES} bytes")

    def _refuse(self, message: str) -> None:
        self._is_receiving = False
        self._enqueue(HttpResponse.error(message, ErrorCode.BAD_REQUEST), keeps_alive=False)

    def _enqueue(self, request: HttpRequest | HttpResponse, *, keeps_alive: bool) -> None:
        self._waiting.append((request, keeps_alive))
        if len(self._waiting) > MAX_PIPELINED and self._transport is not None:
            self._transport.pause_reading()
        self._answer_next()

    def _answer_next(self) -> None:
        while self._waiting and not (self._is_answering or self._is_clogged):
            request, self._keeps_alive = self._waiting.popleft()
            self._is_answering = True
            if isinstance(request, HttpResponse):
                self._is_head = False
                self._respond(request)
            else:
                self._is_head = request.method == "HEAD"
                self._endpoint.handle(request, self._respond)

    def _respond(self, response: HttpResponse) -> None:
        self._is_answering = False
        if response.failure is not None:
            logger.error("a request failed", exc_info=response.failure)
        if self._transport is None or self._transport.is_closing():
            return
        is_last = not (self._is_receiving or self._waiting)
        ends = not self._keeps_alive or (self._ends_after_answer and is_last)
        self._transport.write(_encoded(response, with_body=not self._is_head, ends=ends))
        self.active_at = self._loop.time()
        if ends:
            self._transport.close()
            return
        if not self._transport.is_reading():
            self._transport.resume_reading()
        if self._waiting:
            self._loop.call_soon(self._answer_next)


def _encoded(response: HttpResponse, *, with_body: bool, ends: bool) -> bytes:
    status = response.status
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines.append(f"content-length: {len(response.body)}")
    if ends:
        lines.append("connection: close")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head + response.body if with_body else head
