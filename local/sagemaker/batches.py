"""An object of a transform job cut into records, and those put together to requests."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import BinaryIO

from local.sagemaker.errors import JobFailureError
from protocol.recordio import ALIGNMENT, HEADER, MAGIC

SINGLE, MULTI = "SingleRecord", "MultiRecord"


def batches(path: Path, *, split_type: str, strategy: str, max_bytes: int) -> Iterator[bytes]:
    """The bodies of the requests for one object, in order.

    Args:
        path: the object.
        split_type: `None`, `Line` or `RecordIO`.
        strategy: `MultiRecord` puts as many records into a body as it may hold.
        max_bytes: of one body; 0 for no limit.

    Raises:
        JobFailureError: a record is larger than a body may be, or the object is cut short.
    """
    with path.open("rb") as stream:
        body = bytearray()
        for record in _records(stream, split_type, whole=strategy == MULTI):
            if max_bytes and len(record) > max_bytes:
                raise JobFailureError(
                    f"a record of {len(record)} bytes is larger than MaxPayloadInMB allows, "
                    f"{max_bytes} bytes"
                )
            if body and (strategy == SINGLE or 0 < max_bytes < len(body) + len(record)):
                yield bytes(body)
                body.clear()
            body += record
        if body:
            yield bytes(body)


def in_order(
    pool: Executor, call: Callable[[bytes], bytes], bodies: Iterable[bytes], at_once: int
) -> Iterator[bytes]:
    """The answers in the order of the bodies, of which few are under way at a time."""
    waiting: deque[Future[bytes]] = deque()
    try:
        for body in bodies:
            waiting.append(pool.submit(call, body))
            if len(waiting) > at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _records(stream: BinaryIO, split_type: str, *, whole: bool) -> Iterator[bytes]:
    if split_type == "Line":
        yield from stream
    elif split_type == "RecordIO":
        yield from _frames(stream, whole=whole)
    elif content := stream.read():
        yield content


def _frames(stream: BinaryIO, *, whole: bool) -> Iterator[bytes]:
    """Each frame with its header and padding, which SageMaker takes off for single records."""
    while header := stream.read(HEADER.size):
        magic, length = HEADER.unpack(header) if len(header) == HEADER.size else (0, 0)
        if magic != MAGIC:
            raise JobFailureError("the object is not RecordIO: a frame does not begin as one")
        padded = stream.read(length + (-length % ALIGNMENT))
        if len(padded) < length:
            raise JobFailureError("the object is not RecordIO: its last frame is cut short")
        yield header + padded if whole else padded[:length]
