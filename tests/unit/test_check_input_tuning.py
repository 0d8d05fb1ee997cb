import re
from pathlib import Path
from typing import Any

import pytest

from check_input.tuning import plan_tuning
from protocol.retraining import InputError
from protocol.tuning import MAX_RANGES, TUNABLES, Tuning, TuningError


def planned(
    ranges: dict[str, Any] | None = None,
    own: dict[str, str] | None = None,
    defaults: dict[str, str] | None = None,
    *,
    is_builtin: bool = False,
) -> dict[str, Any]:
    own = own or {}
    tuning = Tuning.parse({"max_jobs": 6, "max_parallel_jobs": 2, "ranges": ranges})
    merged = {**(defaults or {}), **own}
    return plan_tuning(tuning, own=own, merged=merged, is_builtin=is_builtin)


def searched(plan: dict[str, Any]) -> dict[str, Any]:
    return {
        found["Name"]: found.get("Values") or (found["MinValue"], found["MaxValue"])
        for ranges in plan["ranges"].values()
        for found in ranges
    }


def test_without_ranges_the_published_ones_are_searched_with_every_choice_fixed() -> None:
    plan = planned()

    assert (plan["max_jobs"], plan["max_parallel_jobs"]) == (6, 2)
    assert plan["objective"] == {"Type": "Minimize", "MetricName": "validation:perplexity"}
    assert plan["fixed_hyperparameters"] == {}
    assert searched(plan).keys() == {
        *("num_layers_encoder", "num_layers_decoder", "batch_size", "weight_init_scale"),
        *("learning_rate", "weight_decay", "clip_gradient", "rnn_num_hidden"),
        *("num_embed_source", "num_embed_target", "embed_dropout_source", "embed_dropout_target"),
        *("rnn_decoder_hidden_dropout", "plateau_reduce_lr_factor", "plateau_reduce_lr_threshold"),
    }
    assert searched(plan)["weight_init_scale"] == ("2.0", "3.0")
    assert searched(plan)["learning_rate"] == ("0.00005", "0.2")
    integers = [found["Name"] for found in plan["ranges"]["IntegerParameterRanges"]]
    assert "plateau_reduce_lr_threshold" in integers


def test_ranges_follow_the_choices_that_are_fixed() -> None:
    choices = {
        "weight_init_type": "uniform",
        "optimizer_type": "sgd",
        "encoder_type": "cnn",
        "lr_scheduler_type": "fixed_rate_inv_t",
    }
    plan = planned(own=choices)

    found = searched(plan)
    assert found["weight_init_scale"] == ("-1.0", "1.0")
    assert {"momentum", "cnn_num_hidden", "cnn_hidden_dropout", "fixed_rate_lr_half_life"} <= set(
        found
    )
    assert not {"rnn_num_hidden", "plateau_reduce_lr_factor"} & set(found)
    assert plan["fixed_hyperparameters"] == choices


def test_what_is_fixed_or_replaced_is_not_searched() -> None:
    fixed = {"learning_rate": "0.001", "batch_tokens": "4000", "dropout": "0.2"}
    found = searched(planned(own=fixed, defaults={"clip_gradient": "1"}))
    assert not {
        *("learning_rate", "clip_gradient", "batch_size", "rnn_decoder_hidden_dropout")
    } & set(found)


def test_named_ranges_win_over_the_owners_defaults() -> None:
    plan = planned(
        {"learning_rate": {"min": 0.00001, "max": 0.01}, "batch_size": {}, "dropout": {}},
        own={"optimized_metric": "bleu"},
        defaults={"learning_rate": "0.001"},
    )

    assert plan["objective"] == {"Type": "Maximize", "MetricName": "validation:bleu"}
    assert plan["fixed_hyperparameters"] == {"optimized_metric": "bleu"}
    found = searched(plan)
    assert found["learning_rate"] == ("0.00001", "0.01")
    assert found["dropout"] == ("0.0", "0.5")
    assert found["batch_size"][0] == "16"


