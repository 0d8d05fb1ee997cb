"""From hyperparameters to the engine's configurations: the Transformer counterpart of each."""

from dataclasses import dataclass
from typing import cast

from nmt.data import BatchConfig
from nmt.feed_forward import FeedForwardType
from nmt.initialization import InitializationConfig, WeightInitType, XavierFactorType
from nmt.metrics import Metric
from nmt.model import ModelConfig
from nmt.optimization import OptimizerConfig, OptimizerType, ScheduleConfig, ScheduleType
from nmt.trainer_config import TrainerConfig
from nmt.validation import ValidationConfig
from protocol.configuration import MAX_BEAM_SIZE
from training.hyperparameters import HyperparameterError, Hyperparameters
from training.overrides import override_warnings
from training.rows import DEFAULT_DROPOUT

_DIMENSIONS_PER_HEAD = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """A training job's decisions; only the vocabularies' sizes are still missing."""

    model_dim: int
    num_heads: int
    feed_forward_dim: int
    feed_forward_type: FeedForwardType
    num_encoder_layers: int
    num_decoder_layers: int
    dropout: float
    source_embedding_dropout: float
    target_embedding_dropout: float
    initialization: InitializationConfig
    trainer: TrainerConfig
    validation: ValidationConfig
    max_source_length: int
    max_target_length: int
    beam_size: int
    source_language: str
    target_language: str
    seed: int
    precision: str
    num_threads: int | None
    processes_per_host: int | None

    def model_config(self, source_size: int, target_size: int, *, shared: bool) -> ModelConfig:
        """The network for vocabularies of these sizes."""
        return ModelConfig(
            source_vocabulary_size=source_size,
            target_vocabulary_size=target_size,
            shared_vocabulary=shared,
            model_dim=self.model_dim,
            num_heads=self.num_heads,
            feed_forward_dim=self.feed_forward_dim,
            feed_forward_type=self.feed_forward_type,
            num_encoder_layers=self.num_encoder_layers,
            num_decoder_layers=self.num_decoder_layers,
            dropout=self.dropout,
            source_embedding_dropout=self.source_embedding_dropout,
            target_embedding_dropout=self.target_embedding_dropout,
        )


def build_recipe(given: Hyperparameters) -> Recipe:
    """Decide everything that the hyperparameters decide.

    Raises:
        HyperparameterError: two hyperparameters do not go together.
    """
    model_dim, dropout = _model_dim(given), _dropout(given)
    source_dropout = given.optional_real("embed_dropout_source")
    target_dropout = given.optional_real("embed_dropout_target")
    return Recipe(
        model_dim=model_dim,
        num_heads=_num_heads(given, model_dim),
        feed_forward_dim=_feed_forward_dim(given),
        feed_forward_type=cast("FeedForwardType", given.text("feed_forward_type")),
        num_encoder_layers=given.whole("num_layers_encoder"),
        num_decoder_layers=given.whole("num_layers_decoder"),
        dropout=dropout,
        source_embedding_dropout=dropout if source_dropout is None else source_dropout,
        target_embedding_dropout=dropout if target_dropout is None else target_dropout,
        initialization=_initialization(given),
        trainer=_trainer(given),
        validation=_validation(given),
        max_source_length=given.whole("max_seq_len_source"),
        max_target_length=given.whole("max_seq_len_target"),
        beam_size=given.whole("beam_size"),
        source_language=given.text("source_language"),
        target_language=given.text("target_language"),
        seed=given.whole("seed"),
        precision=given.text("precision"),
        num_threads=given.optional_whole("num_threads"),
        processes_per_host=given.optional_whole("processes_per_host"),
    )


def compromises(given: Hyperparameters) -> list[str]:
    """One line for each hyperparameter that could not be followed to the letter."""
    lines = _beam_compromises(given)
    dims = {given.whole(name) for name in _given_dims(given)}
    if len(dims) > 1 or any(dim % 2 or dim < 4 for dim in dims):
        lines.append(
            f"num_embed_source and num_embed_target become one model dimension, {_model_dim(given)}"
        )
    if given.real("consistency_weight") and not _drops_anything(build_recipe(given)):
        lines.append(
            f"consistency_weight={given.given['consistency_weight']} has no effect: both passes "
            "over a batch are alike without dropout"
        )
    return lines + override_warnings(given)


def _beam_compromises(given: Hyperparameters) -> list[str]:
    if "beam_size" not in given.given:
        return []
    beam_size = given.whole("beam_size")
    given_beam = f"beam_size={beam_size}"
    lines = [f"{given_beam} is the served model's: BLEU during training is that of greedy decoding"]
    if beam_size > MAX_BEAM_SIZE:
        lines.append(f"{given_beam}: an endpoint searches with {MAX_BEAM_SIZE} at most")
    return lines


def _drops_anything(recipe: Recipe) -> bool:
    embedding_dropouts = recipe.source_embedding_dropout, recipe.target_embedding_dropout
    return any((recipe.dropout, *embedding_dropouts))


def _given_dims(given: Hyperparameters) -> list[str]:
    names = ["num_embed_source", "num_embed_target"]
    return [name for name in names if name in given.given] or names


def _model_dim(given: Hyperparameters) -> int:
    largest = max(given.whole(name) for name in _given_dims(given))
    return max(largest + largest % 2, 4)


