import pytest

from check_input.settings import Engine, Settings

ENVIRONMENT = {
    "BUCKET": "own",
    "CORPUS_BUCKETS": "shared, other,",
    "ALLOW_FILE_CORPORA": "true",
    "ENGINE": "pytorch",
    "DEFAULT_HYPERPARAMETERS": '{"batch_size": 64}',
    "SOURCE_LANGUAGE": "en",
    "TARGET_LANGUAGE": "de",
}


def test_the_environment_is_read_once_into_typed_settings() -> None:
    settings = Settings.from_environment(ENVIRONMENT)

    assert settings.readable_buckets == {"own", "shared", "other"}
    assert settings.allow_file_corpora is True
    assert settings.engine is Engine.PYTORCH
    assert settings.default_hyperparameters == {"batch_size": "64"}


def test_lists_and_flags_may_be_absent() -> None:
    left_out = {"CORPUS_BUCKETS", "ALLOW_FILE_CORPORA", "DEFAULT_HYPERPARAMETERS"}
    kept = {name: value for name, value in ENVIRONMENT.items() if name not in left_out}
    settings = Settings.from_environment(kept)

    assert settings.readable_buckets == {"own"}
    assert settings.allow_file_corpora is False
    assert settings.default_hyperparameters == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BUCKET", " "),
        ("ALLOW_FILE_CORPORA", "yes"),
        ("ENGINE", "marian"),
        ("DEFAULT_HYPERPARAMETERS", "{"),
        ("DEFAULT_HYPERPARAMETERS", '["a"]'),
        ("SOURCE_LANGUAGE", ""),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        Settings.from_environment(ENVIRONMENT | {name: value})
    assert type(caught.value) is ValueError
