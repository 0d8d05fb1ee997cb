"""One AWS on this machine for all tests that only add to it."""

from collections.abc import Iterator

import pytest

from tests.functional.local_machine import LocalMachine, running_machine


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalMachine]:
    with running_machine(tmp_path_factory.mktemp("machine")) as machine:
        yield machine
