"""An endpoint that takes a known time: HTTP over kept connections, in a process of its own.

`python -m benchmarks.api.endpoint MILLISECONDS` prints its port. It measures what each request took
from its last byte to the answer's first, and tells these times when it is asked with GET.
"""

import asyncio
import json
import sys
import time

ANSWER = json.dumps({"predictions": [{"target": "du bist so gut !"}]}).encode()


class Endpoint:
    """One connection at a time is enough; requests come one after another."""

    def __init__(self, work_seconds: float) -> None:
        self._work_seconds = work_seconds
        self._own_seconds: list[float] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = next((line for line in head if line.startswith("content-length:")), ":0")
            await reader.readexactly(int(length.partition(":")[2]))
            started = time.perf_counter()
            if head[0].startswith("get"):
                body, self._own_seconds = json.dumps(self._own_seconds).encode(), []
            else:
                await asyncio.sleep(self._work_seconds)
                body = ANSWER
                self._own_seconds.append(time.perf_counter() - started)
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n" % len(body) + body
            )
            await writer.drain()
        writer.close()


async def _head(reader: asyncio.StreamReader) -> list[str]:
    """The request line and the headers in lower case; nothing when the caller has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return []
    return head.decode("latin-1").lower().split("\r\n")


async def main(work_seconds: float) -> None:
    endpoint = Endpoint(work_seconds)
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) / 1000))
