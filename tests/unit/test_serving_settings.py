from pathlib import Path

import pytest

from nmt.translator import available_cores
from serving.settings import QueueLimits, RequestLimits, ServingSettings, SettingsError


def test_the_defaults_are_those_of_sagemaker() -> None:
    settings = ServingSettings.from_environment({})
    assert settings.model_folder == Path("/opt/ml/model")
    assert (settings.host, settings.port) == ("0.0.0.0", 8080)  # noqa: S104
    assert settings.limits.max_body_bytes == 6 * 1024 * 1024
    assert settings.translator.max_source_length == 1024
    assert settings.limits.seconds < 29
    assert settings.num_threads == settings.translator.num_threads == available_cores()


def test_every_variable_is_read() -> None:
    settings = ServingSettings.from_environment(
        {
            "SAGEMAKER_ROOT": "/somewhere",
            "SAGEMAKER_BIND_TO_PORT": "8081",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": "20",
            "SERVING_HOST": "127.0.0.1",
            "SERVING_THREADS": "3",
            "SERVING_COMPUTE_TYPE": "float32",
            "SERVING_DEVICE": "cpu",
            "SERVING_MAX_SOURCE_PIECES": "200",
            "SERVING_MAX_INSTANCES": "5",
            "SERVING_MAX_BEAM_SIZE": "6",
            "SERVING_MAX_DECODING_LENGTH": "100",
            "SERVING_MAX_BATCH_SIZE": "8",
            "SERVING_MAX_WAITING_SENTENCES": "7",
            "SERVING_MAX_WAITING_PIECES": "900",
            "SERVING_REQUEST_SECONDS": "9",
            "AWS_REGION": "us-east-1",
        }
    )
    assert settings.model_folder == Path("/somewhere/model")
    assert (settings.host, settings.port) == ("127.0.0.1", 8081)
    assert settings.limits == RequestLimits(
        max_body_mb=20,
        max_instances=5,
        max_source_pieces=200,
        max_beam_size=6,
        max_decoding_length=100,
        seconds=9,
    )
    assert settings.queue == QueueLimits(max_sentences=7, max_pieces=900, max_batch_size=8)
    assert settings.num_threads == 3
    translator = settings.translator
    assert (translator.device, translator.compute_type) == ("cpu", "float32")
    assert (translator.num_threads, translator.max_source_length) == (3, 200)


def test_an_empty_variable_is_an_absent_one() -> None:
    empty = dict.fromkeys(("SAGEMAKER_ROOT", "SERVING_HOST", "SERVING_THREADS"), "")
    assert ServingSettings.from_environment(empty) == ServingSettings.from_environment({})


def test_batch_transform_has_more_time_and_more_instances() -> None:
    alone = ServingSettings.from_environment({})
    batch = ServingSettings.from_environment({"SAGEMAKER_BATCH": "true"})
    assert 60 < batch.limits.seconds < 600
    assert batch.limits.max_instances > alone.limits.max_instances


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SAGEMAKER_BIND_TO_PORT", "x", "SAGEMAKER_BIND_TO_PORT must be a whole number"),
        ("SAGEMAKER_BIND_TO_PORT", "70000", "SAGEMAKER_BIND_TO_PORT must be 1 to 65535"),
        ("SERVING_THREADS", "0", "SERVING_THREADS must be a whole number of at least 1, not '0'"),
        ("SERVING_THREADS", "-1", "SERVING_THREADS must be a whole number"),
        ("SERVING_THREADS", "²", "SERVING_THREADS must be a whole number"),
        ("SERVING_DEVICE", "tpu", "SERVING_DEVICE: device must be auto, cpu or cuda"),
        ("SERVING_MAX_BEAM_SIZE", "33", "SERVING_MAX_BEAM_SIZE must be 1 to 32, not 33"),
        ("SERVING_REQUEST_SECONDS", "0", "SERVING_REQUEST_SECONDS must be a whole number"),
        ("SERVING_REQUEST_SECONDS", "9" * 10, "SERVING_REQUEST_SECONDS must be a whole number"),
        ("SERVING_THREAD", "1", "unknown setting SERVING_THREAD; known: SERVING_HOST"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        ServingSettings.from_environment({name: value})
