"""The endpoint as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from serving.endpoint import Endpoint, too_large
from serving.http_messages import HttpRequest, HttpResponse
from serving.settings import BYTES_PER_MB

STOP_SECONDS = 4
"""For calls that still run when the last request has been answered or given up."""
MAX_DISCARDED_BYTES = 128 * BYTES_PER_MB
"""So much of an over-long body is read and dropped, so that its sender gets to read the answer."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class BodyTooLargeError(ValueError):
    """The body has more bytes than this endpoint takes."""


class SenderGoneError(ConnectionError):
    """The connection ended before the body did."""


class Application:
    """Turns ASGI's messages into the endpoint's and back."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.all_work_ended = True
        """After the shutdown: whether no call of the translator runs any more."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._answer(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What a server does between its start and its end."""
        self._endpoint.start()
        try:
            yield
        finally:
            self.all_work_ended = await self._endpoint.stop(STOP_SECONDS)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        limit = self._endpoint.settings.limits.max_body_bytes
        try:
            body = await _read_body(receive, limit)
        except SenderGoneError:
            return
        except BodyTooLargeError:
            await _send(too_large(limit), scope["method"], send)
            return
        answered: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()

        def respond(response: HttpResponse) -> None:
            if not answered.done():
                answered.set_result(response)

        self._endpoint.handle(_request(scope, body), respond)
        response = await answered
        await _send(response, scope["method"], send)
        if response.failure is not None:
            raise response.failure  # the server logs it


def _request(scope: Message, body: bytes) -> HttpRequest:
    content_type, accepts = "", []
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value.decode("latin-1")
        elif name == b"accept":
            accepts.append(value.decode("latin-1"))
    return HttpRequest(scope["method"], scope["path"], content_type, ",".join(accepts), body)


async def _read_body(receive: Receive, limit: int) -> bytes:
    """The whole body; of one over the limit nothing is kept.

    Raises:
        BodyTooLargeError: the body is over the limit.
        SenderGoneError: it will never be whole.
    """
    chunks: list[bytes] = []
    length = 0
    while length <= MAX_DISCARDED_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise SenderGoneError
        chunk = message.get("body", b"")
        length += len(chunk)
        if length <= limit:
            chunks.append(chunk)
        if not message.get("more_body", False):
            break
    if length > limit:
        raise BodyTooLargeError
    return b"".join(chunks)


async def _send(response: HttpResponse, method: str, send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = b"" if method == "HEAD" else response.body
    await send({"type": "http.response.body", "body": body})


def create_application(*args: Any, **kwargs: Any) -> Application:
    """The application of a new endpoint, whose arguments these are."""
    return Application(Endpoint(*args, **kwargs))