@pytest.mark.parametrize(
    ("ranges", "own", "words"),
    [
        (
            {"learning_rate": {}},
            {"learning_rate": "1"},
            "hyperparameters.learning_rate fixes what tuning.ranges.learning_rate would search",
        ),
        (
            {"weight_init_scale": {}, "weight_init_type": {}},
            {},
            "weight_init_scale depends on weight_init_type, so weight_init_type cannot be searched",
        ),
        (
            {"momentum": {}},
            {},
            "momentum has no effect unless hyperparameters.optimizer_type is sgd; it is adam",
        ),
        (
            {"weight_init_scale": {}},
            {"weight_init_type": "normal"},
            "unless hyperparameters.weight_init_type is xavier or uniform; it is normal",
        ),
        (
            {"batch_size": {}},
            {"batch_tokens": "9"},
            "no effect beside hyperparameters.batch_tokens",
        ),
        ({}, {"optimized_metric": "speed"}, "must be one of accuracy, bleu, perplexity, not 'spee"),
    ],
)
def test_contradictions_are_named(ranges: Any, own: dict[str, str], words: str) -> None:
    with pytest.raises(InputError) as caught:
        planned(ranges, own)
    assert words in str(caught.value)


def test_the_builtin_engine_searches_none_of_ours() -> None:
    assert "learning_rate" in searched(planned({"learning_rate": {}}, is_builtin=True))
    with pytest.raises(InputError, match="the engine builtin does not know it"):
        planned({"label_smoothing": {}}, is_builtin=True)


def test_an_initial_model_keeps_its_dimensions() -> None:
    published = Tuning.parse({"max_jobs": 2})
    plan = plan_tuning(published, own={}, merged={}, is_builtin=False, has_initial_model=True)
    assert "learning_rate" in searched(plan)
    assert not {"num_layers_encoder", "rnn_num_hidden", "num_embed_target"} & set(searched(plan))
    named = Tuning.parse({"max_jobs": 2, "ranges": {"num_layers_encoder": {}, "dropout": {}}})
    with pytest.raises(InputError, match=r"num_layers_encoder: initial_model brings its dimens"):
        plan_tuning(named, own={}, merged={}, is_builtin=False, has_initial_model=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "tuning must be a JSON object, not []"),
        ({}, "tuning.max_jobs must be a whole number from 1 to 750, not None"),
        ({"max_jobs": 0}, "from 1 to 750, not 0"),
        ({"max_jobs": True}, "not True"),
        (
            {"max_jobs": 3, "max_parallel_jobs": 4},
            "max_parallel_jobs must be a whole number from 1 t",
        ),
        ({"max_jobs": 3, "jobs": 4}, "tuning: unknown key 'jobs'; did you mean max_jobs?"),
        ({"max_jobs": 3, "ranges": {"learning_rat": {}}}, "did you mean learning_rate?"),
        ({"max_jobs": 3, "ranges": {"seed": {}}}, "unknown key 'seed'"),
        ({"max_jobs": 3, "ranges": ["batch_size"]}, "tuning.ranges must be a JSON object"),
        (
            {"max_jobs": 3, "ranges": {"batch_size": {"min": 1}}},
            "tuning.ranges.batch_size: unknown key 'min'; known keys: values",
        ),
        ({"max_jobs": 3, "ranges": {"batch_size": {"values": [1, 1]}}}, "different words or numb"),
        ({"max_jobs": 3, "ranges": {"batch_size": {"values": "12"}}}, "must be a list of 1 to 30"),
        (
            {"max_jobs": 3, "ranges": {"num_layers_encoder": {"min": 1.5, "max": 2}}},
            "num_layers_encoder.min must be a whole number, not 1.5",
        ),
        (
            {"max_jobs": 3, "ranges": {"learning_rate": {"min": 0.1}}},
            "learning_rate.max must be a number, not None",
        ),
        (
            {"max_jobs": 3, "ranges": {"learning_rate": {"min": 0.1, "max": float("inf")}}},
            "learning_rate.max must be a number, not inf",
        ),
        (
            {"max_jobs": 3, "ranges": {"learning_rate": {"min": 0.1, "max": 0.1}}},
            "min must be below max, not 0.1 and 0.1",
        ),
    ],
)
def test_a_wrong_wish_names_key_and_remedy(content: Any, words: str) -> None:
    with pytest.raises(TuningError) as caught:
        Tuning.parse(content)
    assert words in str(caught.value)


def test_all_ranges_together_stay_within_sagemakers_limit() -> None:
    assert len(TUNABLES) <= MAX_RANGES


def test_the_document_tells_every_range() -> None:
    document = Path(__file__).parents[2] / "docs" / "tuning.md"
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", document.read_text(), flags=re.MULTILINE)
    assert rows == [
        (
            tunable.name,
            tunable.range.kind,
            ", ".join(tunable.range.values) or f"{tunable.range.low} to {tunable.range.high}",
        )
        for tunable in TUNABLES
    ]
