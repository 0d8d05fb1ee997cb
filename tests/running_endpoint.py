"""The serving process's server and endpoint in a thread of the test's own process."""

import asyncio
import dataclasses
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from serving.endpoint import Endpoint
from serving.server import Server
from serving.settings import ServingSettings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(settings: ServingSettings, **arguments: Any) -> Iterator[httpx.Client]:
    """A client of an endpoint with these settings and arguments, on a port of its own."""
    settings = dataclasses.replace(settings, host="127.0.0.1", port=free_port())
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(settings, stop, arguments)))
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", timeout=20) as client:
            _wait_until_listening(settings.port)
            yield client
    finally:
        stop.set()
        thread.join()


async def _serve(settings: ServingSettings, stop: threading.Event, arguments: Any) -> None:
    server = Server(settings, Endpoint(settings, **arguments))
    running_server = asyncio.create_task(server.run(handles_signals=False))
    while not stop.is_set() and not running_server.done():
        await asyncio.sleep(0.005)
    server.stop()
    await running_server


def _wait_until_listening(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "the server does not listen"
            time.sleep(0.005)
        else:
            return


def wait_until_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + 20
    while client.get("/ping").status_code != 200:
        assert time.monotonic() < deadline, "the endpoint did not become ready"
        time.sleep(0.005)
