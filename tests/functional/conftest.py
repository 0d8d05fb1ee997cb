"""One AWS on this machine for all tests that only add to it, and one deployed REST API."""

from collections.abc import Iterator

import pytest

from tests.functional.local_machine import LocalMachine, running_machine
from tests.functional.rest_service import RestService, deployed_rest_service


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalMachine]:
    with running_machine(tmp_path_factory.mktemp("machine")) as machine:
        yield machine


@pytest.fixture(scope="session")
def rest_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestService]:
    with deployed_rest_service(tmp_path_factory.mktemp("service")) as service:
        yield service
