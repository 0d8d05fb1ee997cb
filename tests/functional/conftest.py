"""One AWS on this machine for all tests that only add to it, and two deployed REST APIs."""

from collections.abc import Iterator

import pytest

from tests.functional.local_machine import LocalMachine, running_machine
from tests.functional.rest_service import (
    RestService,
    deployed_keyed_service,
    deployed_rest_service,
)


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalMachine]:
    with running_machine(tmp_path_factory.mktemp("machine")) as machine:
        yield machine


@pytest.fixture(scope="session")
def rest_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestService]:
    with deployed_rest_service(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture(scope="session")
def keyed_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestService]:
    with deployed_keyed_service(tmp_path_factory.mktemp("keyed")) as service:
        yield service


@pytest.fixture(scope="session")
def key(keyed_service: RestService) -> str:
    """The value of the key that the stack's output names."""
    identity = keyed_service.deployment.outputs("api")["ApiKeyId"]
    gateway = keyed_service.machine.client("apigateway")
    return str(gateway.get_api_key(apiKey=identity, includeValue=True)["value"])
