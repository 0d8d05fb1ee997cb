"""What every run of the training job within the tests' own process needs."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _own_signal_handler() -> Iterator[None]:
    """The job takes SIGTERM for itself and keeps it, as a process of its own may."""
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)
