from pathlib import Path

import pytest

from translate_api.clients import Clients
from translate_api.endpoint import STALE_CONNECTION_SECONDS
from translate_api.settings import Settings

ENVIRONMENT = {
    "ENDPOINT_NAME": "translation",
    "MODEL_PARAMETER": "/translation/model",
    "STATE_MACHINE_NAME": "translation-retraining",
}


def test_the_environment_is_read_into_settings() -> None:
    assert Settings.from_environment(ENVIRONMENT) == Settings(
        endpoint_name="translation",
        model_parameter="/translation/model",
        state_machine_name="translation-retraining",
    )


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Settings.from_environment(ENVIRONMENT | {name: ""})


def test_every_call_ends_before_api_gateway_gives_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    clients = Clients()

    runtime, ssm, s3 = (client.meta.config for client in (clients.runtime, clients.ssm, clients.s3))
    assert runtime.retries["total_max_attempts"] == 1
    longest = STALE_CONNECTION_SECONDS + runtime.connect_timeout + runtime.read_timeout
    assert longest < 28, "Lambda ends the function then"
    look_ups = sum(
        (config.connect_timeout + config.read_timeout) * config.retries["total_max_attempts"]
        for config in (ssm, s3)
    )
    assert look_ups < 29
