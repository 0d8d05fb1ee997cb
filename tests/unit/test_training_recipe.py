"""Every hyperparameter arrives where it should, and nowhere else."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest

from training.hyperparameters import read_hyperparameters
from training.recipe import build_recipe
from training.rows import Hyperparameter, Status
from training.table import HYPERPARAMETERS
from training.values import Choice

SGD = {"optimizer_type": "sgd"}
PLATEAU = {"lr_scheduler_type": "plateau_reduce", "checkpoint_threshold": "9"}
FIXED_RATE = {"lr_scheduler_type": "fixed_rate_inv_t"}
CNN = {"encoder_type": "cnn"}
EVERY_DROPOUT = ("dropout", "source_embedding_dropout", "target_embedding_dropout")


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A value, what it needs beside it, and all that it changes in the recipe."""

    name: str
    given: str
    beside: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Any]


def at(name: str, path: str, given: str, arrived: Any, **beside: str) -> Arrival:
    return Arrival(name=name, given=given, beside=beside, changes={path: arrived})


def several(name: str, given: str, changes: Mapping[str, Any], **beside: str) -> Arrival:
    return Arrival(name=name, given=given, beside=beside, changes=changes)


ARRIVALS = [
    at("batch_size", "trainer.batches.batch_size", "8", 8),
    at("beam_size", "beam_size", "4", 4),
    several(
        "bleu_sample_size",
        "20",
        {"validation.bleu_sample_size": 20, "trainer.validate_bleu": True},
    ),
    at("bucket_width", "trainer.batches.bucket_width", "10", 10, bucketing_enabled="true"),
    at("bucketing_enabled", "trainer.batches.bucketing", "false", False),
    several(
        "checkpoint_frequency_num_batches",
        "50",
        {"trainer.checkpoint_frequency": 50, "trainer.schedule.half_life_batches": 500},
    ),
    at("checkpoint_threshold", "trainer.patience", "7", 7),
    at("clip_gradient", "trainer.optimizer.clip_gradient", "0.5", 0.5),
    several("cnn_hidden_dropout", "0.3", dict.fromkeys(EVERY_DROPOUT, 0.3), **CNN),
    at("cnn_num_hidden", "feed_forward_dim", "96", 96, **CNN),
    at("embed_dropout_source", "source_embedding_dropout", "0.2", 0.2),
    at("embed_dropout_target", "target_embedding_dropout", "0.2", 0.2),
    at("encoder_type", "feed_forward_dim", "cnn", 512),
    several(
        "encoder_type",
        "cnn",
        {"feed_forward_dim": 512, **dict.fromkeys(EVERY_DROPOUT, 0.4)},
        cnn_hidden_dropout="0.4",
    ),
    at(
        "fixed_rate_lr_half_life",
        "trainer.schedule.half_life_batches",
        "7",
        210,
        checkpoint_frequency_num_batches="30",
        **FIXED_RATE,
    ),
    at("learning_rate", "trainer.schedule.learning_rate", "0.01", 0.01),
    at(
        "lr_scheduler_type",
        "trainer.schedule.schedule_type",
        "linear",
        "linear",
        max_num_batches="100",
    ),
    several(
        "max_num_batches",
        "500",
        {"trainer.max_num_batches": 500, "trainer.schedule.num_batches": 500},
    ),
    at("max_num_epochs", "trainer.max_num_epochs", "6", 6),
    at("max_seq_len_source", "max_source_length", "60", 60),
    several(
        "max_seq_len_target",
        "70",
        {"max_target_length": 70, "validation.max_decoding_length": 70},
    ),
    at("min_num_epochs", "trainer.min_num_epochs", "2", 2),
    at("momentum", "trainer.optimizer.momentum", "0.9", 0.9, **SGD),
    at("num_embed_source", "model_dim", "256", 256),
    at("num_embed_target", "model_dim", "256", 256),
    at("num_layers_decoder", "num_decoder_layers", "3", 3),
    at("num_layers_encoder", "num_encoder_layers", "3", 3),
    at("optimized_metric", "trainer.optimized_metric", "accuracy", "accuracy"),
    several(
        "optimized_metric",
        "bleu",
        {"trainer.optimized_metric": "bleu", "trainer.validate_bleu": True},
    ),
    at("optimizer_type", "trainer.optimizer.optimizer_type", "rmsprop", "rmsprop"),
    at("plateau_reduce_lr_factor", "trainer.schedule.plateau_factor", "0.7", 0.7, **PLATEAU),
    at("plateau_reduce_lr_threshold", "trainer.schedule.plateau_patience", "2", 2, **PLATEAU),
    several("rnn_decoder_hidden_dropout", "0.3", dict.fromkeys(EVERY_DROPOUT, 0.3)),
    at("rnn_num_hidden", "feed_forward_dim", "128", 128),
    at("weight_decay", "trainer.optimizer.weight_decay", "0.01", 0.01),
    at("weight_init_scale", "initialization.weight_init_scale", "3", 3.0),
    at("weight_init_type", "initialization.weight_init_type", "uniform", "uniform"),
    at(
        "xavier_factor_type",
        "initialization.xavier_factor_type",
        "avg",
        "avg",
        weight_init_type="xavier",
    ),
    at("source_language", "source_language", "fr", "fr"),
    at("target_language", "target_language", "fr", "fr"),
    at("attention_heads", "num_heads", "2", 2),
    at("feed_forward_dim", "feed_forward_dim", "64", 64),
    at("feed_forward_type", "feed_forward_type", "swiglu", "swiglu"),
    several("dropout", "0.3", dict.fromkeys(EVERY_DROPOUT, 0.3)),
    at("label_smoothing", "trainer.label_smoothing", "0.2", 0.2),
    at("consistency_weight", "trainer.consistency_weight", "5", 5.0),
    at("subword_dropout", "trainer.subword_dropout", "0.1", 0.1),
    at("weight_average_decay", "trainer.weight_average_decay", "0.998", 0.998),
    at("warmup_batches", "trainer.schedule.warmup_batches", "40", 40),
    at("batch_tokens", "trainer.batches.batch_tokens", "4096", 4096),
    at("clip_gradient_norm", "trainer.optimizer.clip_gradient_norm", "0.5", 0.5),
    at("progress_frequency_num_batches", "trainer.progress_frequency", "9", 9),
    at("precision", "precision", "float32", "float32"),
    at("num_threads", "num_threads", "2", 2),
    at("processes_per_host", "processes_per_host", "2", 2),
    several("seed", "5", {"seed": 5, "trainer.batches.seed": 5}),
]
WITHOUT_EFFECT = [row for row in HYPERPARAMETERS.values() if row.status is Status.NO_EFFECT]


