import pytest

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
