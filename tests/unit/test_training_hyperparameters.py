import pytest

from nmt.metrics import Metric
from nmt.optimization import OptimizerType, ScheduleType
from training.built_in import BUILT_IN
from training.hyperparameters import (
    HyperparameterError,
    no_effect_warnings,
    read_hyperparameters,
)
from training.recipe import Recipe, build_recipe, compromises
from training.rows import Hyperparameter, Status
from training.table import HYPERPARAMETERS

WALK_THROUGH = {
    "max_seq_len_source": "60",
    "max_seq_len_target": "60",
    "optimized_metric": "bleu",
    "batch_size": "64",
    "checkpoint_frequency_num_batches": "1000",
    "rnn_num_hidden": "512",
    "num_layers_encoder": "1",
    "num_layers_decoder": "1",
    "num_embed_source": "512",
    "num_embed_target": "512",
    "checkpoint_threshold": "3",
    "max_num_batches": "2100",
}
BUILT_IN_NAMES = frozenset(
    """
    batch_size beam_size bleu_sample_size bucket_width bucketing_enabled
    checkpoint_frequency_num_batches checkpoint_threshold clip_gradient cnn_activation_type
    cnn_hidden_dropout cnn_kernel_width_decoder cnn_kernel_width_encoder cnn_num_hidden
    decoder_type embed_dropout_source embed_dropout_target encoder_type fixed_rate_lr_half_life
    learning_rate loss_type lr_scheduler_type max_num_batches max_num_epochs max_seq_len_source
    max_seq_len_target min_num_epochs momentum num_embed_source num_embed_target
    num_layers_decoder num_layers_encoder optimized_metric optimizer_type
    plateau_reduce_lr_factor plateau_reduce_lr_threshold rnn_attention_in_upper_layers
    rnn_attention_num_hidden rnn_attention_type rnn_cell_type rnn_decoder_state_init
    rnn_first_residual_layer rnn_num_hidden rnn_residual_connections rnn_decoder_hidden_dropout
    training_metric weight_decay weight_init_scale weight_init_type xavier_factor_type
    """.split()  # noqa: SIM905  (shorter to read than 49 strings)
)


def recipe(**given: str) -> Recipe:
    return build_recipe(read_hyperparameters(given))


def test_every_hyperparameter_of_the_built_in_algorithm_is_known() -> None:
    assert len(BUILT_IN_NAMES) == 49
    assert {row.name for row in BUILT_IN} == BUILT_IN_NAMES
    assert len(HYPERPARAMETERS) == len(BUILT_IN) + sum(
        row.name not in BUILT_IN_NAMES for row in HYPERPARAMETERS.values()
    )


@pytest.mark.parametrize("row", HYPERPARAMETERS.values(), ids=HYPERPARAMETERS)
def test_every_default_is_valid_and_every_row_is_explained(row: Hyperparameter) -> None:
    assert row.default is None or row.kind.read(row.default) is not None
    assert row.note
    assert row.kind.describe()


def test_the_walk_through_trains_as_it_stands() -> None:
    given = read_hyperparameters(WALK_THROUGH)
    built = build_recipe(given)

    assert no_effect_warnings(given) == []
    assert compromises(given) == []
    assert (built.model_dim, built.num_heads, built.feed_forward_dim) == (512, 8, 512)
    assert (built.num_encoder_layers, built.num_decoder_layers) == (1, 1)
    assert (built.max_source_length, built.max_target_length, built.beam_size) == (60, 60, 5)
    assert built.trainer.optimized_metric is Metric.BLEU
    assert built.trainer.validate_bleu
    assert built.trainer.batches.batch_size == 64
    assert (built.trainer.checkpoint_frequency, built.trainer.patience) == (1000, 3)
    assert (built.trainer.max_num_batches, built.trainer.max_num_epochs) == (2100, None)
    assert built.trainer.schedule.schedule_type is ScheduleType.PLATEAU_REDUCE
    assert built.trainer.schedule.learning_rate == pytest.approx(0.0003)


