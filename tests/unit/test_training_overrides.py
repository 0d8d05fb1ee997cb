from collections.abc import Mapping

import pytest

from protocol.tuning import TUNABLES, Tunable
from training.hyperparameters import read_hyperparameters
from training.recipe import compromises

PLATEAU = "only lr_scheduler_type plateau_reduce uses it, not linear"
FIXED_RATE = "only lr_scheduler_type fixed_rate_inv_t or fixed_rate_inv_sqrt_t uses it, not "
LINEAR = {"lr_scheduler_type": "linear", "max_num_batches": "100"}
STOPS_FIRST = (
    "checkpoint_threshold {} ends training before the learning rate is reduced; "
    "plateau_reduce_lr_threshold, {}, must be below it"
)
OPTIONS = {
    "encoder_type": ("rnn", "cnn"),
    "lr_scheduler_type": ("plateau_reduce", "fixed_rate_inv_t", "linear"),
    "optimizer_type": ("adam", "sgd", "rmsprop"),
}
REPLACEMENTS = {"batch_tokens": "64", "feed_forward_dim": "64", "dropout": "0.5"}
WIDTHS_REPLACED = (
    "feed_forward_dim replaces the widths that it chooses from; rnn_decoder_hidden_dropout and "
    "cnn_hidden_dropout are absent"
)
NO_DROPOUT = {"dropout": "0"}
CNN = {"encoder_type": "cnn"}
Given = Mapping[str, str]
CASES: list[tuple[str, str, Given, Given, str]] = [
    # name, value, what overrides it, what does not, reason
    ("batch_size", "8", {"batch_tokens": "99"}, {}, "batch_tokens replaces it"),
    (
        "bucket_width",
        "10",
        {"bucketing_enabled": "False"},
        {"bucketing_enabled": "true"},
        "bucketing_enabled is false",
    ),
    (
        "checkpoint_threshold",
        "5",
        {"min_num_epochs": "4", "max_num_epochs": "4"},
        {"min_num_epochs": "3", "max_num_epochs": "4"},
        "min_num_epochs and max_num_epochs are both 4, so training never stops early",
    ),
    ("cnn_hidden_dropout", "0.2", {}, CNN, "only encoder_type cnn uses it, not rnn"),
    ("cnn_hidden_dropout", "0.2", CNN | {"dropout": "0.3"}, CNN, "dropout replaces it"),
    ("cnn_num_hidden", "64", {}, CNN, "only encoder_type cnn uses it, not rnn"),
    (
        "cnn_num_hidden",
        "64",
        CNN | {"feed_forward_dim": "32", "cnn_hidden_dropout": "0.2"},
        CNN,
        "feed_forward_dim replaces it",
    ),
    (
        "consistency_weight",
        "5",
        NO_DROPOUT,
        NO_DROPOUT | {"embed_dropout_target": "0.1"},
        "both passes over a batch are alike without dropout",
    ),
    (
        "encoder_type",
        "cnn",
        {"feed_forward_dim": "32", "dropout": "0.3"},
        {"dropout": "0.3"},
        "feed_forward_dim and dropout replace what it chooses from",
    ),
    (
        "encoder_type",
        "cnn",
        {"feed_forward_dim": "32"},
        {"feed_forward_dim": "32", "cnn_hidden_dropout": "0.3"},
        WIDTHS_REPLACED,
    ),
    (
        "fixed_rate_lr_half_life",
        "7",
        {},
        {"lr_scheduler_type": "fixed_rate_inv_t"},
        FIXED_RATE + "plateau_reduce",
    ),
    (
        "fixed_rate_lr_half_life",
        "7",
        LINEAR,
        {"lr_scheduler_type": "fixed_rate_inv_sqrt_t"},
        FIXED_RATE + "linear",
    ),
    ("momentum", "0.9", {}, {"optimizer_type": "sgd"}, "only optimizer_type sgd uses it, not adam"),
    (
        "momentum",
        "0.9",
        {"optimizer_type": "rmsprop"},
        {"optimizer_type": "sgd"},
        "only optimizer_type sgd uses it, not rmsprop",
    ),
    ("plateau_reduce_lr_factor", "0.7", LINEAR, {"checkpoint_threshold": "4"}, PLATEAU),
    ("plateau_reduce_lr_threshold", "2", LINEAR, {}, PLATEAU),
    (
        "plateau_reduce_lr_factor",
        "0.7",
        {},
        {"min_num_epochs": "1"},
        STOPS_FIRST.format(3, 3),
    ),
    (
        "plateau_reduce_lr_threshold",
        "6",
        {"checkpoint_threshold": "5"},
        {"checkpoint_threshold": "7"},
        STOPS_FIRST.format(5, 6),
    ),
    (
        "plateau_reduce_lr_threshold",
        "2",
        {"plateau_reduce_lr_factor": "1", "checkpoint_threshold": "4"},
        {"plateau_reduce_lr_factor": "0.9", "checkpoint_threshold": "4"},
        "plateau_reduce_lr_factor is 1",
    ),
    ("rnn_decoder_hidden_dropout", "0.2", CNN, {}, "only encoder_type rnn uses it, not cnn"),
    ("rnn_decoder_hidden_dropout", "0.2", {"dropout": "0.3"}, {}, "dropout replaces it"),
    ("rnn_num_hidden", "64", CNN, {}, "only encoder_type rnn uses it, not cnn"),
    ("rnn_num_hidden", "64", {"feed_forward_dim": "32"}, {}, "feed_forward_dim replaces it"),
    (
        "xavier_factor_type",
        "avg",
        {"weight_init_type": "uniform"},
        {"weight_init_type": "xavier"},
        "only weight_init_type xavier uses it, not uniform",
    ),
]


def warnings(given: Given) -> list[str]:
    return compromises(read_hyperparameters(given))


@pytest.mark.parametrize(("name", "value", "overriding", "other", "reason"), CASES)
def test_a_given_value_that_others_override_is_explained_and_no_other(
    name: str, value: str, overriding: Given, other: Given, reason: str
) -> None:
    assert warnings({name: value, **overriding}) == [f"{name}={value} has no effect: {reason}"]
    assert warnings({name: value, **other}) == []
    assert warnings(overriding) == []


def test_every_warning_of_several_is_given() -> None:
    lines = warnings({"momentum": "0.9", "batch_tokens": "4096", "batch_size": "64"})

    assert [line.split("=")[0] for line in lines] == ["momentum", "batch_size"]


@pytest.mark.parametrize("tunable", TUNABLES, ids=lambda tunable: tunable.name)
def test_what_a_tuning_job_would_not_search_is_warned_of(tunable: Tunable) -> None:
    searched = {tunable.name: tunable.range.low or tunable.range.values[0]}
    wanted = {tunable.choice: tunable.chosen[0]} if tunable.choice else {}
    overriding = [wanted | {name: REPLACEMENTS[name]} for name in tunable.replaced_by]
    if tunable.choice in OPTIONS:
        options = set(OPTIONS[tunable.choice]).difference(tunable.chosen)
        overriding += [{tunable.choice: option} for option in options]

    for others in overriding:
        lines = warnings({"max_num_batches": "9", **searched, **others})
        assert any(line.startswith(f"{tunable.name}=") for line in lines)