def _num_heads(given: Hyperparameters, model_dim: int) -> int:
    wanted = given.optional_whole("attention_heads")
    if wanted is not None and model_dim % wanted:
        raise HyperparameterError(
            f"attention_heads {wanted} must divide the model dimension {model_dim} "
            "(num_embed_source, num_embed_target)"
        )
    candidates = (heads for heads in (8, 4, 2) if model_dim % heads == 0)
    wide_enough = (heads for heads in candidates if model_dim // heads >= _DIMENSIONS_PER_HEAD)
    return wanted or next(wide_enough, 1)


def _feed_forward_dim(given: Hyperparameters) -> int:
    recurrent = given.text("encoder_type") == "rnn"
    width = given.whole("rnn_num_hidden" if recurrent else "cnn_num_hidden")
    return given.optional_whole("feed_forward_dim") or width


def _dropout(given: Hyperparameters) -> float:
    recurrent = given.text("encoder_type") == "rnn"
    counterpart = "rnn_decoder_hidden_dropout" if recurrent else "cnn_hidden_dropout"
    for name in ("dropout", counterpart):
        if (value := given.optional_real(name)) is not None:
            return value
    return DEFAULT_DROPOUT


def _initialization(given: Hyperparameters) -> InitializationConfig:
    kind, scale = given.text("weight_init_type"), given.real("weight_init_scale")
    if kind == "xavier" and scale < 0:
        raise HyperparameterError(
            f"hyperparameter weight_init_scale must be above 0 for xavier, not {scale:g}"
        )
    return InitializationConfig(
        weight_init_type=cast("WeightInitType", kind),
        weight_init_scale=scale,
        xavier_factor_type=cast("XavierFactorType", given.text("xavier_factor_type")),
    )


def _trainer(given: Hyperparameters) -> TrainerConfig:
    metric = Metric(given.text("optimized_metric"))
    fewest_epochs, most_epochs = _epochs(given)
    return TrainerConfig(
        batches=_batches(given),
        optimizer=_optimizer(given),
        schedule=_schedule(given),
        label_smoothing=given.real("label_smoothing"),
        consistency_weight=given.real("consistency_weight"),
        subword_dropout=given.real("subword_dropout"),
        weight_average_decay=given.real("weight_average_decay"),
        optimized_metric=metric,
        validate_bleu=metric is Metric.BLEU or given.whole("bleu_sample_size") != 0,
        checkpoint_frequency=given.whole("checkpoint_frequency_num_batches"),
        patience=given.whole("checkpoint_threshold"),
        max_num_batches=_limit(given.whole("max_num_batches")),
        max_num_epochs=most_epochs,
        min_num_epochs=fewest_epochs,
        progress_frequency=given.whole("progress_frequency_num_batches"),
    )


def _epochs(given: Hyperparameters) -> tuple[int, int | None]:
    fewest, most = given.whole("min_num_epochs"), given.optional_whole("max_num_epochs")
    if most is not None and fewest > most:
        raise HyperparameterError(
            f"hyperparameter min_num_epochs must be at most max_num_epochs, which is {most}, not "
            f"{fewest}"
        )
    return fewest, most


def _batches(given: Hyperparameters) -> BatchConfig:
    return BatchConfig(
        batch_size=given.whole("batch_size"),
        batch_tokens=given.optional_whole("batch_tokens"),
        bucketing=given.flag("bucketing_enabled"),
        bucket_width=given.whole("bucket_width"),
        seed=given.whole("seed"),
    )


def _optimizer(given: Hyperparameters) -> OptimizerConfig:
    return OptimizerConfig(
        optimizer_type=OptimizerType(given.text("optimizer_type")),
        weight_decay=given.real("weight_decay"),
        momentum=given.optional_real("momentum") or 0.0,
        clip_gradient=_positive(given.real("clip_gradient")),
        clip_gradient_norm=_positive(given.real("clip_gradient_norm")),
    )


def _schedule(given: Hyperparameters) -> ScheduleConfig:
    schedule_type = ScheduleType(given.text("lr_scheduler_type"))
    num_batches = _limit(given.whole("max_num_batches"))
    if schedule_type is ScheduleType.LINEAR and num_batches is None:
        raise HyperparameterError(
            "lr_scheduler_type linear needs max_num_batches, where the learning rate reaches zero"
        )
    frequency = given.whole("checkpoint_frequency_num_batches")
    return ScheduleConfig(
        schedule_type=schedule_type,
        learning_rate=given.real("learning_rate"),
        warmup_batches=given.whole("warmup_batches"),
        half_life_batches=given.whole("fixed_rate_lr_half_life") * frequency,
        num_batches=num_batches,
        plateau_factor=given.real("plateau_reduce_lr_factor"),
        plateau_patience=given.whole("plateau_reduce_lr_threshold"),
    )


def _validation(given: Hyperparameters) -> ValidationConfig:
    size = given.whole("bleu_sample_size")
    return ValidationConfig(
        bleu_sample_size=size if size > 0 else None,
        max_decoding_length=given.whole("max_seq_len_target"),
    )


def _limit(value: int) -> int | None:
    return None if value == -1 else value


def _positive(value: float) -> float | None:
    return value if value > 0 else None