def test_no_hyperparameters_at_all_give_the_defaults() -> None:
    built = recipe()

    assert (built.model_dim, built.feed_forward_dim) == (512, 1024)
    assert built.trainer.max_num_batches is None
    assert built.trainer.optimizer.optimizer_type is OptimizerType.ADAM
    assert built.trainer.optimized_metric is Metric.PERPLEXITY
    assert not built.trainer.validate_bleu
    assert (built.source_language, built.target_language) == ("en", "de")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("batchsize", "batch_size"), ("learning-rate", "learning_rate"), ("optimizer", "optimizer_t")],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(name: str, nearest: str) -> None:
    with pytest.raises(HyperparameterError, match=rf"'{name}'; did you mean {nearest}"):
        read_hyperparameters({name: "1"})


def test_an_unknown_name_near_nothing_points_to_the_documentation() -> None:
    with pytest.raises(HyperparameterError, match=r"'zzz'; docs/hyperparameters\.md lists"):
        read_hyperparameters({"zzz": "1"})


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("batch_size", "0", "a whole number from 1 up"),
        ("batch_size", "6.5", "a whole number from 1 up"),
        ("max_num_batches", "-2", "a whole number from 1 up, or -1 (no limit)"),
        ("rnn_num_hidden", "511", "an even number from 2 up"),
        ("learning_rate", "nan", "a number above 0"),
        ("learning_rate", "-1", "a number above 0"),
        ("dropout", "1", "a number at least 0 and below 1"),
        ("plateau_reduce_lr_factor", "1.5", "a number above 0 and at most 1"),
        ("clip_gradient", "0", "a number other than 0"),
        ("bucketing_enabled", "yes", "true or false"),
        ("optimized_metric", "rouge", "perplexity, accuracy or bleu"),
        ("loss_type", "mse", "cross-entropy"),
        ("source_language", "", "text of 1 to 35 characters"),
        ("rnn_cell_type", "elman", "lstm or gru"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_valid(name: str, value: str, valid: str) -> None:
    with pytest.raises(HyperparameterError) as refusal:
        read_hyperparameters({name: value})

    assert str(refusal.value) == f"hyperparameter {name} must be {valid}, not {value!r}"


def test_values_that_are_not_strings_are_refused() -> None:
    with pytest.raises(HyperparameterError, match="batch_size must be a string.* not 64"):
        read_hyperparameters({"batch_size": 64})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"attention_heads": "3"}, "attention_heads 3 must divide the model dimension 512"),
        ({"lr_scheduler_type": "linear"}, "linear needs max_num_batches"),
        ({"weight_init_scale": "-1"}, "weight_init_scale must be above 0 for xavier, not -1"),
        (
            {"min_num_epochs": "9", "max_num_epochs": "8"},
            "min_num_epochs must be at most max_num_epochs, which is 8, not 9",
        ),
    ],
)
def test_values_that_do_not_go_together_are_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(HyperparameterError, match=message):
        recipe(**given)


def test_epochs_may_be_fixed_to_a_number() -> None:
    trainer = recipe(min_num_epochs="8", max_num_epochs="8").trainer

    assert (trainer.min_num_epochs, trainer.max_num_epochs) == (8, 8)


def test_a_hyperparameter_without_effect_is_accepted_and_explained() -> None:
    given = read_hyperparameters({"rnn_cell_type": "gru", "batch_size": "8"})

    assert no_effect_warnings(given) == [
        "rnn_cell_type=gru has no effect: a Transformer has no recurrent layers"
    ]


def test_every_hyperparameter_without_effect_says_so() -> None:
    silent = {row.name: row for row in BUILT_IN if row.status is Status.NO_EFFECT}
    given = {name: row.default or "16" for name, row in silent.items()}

    assert len(no_effect_warnings(read_hyperparameters(given))) == len(silent) > 10


