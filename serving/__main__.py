"""`python -m serving`: the endpoint's process from start to SIGTERM."""

import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence

# A request's few sentences are cut into pieces faster by one thread than handed to several.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from serving.endpoint import Endpoint
from serving.server import Server
from serving.settings import ServingSettings, SettingsError

COMMAND = "serve"
SWITCH_SECONDS = 0.0005
"""A translator that has ended a batch does not wait longer than this for Python to be free."""

logger = logging.getLogger("serving")


async def serve(settings: ServingSettings) -> int:
    """Serve until a signal comes or the model turns out not to load; the exit code."""
    failed = False

    def fail() -> None:
        nonlocal failed
        failed = True
        server.stop()

    server = Server(settings, Endpoint(settings, on_load_failure=fail))
    try:
        await server.run()
    except OSError as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all
        return 1
    if not server.all_work_ended:
        # Nobody waits for what still runs, but the interpreter would.
        logger.warning("ending in the middle of a call of the translator, or of loading the model")
        logging.shutdown()
        os._exit(int(failed))
    return int(failed)


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
    sys.setswitchinterval(SWITCH_SECONDS)
    return asyncio.run(serve(settings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
