import json
from collections.abc import Iterator

import pytest

from check_input import handler
from protocol.retraining import InputError


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "BUCKET": "own",
        "ENGINE": "pytorch",
        "SOURCE_LANGUAGE": "en",
        "TARGET_LANGUAGE": "de",
    }.items():
        monkeypatch.setenv(name, value)
    handler.settings.cache_clear()
    yield
    handler.settings.cache_clear()


def test_the_plan_is_json_as_the_state_machine_reads_it() -> None:
    plan = handler.lambda_handler({"execution": "Nightly 1", "input": {"promote": False}}, None)

    assert json.loads(json.dumps(plan)) == plan
    assert set(plan) == {
        "job_name",
        "preprocessing_arguments",
        "hyperparameters",
        "pretrained_model",
        "promote",
        "execution_prefix",
    }
    assert plan["promote"] is False


def test_a_wrong_input_fails_with_the_name_that_the_state_machine_catches() -> None:
    with pytest.raises(InputError, match="unknown key 'corpora'") as caught:
        handler.lambda_handler({"execution": "x", "input": {"corpora": {}}}, None)
    assert type(caught.value).__name__ == "InputError"