@pytest.mark.parametrize(
    ("given", "model_dim", "compromised"),
    [
        ({"num_embed_source": "128"}, 128, False),
        ({"num_embed_target": "256"}, 256, False),
        ({"num_embed_source": "300", "num_embed_target": "300"}, 300, False),
        ({"num_embed_source": "256", "num_embed_target": "300"}, 300, True),
        ({"num_embed_source": "301"}, 302, True),
        ({"num_embed_source": "1"}, 4, True),
    ],
)
def test_embedding_sizes_become_the_model_dimension(
    given: dict[str, str], model_dim: int, *, compromised: bool
) -> None:
    assert recipe(**given).model_dim == model_dim
    assert bool(compromises(read_hyperparameters(given))) is compromised


@pytest.mark.parametrize(
    ("model_dim", "num_heads"),
    [("512", 8), ("256", 8), ("128", 4), ("300", 4), ("64", 2), ("6", 1)],
)
def test_heads_are_chosen_to_divide_the_model_dimension(model_dim: str, num_heads: int) -> None:
    assert recipe(num_embed_source=model_dim).num_heads == num_heads


def test_recurrent_and_convolutional_sizes_become_the_feed_forward_width() -> None:
    assert recipe(rnn_num_hidden="128", cnn_num_hidden="96").feed_forward_dim == 128
    assert recipe(cnn_num_hidden="96", encoder_type="cnn").feed_forward_dim == 96
    assert recipe(rnn_num_hidden="128", feed_forward_dim="77").feed_forward_dim == 77


def test_dropouts_fall_back_from_the_particular_to_the_general() -> None:
    assert recipe().dropout == pytest.approx(0.1)
    assert recipe(rnn_decoder_hidden_dropout="0.3").dropout == pytest.approx(0.3)
    assert recipe(cnn_hidden_dropout="0.3").dropout == pytest.approx(0.1)
    assert recipe(cnn_hidden_dropout="0.3", encoder_type="cnn").dropout == pytest.approx(0.3)
    both = recipe(dropout="0.2", rnn_decoder_hidden_dropout="0.3", embed_dropout_source="0")
    assert both.dropout == pytest.approx(0.2)
    assert both.source_embedding_dropout == 0
    assert both.target_embedding_dropout == pytest.approx(0.2)


def test_half_lives_are_counted_in_checkpoints() -> None:
    built = recipe(
        lr_scheduler_type="fixed_rate_inv_t",
        fixed_rate_lr_half_life="7",
        checkpoint_frequency_num_batches="30",
    )

    assert built.trainer.schedule.half_life_batches == 210


def test_negative_limits_switch_clipping_off() -> None:
    optimizer = recipe(clip_gradient="-1", clip_gradient_norm="-1").trainer.optimizer

    assert (optimizer.clip_gradient, optimizer.clip_gradient_norm) == (None, None)


@pytest.mark.parametrize(
    ("size", "metric", "validate_bleu", "sample"),
    [
        ("0", "perplexity", False, None),
        ("0", "bleu", True, None),
        ("-1", "accuracy", True, None),
        ("50", "perplexity", True, 50),
    ],
)
def test_bleu_is_measured_on_the_sample_that_is_asked_for(
    size: str, metric: str, sample: int | None, *, validate_bleu: bool
) -> None:
    built = recipe(bleu_sample_size=size, optimized_metric=metric)

    assert built.trainer.validate_bleu is validate_bleu
    assert built.validation.bleu_sample_size == sample


def test_a_given_beam_is_said_to_be_the_served_models() -> None:
    greedy = "beam_size=5 is the served model's: BLEU during training is that of greedy decoding"

    assert compromises(read_hyperparameters({"beam_size": "5"})) == [greedy]
    assert compromises(read_hyperparameters({"beam_size": "32"})) == [greedy.replace("5", "32")]
    assert compromises(read_hyperparameters({"beam_size": "33"})) == [
        greedy.replace("5", "33"),
        "beam_size=33: an endpoint searches with 32 at most",
    ]
