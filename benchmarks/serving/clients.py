"""Many HTTP clients in one cheap process, for they share the cores with what they measure.

Plain sockets and one epoll loop: every connection stays open, sends a request as soon as it has
the answer to the one before, and looks at an answer only as far as its length and status.
"""

import json
import select
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RECEIVE_BYTES = 65536
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length: "
GOOD = b"HTTP/1.1 200 "


class ClientError(RuntimeError):
    """The endpoint gave another answer than 200, or none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What the clients saw."""

    seconds: float
    num_answers: int
    client_cpu_seconds: float
    latencies: list[float]
    """In seconds, in the order of the answers."""


def requests(texts: Sequence[str], beam_size: int) -> list[bytes]:
    """One HTTP request for each text."""
    made = []
    for text in texts:
        instance = {"data": text, "configuration": {"beam_size": beam_size}}
        body = json.dumps({"instances": [instance]}).encode()
        head = (
            "POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def send_all(port: int, prepared: Sequence[bytes], num_clients: int) -> Load:
    """Send every request once and read every answer.

    Raises:
        ClientError: an answer was not 200.
    """
    clients = [_connect(port) for _ in range(min(num_clients, len(prepared)))]
    poll = select.epoll()
    by_number = {client.fileno(): client for client in clients}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    cpu, started = time.process_time(), time.perf_counter()
    latencies = _exchange(poll, by_number, iter(prepared))
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    for client in clients:
        client.close()
    return Load(
        seconds=seconds, num_answers=len(latencies), client_cpu_seconds=cpu, latencies=latencies
    )


def _connect(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def _exchange(
    poll: select.epoll, clients: dict[int, socket.socket], waiting: Iterator[bytes]
) -> list[float]:
    latencies: list[float] = []
    sent_at: dict[int, float] = {}
    partial: dict[int, bytes] = {}
    for number, client in clients.items():
        client.sendall(next(waiting))
        sent_at[number] = time.perf_counter()
    while sent_at:
        for number, _ in poll.poll(60):
            client = clients[number]
            answer = partial.pop(number, b"") + client.recv(RECEIVE_BYTES)
            if not _is_whole(answer):
                partial[number] = answer
                continue
            now = time.perf_counter()
            latencies.append(now - sent_at.pop(number))
            if (following := next(waiting, None)) is not None:
                client.send(following)
                sent_at[number] = now
    return latencies


def _is_whole(answer: bytes) -> bool:
    end = answer.find(END_OF_HEAD)
    if end < 0 and answer:
        return False
    if not answer.startswith(GOOD):
        raise ClientError(f"the endpoint answered {answer[:200]!r}")
    start = answer.index(LENGTH) + len(LENGTH)
    length = int(answer[start : answer.index(b"\r", start)])
    return len(answer) >= end + len(END_OF_HEAD) + length


def main(arguments: Sequence[str]) -> None:
    """Warm up, then load the endpoint: PORT FILE BEAM_SIZE NUM_CLIENTS NUM_WARMUP."""
    port, path, beam_size, num_clients, num_warmup = arguments
    texts = Path(path).read_text(encoding="utf-8").splitlines()
    prepared = requests(texts, int(beam_size))
    if int(num_warmup):
        send_all(int(port), prepared[: int(num_warmup)], int(num_clients))
    print(json.dumps(asdict(send_all(int(port), prepared, int(num_clients)))))


if __name__ == "__main__":
    main(sys.argv[1:])
