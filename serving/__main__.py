"""`python -m serving`: the endpoint's process from start to SIGTERM."""

import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence

import uvicorn

from serving.application import create_application
from serving.settings import ServingSettings, SettingsError

COMMAND = "serve"
DRAIN_SECONDS = 25
"""SageMaker kills a container 30 seconds after SIGTERM."""

logger = logging.getLogger("serving")


class ServingProcess:
    """The HTTP server around the application; a model that cannot be loaded ends it."""

    def __init__(self, settings: ServingSettings) -> None:
        self._failed = False
        self._application = create_application(settings, on_load_failure=self._fail)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._application,
                host=settings.host,
                port=settings.port,
                http="httptools",
                loop="asyncio",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )

    def run(self) -> int:
        # uvicorn drains and then raises the signal anew for whoever handled it before; with these
        # handlers a drained process ends by itself, with exit code 0.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)
        self._server.run()
        code = 1 if self._failed or not self._server.started else 0
        if not self._application.all_work_ended:
            # Nobody waits for the call that still runs, but the interpreter would.
            logger.warning("ending in the middle of a call of the translator")
            logging.shutdown()
            os._exit(code)
        return code

    def _fail(self) -> None:
        self._failed = True
        self._server.should_exit = True


def main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Serve until a signal comes; 0 after draining, something else when it cannot."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if list(argv) not in ([], [COMMAND]):
        logger.error("unknown command %s; the only one is: %s", " ".join(argv), COMMAND)
        return 2
    try:
        settings = ServingSettings.from_environment(environ)
    except SettingsError as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all
        return 1
    return ServingProcess(settings).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
