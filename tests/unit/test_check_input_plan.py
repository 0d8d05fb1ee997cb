from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from check_input.plan import make_plan
from check_input.settings import Engine, Settings
from preprocessing.arguments import job_settings
from protocol.retraining import Cleaning, InputError

SETTINGS = Settings(
    bucket="own",
    corpus_buckets=frozenset({"shared"}),
    allow_file_corpora=False,
    engine=Engine.PYTORCH,
    default_hyperparameters={"num_embed": "512", "batch_size": "64"},
    source_language="en",
    target_language="de",
)
CORPUS = {
    "source": "s3://own/corpora/train.en.gz",
    "target": "s3://shared/train.de.gz",
    "validation_source": "https://example.org/dev.tgz#dev.en",
    "validation_target": "https://example.org/dev.tgz#dev.de",
}


def plan(content: Any, **changes: Any) -> dict[str, Any]:
    return make_plan("retrain-1", content, replace(SETTINGS, **changes)).as_dict()


def reason(content: Any, **changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        plan(content, **changes)
    return str(caught.value)


def test_an_empty_input_plans_the_walk_through() -> None:
    planned = plan({})

    assert planned["job_name"] == "retrain-1"
    assert planned["execution_prefix"] == "executions/retrain-1"
    assert planned["preprocessing_arguments"][0] == "--train-source"
    assert planned["preprocessing_arguments"][1].endswith("corpus.tc.en.gz")
    assert planned["preprocessing_arguments"][-2:] == ["--max-lines", "10000"]
    assert planned["pretrained_model"] == ""
    assert planned["promote"] is True


def test_a_corpus_of_ones_own_is_passed_on_whole() -> None:
    arguments = plan({"corpus": CORPUS, "max_lines": 500, "subwords": 2000})[
        "preprocessing_arguments"
    ]

    assert arguments == [
        *("--train-source", CORPUS["source"], "--train-target", CORPUS["target"]),
        *("--val-source", CORPUS["validation_source"], "--val-target", CORPUS["validation_target"]),
        *("--max-lines", "500", "--subwords", "2000"),
    ]


def test_cleaning_becomes_arguments_that_the_job_understands(tmp_path: Path) -> None:
    cleaning = {
        "max_length": 80,
        "max_length_ratio": 2.5,
        "drop_duplicates": True,
        "drop_identical": False,
        "source_script": "Latin",
        "target_script": "Han+Hiragana",
        "detokenize_source": "en",
        "detokenize_target": None,
    }

    arguments = plan({"corpus": CORPUS, "cleaning": cleaning})["preprocessing_arguments"]

    assert arguments[8:] == [
        *("--max-length", "80", "--max-length-ratio", "2.5", "--drop-duplicates"),
        *("--source-script", "Latin", "--target-script", "Han+Hiragana"),
        *("--detokenize-source", "en"),
    ]
    assert job_settings(arguments, tmp_path).cleaning == Cleaning.parse(cleaning)


def test_without_max_lines_a_corpus_of_ones_own_is_read_whole() -> None:
    assert "--max-lines" not in plan({"corpus": CORPUS})["preprocessing_arguments"]


def test_given_hyperparameters_win_over_the_defaults_and_become_strings() -> None:
    given = {"batch_size": 32, "optimized_metric": "bleu", "rnn_num_hidden": None, "tied": True}

    assert plan({"hyperparameters": given})["hyperparameters"] == {
        "source_language": "en",
        "target_language": "de",
        "num_embed": "512",
        "batch_size": "32",
        "optimized_metric": "bleu",
        "tied": "true",
    }


def test_the_builtin_engine_gets_no_hyperparameters_of_ours() -> None:
    assert plan({}, engine=Engine.BUILTIN)["hyperparameters"] == SETTINGS.default_hyperparameters


def test_a_bucket_that_the_jobs_may_not_read_is_named_with_the_remedy() -> None:
    message = reason({"corpus": CORPUS | {"target": "s3://foreign/train.de"}})

    assert message.startswith("corpus.target: the jobs may not read the bucket 'foreign'")
    assert "only own, shared" in message
    assert "corpus_buckets" in message


@pytest.mark.parametrize("path", ["/data/train.en", "train.en", "file:///data/train.en"])
def test_file_paths_are_refused_unless_they_are_allowed(path: str) -> None:
    content = {"corpus": CORPUS | {"source": path}}

    assert "s3://own/corpora/" in reason(content)
    assert path in plan(content, allow_file_corpora=True)["preprocessing_arguments"]


def test_a_pretrained_model_comes_from_a_readable_bucket() -> None:
    assert plan({"pretrained_model": "s3://own/m/model.tar.gz", "promote": False}) == plan({}) | {
        "pretrained_model": "s3://own/m/model.tar.gz",
        "preprocessing_arguments": [],
        "test_set": "",
        "promote": False,
    }
    assert "'foreign'" in reason({"pretrained_model": "s3://foreign/model.tar.gz"})


def test_a_pretrained_model_contradicts_what_would_steer_training() -> None:
    content = {"pretrained_model": "s3://own/m/model.tar.gz", "max_lines": 10}

    assert reason(content).startswith("pretrained_model skips training, so max_lines")


def test_a_pretrained_model_contradicts_cleaning_too() -> None:
    content = {"pretrained_model": "s3://own/m/model.tar.gz", "cleaning": {"drop_identical": True}}

    assert reason(content).startswith("pretrained_model skips training, so cleaning")


def test_an_initial_model_goes_to_preprocessing_and_training() -> None:
    uri = "s3://shared/m/model.tar.gz"
    planned = plan({"corpus": CORPUS, "initial_model": uri})

    assert planned["initial_model"] == uri
    assert planned["preprocessing_arguments"][-2:] == ["--initial-model", uri]
    assert plan({})["initial_model"] == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"initial_model": "s3://foreign/model.tar.gz"}, "initial_model: the jobs may not read"),
        ({"initial_model": "model.tar.gz"}, "initial_model must be s3://BUCKET/KEY"),
        ({"initial_model": f"s3://own/{'m' * 250}.tar.gz"}, "initial_model has 266 characters"),
        ({"initial_model": "s3://own/model.tar.gz", "subwords": 10}, "initial_model brings"),
        (
            {"initial_model": "s3://own/a.tar.gz", "pretrained_model": "s3://own/b.tar.gz"},
            "pretrained_model skips training, so initial_model",
        ),
    ],
)
def test_an_initial_model_that_cannot_be_gone_on_from(
    content: dict[str, object], message: str
) -> None:
    assert reason(content).startswith(message)


