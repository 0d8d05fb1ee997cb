"""One connection to an endpoint in this process: what an event loop's transport does, in memory."""

import asyncio
import re
from collections.abc import Iterable, Iterator

from benchmarks.fuzz.verdicts import Answer, ViolationError, expect
from serving.endpoint import Endpoint
from serving.http_protocol import HttpConnection

STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [A-Za-z -]+")


class MemoryTransport(asyncio.Transport):
    """Keeps what is written; nothing is ever clogged."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.changed = asyncio.Event()
        self._is_closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))
        self.changed.set()

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True
        self.changed.set()

    abort = close

    def is_reading(self) -> bool:
        return True

    def pause_reading(self) -> None:
        """What has arrived is fed anyway."""

    resume_reading = pause_reading


async def exchange(
    endpoint: Endpoint,
    parts: Iterable[bytes],
    *,
    stays: bool = True,
    closes: bool = False,
    is_head: bool = False,
) -> list[Answer]:
    """Send bytes over a new connection and read all answers, until it is the sender's turn again.

    Args:
        endpoint: with its model loaded.
        parts: the bytes, as they arrive.
        stays: whether the sender waits for the answers; otherwise there are none.
        closes: whether the sender closes its side after the last of them.
        is_head: whether the answers come without their bodies.

    Raises:
        ViolationError: the connection failed, or what it wrote is not HTTP.
    """
    transport = MemoryTransport()
    connection = HttpConnection(endpoint, set())
    connection.connection_made(transport)
    for part in parts:
        if transport.is_closing():
            break
        _feed(connection, part)
    if closes and not (transport.is_closing() or connection.eof_received()):
        transport.close()
    while stays and not (transport.is_closing() or await _is_senders_turn(connection)):
        transport.changed.clear()
        await transport.changed.wait()
    transport.close()
    connection.connection_lost(None)
    return list(_answers(b"".join(transport.written), is_head=is_head)) if stays else []


def _feed(connection: HttpConnection, part: bytes) -> None:
    try:
        connection.data_received(part)
    except Exception as error:
        raise ViolationError(f"the connection raised {error!r}") from error


async def _is_senders_turn(connection: HttpConnection) -> bool:
    # The next request of those that have arrived is begun in the loop's next round.
    await asyncio.sleep(0)
    return connection.is_idle or connection.is_stalled


def _answers(wire: bytes, *, is_head: bool) -> Iterator[Answer]:
    while wire:
        head, end, wire = wire.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        status_line = STATUS_LINE.fullmatch(first)
        if not end or status_line is None:
            raise ViolationError(f"not an answer in HTTP: {head[:200]!r}")
        status = int(status_line[1])
        if status < 200:
            continue
        pairs = [line.decode("latin-1").partition(": ")[::2] for line in lines]
        headers = dict(pairs)
        expect(len(headers) == len(pairs), f"a header twice: {pairs}")
        length = headers.get("content-length", "")
        expect(length.isdigit(), f"content-length is {length!r}")
        # Of a head that cannot be read nobody knows the method, and the connection ends.
        is_last = headers.get("connection") == "close" and bool(wire)
        size = int(length) if is_last or not is_head else 0
        expect(len(wire) >= size, f"{len(wire)} of {size} bytes of the body")
        yield Answer(status=status, headers=headers, body=wire[:size])
        wire = wire[size:]
