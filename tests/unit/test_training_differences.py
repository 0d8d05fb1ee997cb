"""The table beside what AWS documents of the built-in algorithm."""

import pytest

from training.differences import DIFFERENCES, Difference
from training.hyperparameters import read_hyperparameters
from training.recipe import build_recipe
from training.rows import DEFAULT_DROPOUT, Hyperparameter, Status
from training.table import HYPERPARAMETERS

POSITIVE = ("1", "2", "1000000")
INTEGER = ("-2", "-1", "0", *POSITIVE)
NUMBER = ("-1", "0", "0.5", "1", "2")
SHARE = ("0", "0.5", "1")
FLAG = ("true", "false")
RNN_OR_CNN = ("rnn", "cnn")
DOCUMENTED: dict[str, tuple[str | None, tuple[str, ...]]] = {
    # name: default, valid values, of which numbers are samples
    "batch_size": ("64", POSITIVE),
    "beam_size": ("5", POSITIVE),
    "bleu_sample_size": ("0", INTEGER),
    "bucket_width": ("10", POSITIVE),
    "bucketing_enabled": ("true", FLAG),
    "checkpoint_frequency_num_batches": ("1000", POSITIVE),
    "checkpoint_threshold": ("3", POSITIVE),
    "clip_gradient": ("1", NUMBER),
    "cnn_activation_type": ("glu", ("glu", "relu", "softrelu", "sigmoid", "tanh")),
    "cnn_hidden_dropout": ("0", SHARE),
    "cnn_kernel_width_decoder": ("5", POSITIVE),
    "cnn_kernel_width_encoder": ("3", POSITIVE),
    "cnn_num_hidden": ("512", POSITIVE),
    "decoder_type": ("rnn", RNN_OR_CNN),
    "embed_dropout_source": ("0", SHARE),
    "embed_dropout_target": ("0", SHARE),
    "encoder_type": ("rnn", RNN_OR_CNN),
    "fixed_rate_lr_half_life": ("10", POSITIVE),
    "learning_rate": ("0.0003", NUMBER),
    "loss_type": ("cross-entropy", ("cross-entropy",)),
    "lr_scheduler_type": (
        "plateau_reduce",
        ("plateau_reduce", "fixed_rate_inv_t", "fixed_rate_inv_sqrt_t"),
    ),
    "max_num_batches": ("-1", INTEGER),
    "max_num_epochs": (None, POSITIVE),
    "max_seq_len_source": ("100", POSITIVE),
    "max_seq_len_target": ("100", POSITIVE),
    "min_num_epochs": ("0", POSITIVE),
    "momentum": (None, NUMBER),
    "num_embed_source": ("512", POSITIVE),
    "num_embed_target": ("512", POSITIVE),
    "num_layers_decoder": ("1", POSITIVE),
    "num_layers_encoder": ("1", POSITIVE),
    "optimized_metric": ("perplexity", ("perplexity", "accuracy", "bleu")),
    "optimizer_type": ("adam", ("adam", "sgd", "rmsprop")),
    "plateau_reduce_lr_factor": ("0.5", NUMBER),
    "plateau_reduce_lr_threshold": ("3", POSITIVE),
    "rnn_attention_in_upper_layers": ("true", FLAG),
    "rnn_attention_num_hidden": (None, POSITIVE),
    "rnn_attention_type": ("mlp", ("dot", "fixed", "mlp", "bilinear")),
    "rnn_cell_type": ("lstm", ("lstm", "gru")),
    "rnn_decoder_hidden_dropout": ("0", SHARE),
    "rnn_decoder_state_init": ("last", ("last", "avg", "zero")),
    "rnn_first_residual_layer": ("2", POSITIVE),
    "rnn_num_hidden": ("1024", ("2", "1000000")),
    "rnn_residual_connections": ("false", FLAG),
    "training_metric": ("perplexity", ("perplexity", "accuracy")),
    "weight_decay": ("0", NUMBER),
    "weight_init_scale": ("2.34", NUMBER),
    "weight_init_type": ("xavier", ("uniform", "xavier")),
    "xavier_factor_type": ("in", ("in", "out", "avg")),
}
BY_NAME = {difference.name: difference for difference in DIFFERENCES}


def refuses(row: Hyperparameter, value: str) -> bool:
    try:
        row.kind.read(value)
    except ValueError:
        return True
    return False


def test_all_rows_of_the_built_in_algorithm_are_compared() -> None:
    ours = {name for name, row in HYPERPARAMETERS.items() if row.status is Status.OURS}

    assert len(DOCUMENTED) == 49
    assert DOCUMENTED.keys() == HYPERPARAMETERS.keys() - ours - {"_tuning_objective_metric"}
    assert len(BY_NAME) == len(DIFFERENCES)
    assert BY_NAME.keys() <= DOCUMENTED.keys()


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_other_default_and_every_refused_value_is_told(name: str) -> None:
    row, (default, values) = HYPERPARAMETERS[name], DOCUMENTED[name]
    told = BY_NAME.get(name, Difference(name=name, reason=""))

    assert told.default == (None if row.default == default else default)
    assert bool(told.values) is any(refuses(row, value) for value in values)


def test_absent_dropouts_are_the_default_that_is_told() -> None:
    recipe = build_recipe(read_hyperparameters({}))

    assert recipe.dropout == DEFAULT_DROPOUT
    assert recipe.source_embedding_dropout == DEFAULT_DROPOUT
    assert recipe.target_embedding_dropout == DEFAULT_DROPOUT
    without_default = {each.name for each in DIFFERENCES if each.default} - {"bucket_width"}
    assert all(HYPERPARAMETERS[name].default is None for name in without_default)
    assert all("dropout" in name for name in without_default)