def flattened(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            values |= flattened(value, f"{prefix}{name}.")
        else:
            values[prefix + name] = value
    return values


def accepts(row: Hyperparameter, value: str) -> bool:
    try:
        row.kind.read(value)
    except ValueError:
        return False
    return True


def built(given: Mapping[str, str]) -> dict[str, Any]:
    return flattened(asdict(build_recipe(read_hyperparameters(given))))


@pytest.mark.parametrize("arrival", ARRIVALS, ids=lambda arrival: arrival.name)
def test_a_value_arrives_in_the_recipe(arrival: Arrival) -> None:
    before = built(arrival.beside)
    after = built({**arrival.beside, arrival.name: arrival.given})

    changes = {path: value for path, value in after.items() if value != before[path]}
    assert changes == arrival.changes


def test_every_hyperparameter_that_can_have_another_value_is_shown_to_arrive() -> None:
    effective = {
        name for name, row in HYPERPARAMETERS.items() if row.status is not Status.NO_EFFECT
    }
    assert HYPERPARAMETERS["loss_type"].kind == Choice(("cross-entropy",))
    assert {arrival.name for arrival in ARRIVALS} == effective - {"loss_type"}


@pytest.mark.parametrize("row", WITHOUT_EFFECT, ids=lambda row: row.name)
def test_what_has_no_effect_changes_nothing(row: Hyperparameter) -> None:
    candidates = row.kind.options if isinstance(row.kind, Choice) else ("true", "false", "3", "7")
    values = [value for value in candidates if accepts(row, value)]

    assert len(values) > 1
    assert all(built({row.name: value}) == built({}) for value in values)


def test_the_recipe_arrives_in_the_network() -> None:
    recipe = build_recipe(
        read_hyperparameters(
            {
                "num_embed_source": "96",
                "attention_heads": "3",
                "rnn_num_hidden": "80",
                "feed_forward_type": "swiglu",
                "num_layers_encoder": "4",
                "num_layers_decoder": "2",
                "dropout": "0.1",
                "embed_dropout_source": "0.2",
                "embed_dropout_target": "0.3",
            }
        )
    )

    assert asdict(recipe.model_config(50, 70, shared=False)) == {
        "source_vocabulary_size": 50,
        "target_vocabulary_size": 70,
        "shared_vocabulary": False,
        "model_dim": 96,
        "num_heads": 3,
        "feed_forward_dim": 80,
        "feed_forward_type": "swiglu",
        "num_encoder_layers": 4,
        "num_decoder_layers": 2,
        "dropout": 0.1,
        "source_embedding_dropout": 0.2,
        "target_embedding_dropout": 0.3,
    }
