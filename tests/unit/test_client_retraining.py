import json
from pathlib import Path

import pytest

from client.retraining import RetrainingOptions
from protocol.retraining import InputError, RetrainingInput


def test_without_options_the_services_defaults_apply() -> None:
    assert RetrainingOptions().to_input() == {"promote": True}


def test_every_option_becomes_its_key_of_the_input() -> None:
    content = RetrainingOptions(
        source="train.en",
        target="train.de",
        validation_source="s3://own/dev.en",
        validation_target="s3://own/dev.de",
        test_source="test.en",
        test_target="test.de",
        max_lines=100,
        subwords=2000,
        cleaning={"max_length": 80, "max_length_ratio": None, "drop_duplicates": True},
        hyperparameters=["batch_size=32", "note=a=b"],
        promote=False,
        force=True,
        wait_for_older=True,
    ).to_input()

    assert content == {
        "corpus": {
            "source": "train.en",
            "target": "train.de",
            "validation_source": "s3://own/dev.en",
            "validation_target": "s3://own/dev.de",
            "test_source": "test.en",
            "test_target": "test.de",
        },
        "max_lines": 100,
        "subwords": 2000,
        "cleaning": {"max_length": 80, "drop_duplicates": True},
        "hyperparameters": {"batch_size": "32", "note": "a=b"},
        "promote": False,
        "force": True,
        "wait": True,
    }
    assert RetrainingInput.parse(content).max_lines == 100


def test_all_lines_are_asked_for_with_null_because_absent_means_the_default() -> None:
    content = RetrainingOptions(max_lines="all").to_input()

    assert content == {"max_lines": None, "promote": True}
    assert RetrainingInput.parse(content).max_lines is None


def test_options_win_over_the_file_of_hyperparameters(tmp_path: Path) -> None:
    path = tmp_path / "hyperparameters.json"
    path.write_text(json.dumps({"batch_size": "64", "num_embed": 128}), encoding="utf-8")

    options = RetrainingOptions(hyperparameters=["batch_size=32"], hyperparameters_file=path)

    assert options.to_input()["hyperparameters"] == {"batch_size": "32", "num_embed": 128}


def test_a_wish_for_tuning_is_passed_on() -> None:
    wish = {"max_jobs": 4, "ranges": {"dropout": {"min": 0.1, "max": 0.3}}}
    assert RetrainingOptions(tuning=json.dumps(wish)).to_input()["tuning"] == wish


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (RetrainingOptions(source="a"), "corpus.target must be given together"),
        (RetrainingOptions(source="a", target="b"), "corpus.validation_source"),
        (RetrainingOptions(max_lines=0), "max_lines must be a positive whole number"),
        (RetrainingOptions(hyperparameters=["batch_size"]), "name=value, not 'batch_size'"),
        (RetrainingOptions(hyperparameters=["=1"]), "name=value"),
        (RetrainingOptions(cleaning={"max_length": 0}), "cleaning.max_length must be a positive"),
        (RetrainingOptions(cleaning={"source_script": "latin"}), "Unicode name, such as Latin"),
        (RetrainingOptions(pretrained_model="model.tar.gz"), "s3://BUCKET/KEY"),
        (RetrainingOptions(initial_model="model.zip"), "initial_model must be s3://BUCKET/KEY"),
        (RetrainingOptions(tuning="{"), "tuning is not JSON"),
        (RetrainingOptions(tuning='{"max_jobs": 0}'), "tuning.max_jobs must be a whole number"),
    ],
)
def test_what_the_service_would_refuse_is_refused_before_it_starts(
    options: RetrainingOptions, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        options.to_input()


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), ("{", "is not JSON"), ("[]", "must hold a JSON object")],
)
def test_a_wrong_file_of_hyperparameters_is_named(
    tmp_path: Path, content: str | None, words: str
) -> None:
    path = tmp_path / "hyperparameters.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=f"hyperparameters.json.*{words}"):
        RetrainingOptions(hyperparameters_file=path).to_input()
