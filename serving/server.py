"""Listens, and drains when it is told to stop."""

import asyncio
import logging
import signal

from serving.endpoint import Endpoint
from serving.http_protocol import HttpConnection
from serving.settings import ServingSettings

BACKLOG = 1024
DRAIN_SECONDS = 25
"""SageMaker kills a container 30 seconds after SIGTERM."""
STOP_SECONDS = 3
"""For all calls of the translator that still run when nobody waits for them any more, and for
the model if it is still being loaded."""
IDLE_SECONDS = 90
"""An open connection without a request is closed after this; SageMaker reuses its own."""
STALLED_SECONDS = 30
"""A request that is sent, or an answer that is read, with longer pauses is given up."""
SWEEP_SECONDS = 5
POLL_SECONDS = 0.02

logger = logging.getLogger(__name__)


class Server:
    """One endpoint on one port; `run` returns when it has ended."""

    def __init__(self, settings: ServingSettings, endpoint: Endpoint) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._connections: set[HttpConnection] = set()
        self._stopping = asyncio.Event()
        self.all_work_ended = True
        """Afterwards: whether no call of the translator runs any more, nor anything else."""

    async def run(self, *, handles_signals: bool = True) -> None:
        """Serve until a signal or `stop` comes, then drain.

        Raises:
            OSError: the port cannot be listened on.
        """
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(
            lambda: HttpConnection(self._endpoint, self._connections),
            self._settings.host,
            self._settings.port,
            backlog=BACKLOG,
        )
        for number in (signal.SIGTERM, signal.SIGINT) if handles_signals else ():
            loop.add_signal_handler(number, self.stop)
        self._endpoint.start()
        logger.info("listening on %s:%d", self._settings.host, self._settings.port)
        sweeping = loop.create_task(self._sweep())
        await self._stopping.wait()
        sweeping.cancel()
        listener.close()
        await self._drain()
        self.all_work_ended = await self._endpoint.stop(STOP_SECONDS)

    def stop(self) -> None:
        """Begin to drain; for the event loop's thread."""
        self._stopping.set()

    async def _drain(self) -> None:
        logger.info("draining %d connections", len(self._connections))
        for connection in list(self._connections):
            connection.end()
        deadline = asyncio.get_running_loop().time() + DRAIN_SECONDS
        while self._connections and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(POLL_SECONDS)
        for connection in list(self._connections):
            connection.abort()

    async def _sweep(self) -> None:
        """Close connections on which nothing happens."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = asyncio.get_running_loop().time()
            for connection in list(self._connections):
                pause = now - connection.active_at
                if connection.is_idle and pause > IDLE_SECONDS:
                    connection.close()
                elif connection.is_stalled and pause > STALLED_SECONDS:
                    connection.abort()