def test_the_builtin_engine_refuses_subwords_with_the_reason() -> None:
    assert "splits a sentence at spaces" in reason({"subwords": 8000}, engine=Engine.BUILTIN)


def test_more_hyperparameters_than_sagemaker_takes_are_refused() -> None:
    plan({"hyperparameters": {f"h{i}": i for i in range(96)}})

    assert "101 of them" in reason({"hyperparameters": {f"h{i}": i for i in range(97)}})


def test_a_hyperparameter_needs_a_name() -> None:
    assert "SageMaker takes 1 to 256" in reason({"hyperparameters": {"": "1"}})


@pytest.mark.parametrize("content", [None, [], "x", {"corpora": {}}, {"max_lines": 0}])
def test_what_the_protocol_refuses_is_refused(content: Any) -> None:
    assert reason(content)


TEST_SET = {"test_source": "s3://own/test.en", "test_target": "s3://shared/test.de"}


def test_a_test_set_goes_to_preprocessing(tmp_path: Path) -> None:
    assert plan({})["test_set"] == "validation"
    planned = plan({"corpus": CORPUS | TEST_SET})
    assert planned["test_set"] == "test"
    arguments = planned["preprocessing_arguments"]
    expected = ["--test-source", "s3://own/test.en", "--test-target", "s3://shared/test.de"]
    assert arguments[-4:] == expected
    settings = job_settings(arguments, tmp_path)
    assert settings.test is not None
    assert (settings.test.source, settings.test_only) == (TEST_SET["test_source"], False)


def test_the_first_lines_of_wmt17_can_have_another_test_set() -> None:
    assert "10000" in plan({"corpus": TEST_SET})["preprocessing_arguments"]


def test_a_pretrained_model_may_come_with_a_test_set(tmp_path: Path) -> None:
    given = {"pretrained_model": "s3://own/model.tar.gz", "corpus": TEST_SET}
    planned = plan(given | {"cleaning": {"detokenize_target": "de"}})
    assert planned["test_set"] == "test"
    settings = job_settings(planned["preprocessing_arguments"], tmp_path)
    assert settings.test_only
    assert settings.cleaning.detokenize_target == "de"
    assert "corpus.source would have no effect" in reason(given | {"corpus": CORPUS | TEST_SET})
    assert "cleaning.max_length would" in reason(given | {"cleaning": {"max_length": 9}})


def test_the_bucket_of_a_test_set_must_be_readable() -> None:
    foreign = TEST_SET | {"test_target": "s3://foreign/test.de"}
    assert reason({"corpus": foreign}).startswith("corpus.test_target: the jobs may not read")


def test_the_builtin_engine_takes_no_test_set() -> None:
    told = reason({"corpus": TEST_SET}, engine=Engine.BUILTIN)
    assert told.startswith("corpus.test_source would have no effect with the engine builtin")


def test_force_and_wait_are_passed_on() -> None:
    assert (plan({})["force"], plan({})["wait"]) == (False, False)
    planned = plan({"force": True, "wait": True})
    assert (planned["force"], planned["wait"]) == (True, True)
    assert reason({"force": "yes"}) == "force must be true or false, not 'yes'"
