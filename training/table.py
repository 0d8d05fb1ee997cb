"""Every hyperparameter this service knows, as data: parsing, warnings and docs all come from here.

The first 49 are those of SageMaker's built-in Seq2Seq algorithm, with its names and, but for
`bucket_width`, its defaults. A default of `None` means that the note says what happens when the
hyperparameter is absent.
"""

from dataclasses import dataclass
from enum import StrEnum

from training.values import Choice, Flag, Kind, RealNumber, Text, WholeNumber


class Status(StrEnum):
    """What this service makes of a hyperparameter."""

    HONOURED = "honoured"
    MAPPED = "mapped"
    NO_EFFECT = "no effect"
    OURS = "ours"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hyperparameter:
    """One row of the table."""

    name: str
    kind: Kind
    default: str | None = None
    status: Status
    note: str
    """Meaning; for `no effect`, the reason."""


def _honoured(name: str, kind: Kind, default: str | None, note: str) -> Hyperparameter:
    return Hyperparameter(name=name, kind=kind, default=default, status=Status.HONOURED, note=note)


def _mapped(name: str, kind: Kind, default: str | None, note: str) -> Hyperparameter:
    return Hyperparameter(name=name, kind=kind, default=default, status=Status.MAPPED, note=note)


def _no_effect(name: str, kind: Kind, default: str | None, note: str) -> Hyperparameter:
    return Hyperparameter(name=name, kind=kind, default=default, status=Status.NO_EFFECT, note=note)


def _ours(name: str, kind: Kind, default: str | None, note: str) -> Hyperparameter:
    return Hyperparameter(name=name, kind=kind, default=default, status=Status.OURS, note=note)


_COUNT = WholeNumber()
_NUMBER = RealNumber()
_DROPOUT = RealNumber(least=0, below=1)
_NO_RECURRENCE = "a Transformer has no recurrent layers"
_NO_CONVOLUTION = "a Transformer has no convolutions"

BUILT_IN: tuple[Hyperparameter, ...] = (
    _honoured("batch_size", _COUNT, "64", "Sentence pairs in a batch; `batch_tokens` replaces it."),
    _honoured(
        "beam_size",
        _COUNT,
        "5",
        "Beam of the served model. BLEU during training comes from greedy decoding, which is "
        "cheaper and ranks checkpoints alike.",
    ),
    _honoured(
        "bleu_sample_size",
        WholeNumber(least=0, otherwise=-1, otherwise_means="all"),
        "0",
        "Validation sentences decoded for BLEU at every checkpoint. With 0 all are decoded if "
        "`optimized_metric` is bleu; otherwise only the kept weights are, at the end.",
    ),
    _honoured(
        "bucket_width",
        _COUNT,
        "1",
        "Lengths that fall into the same multiple of this count as alike. 1, the default here, "
        "pads least; the built-in algorithm's is 10, the step of its unrolled graphs.",
    ),
    _honoured(
        "bucketing_enabled",
        Flag(),
        "true",
        "Sentences of like length share a batch. A batch is padded to its own longest sentence, "
        "never to the maximum.",
    ),
    _honoured(
        "checkpoint_frequency_num_batches",
        _COUNT,
        "1000",
        "Batches between two checkpoints; each measures the validation set and can be resumed.",
    ),
    _honoured(
        "checkpoint_threshold",
        _COUNT,
        "3",
        "Checkpoints in a row without a better `optimized_metric` before training stops.",
    ),
    _honoured(
        "clip_gradient",
        RealNumber(nonzero=True),
        "1",
        "Largest absolute value of a gradient entry; negative: no limit.",
    ),
    _no_effect(
        "cnn_activation_type",
        Choice(("glu", "relu", "softrelu", "sigmoid", "tanh")),
        "glu",
        _NO_CONVOLUTION,
    ),
    _mapped(
        "cnn_hidden_dropout",
        _DROPOUT,
        None,
        "Dropout after every layer part when `encoder_type` is cnn and `dropout` is absent.",
    ),
    _no_effect("cnn_kernel_width_decoder", _COUNT, "5", _NO_CONVOLUTION),
    _no_effect("cnn_kernel_width_encoder", _COUNT, "3", _NO_CONVOLUTION),
    _mapped(
        "cnn_num_hidden",
        _COUNT,
        "512",
        "Width of the feed-forward layers when `encoder_type` is cnn.",
    ),
    _no_effect(
        "decoder_type",
        Choice(("rnn", "cnn")),
        "rnn",
        "the decoder is always a Transformer",
    ),
    _honoured(
        "embed_dropout_source",
        _DROPOUT,
        None,
        "Dropout of source embeddings; absent: `dropout`.",
    ),
    _honoured(
        "embed_dropout_target",
        _DROPOUT,
        None,
        "Dropout of target embeddings; absent: `dropout`.",
    ),
    _mapped(
        "encoder_type",
        Choice(("rnn", "cnn")),
        "rnn",
        "The encoder is always a Transformer; this says whether the rnn_ or the cnn_ "
        "hyperparameters give its width and dropout.",
    ),
    _honoured(
        "fixed_rate_lr_half_life",
        _COUNT,
        "10",
        "Checkpoints until a fixed_rate_* schedule has halved the learning rate.",
    ),
    _honoured("learning_rate", RealNumber(above=0), "0.0003", "Learning rate after warm-up."),
    _honoured("loss_type", Choice(("cross-entropy",)), "cross-entropy", "Loss of training."),
    _honoured(
        "lr_scheduler_type",
        Choice(("plateau_reduce", "fixed_rate_inv_t", "fixed_rate_inv_sqrt_t", "linear")),
        "plateau_reduce",
        "How the learning rate falls. `linear`, our addition, falls to zero at `max_num_batches`.",
    ),
    _honoured(
        "max_num_batches",
        WholeNumber(otherwise=-1, otherwise_means="no limit"),
        "-1",
        "Batches to train on at most.",
    ),
    _honoured("max_num_epochs", _COUNT, None, "Epochs to train at most; absent: no limit."),
    _honoured("max_seq_len_source", _COUNT, "100", "Longer source sentences are truncated."),
    _honoured(
        "max_seq_len_target",
        _COUNT,
        "100",
        "Longer target sentences are truncated; also the served model's longest answer.",
    ),
    _honoured(
        "min_num_epochs",
        WholeNumber(least=0),
        "0",
        "Epochs before training may stop early.",
    ),
    _honoured("momentum", RealNumber(least=0, below=1), None, "Momentum of sgd; absent: none."),
    _mapped(
        "num_embed_source",
        _COUNT,
        "512",
        "The model dimension, one for both sides: the larger of the two that are given, made even.",
    ),
    _mapped("num_embed_target", _COUNT, "512", "See `num_embed_source`."),
    _honoured("num_layers_decoder", _COUNT, "1", "Decoder layers."),
    _honoured("num_layers_encoder", _COUNT, "1", "Encoder layers."),
    _honoured(
        "optimized_metric",
        Choice(("perplexity", "accuracy", "bleu")),
        "perplexity",
        "Measure that picks the weights to keep and stops training early.",
    ),
    _honoured(
        "optimizer_type",
        Choice(("adam", "sgd", "rmsprop")),
        "adam",
        "Optimiser; adam decouples its weight decay from the gradient.",
    ),
    _honoured(
        "plateau_reduce_lr_factor",
        RealNumber(above=0, most=1),
        "0.5",
        "What plateau_reduce multiplies the learning rate with.",
    ),
    _honoured(
        "plateau_reduce_lr_threshold",
        _COUNT,
        "3",
        "Checkpoints in a row without a better `optimized_metric` before plateau_reduce acts.",
    ),
    _no_effect(
        "rnn_attention_in_upper_layers",
        Flag(),
        "true",
        "every decoder layer of a Transformer attends to the source",
    ),
    _no_effect(
        "rnn_attention_num_hidden",
        _COUNT,
        None,
        "attention uses the model dimension, split into `attention_heads`",
    ),
    _no_effect(
        "rnn_attention_type",
        Choice(("dot", "fixed", "mlp", "bilinear")),
        "mlp",
        "attention is the Transformer's scaled dot product",
    ),
    _no_effect("rnn_cell_type", Choice(("lstm", "gru")), "lstm", _NO_RECURRENCE),
    _mapped(
        "rnn_decoder_hidden_dropout",
        _DROPOUT,
        None,
        "Dropout after every layer part when `encoder_type` is rnn and `dropout` is absent.",
    ),
    _no_effect("rnn_decoder_state_init", Choice(("last", "avg", "zero")), "last", _NO_RECURRENCE),
    _no_effect(
        "rnn_first_residual_layer",
        _COUNT,
        "2",
        "every layer of a Transformer has residual connections",
    ),
    _mapped(
        "rnn_num_hidden",
        WholeNumber(least=2, even=True),
        "1024",
        "Width of the feed-forward layers when `encoder_type` is rnn.",
    ),
    _no_effect(
        "rnn_residual_connections",
        Flag(),
        "false",
        "every layer of a Transformer has residual connections",
    ),
    _no_effect(
        "training_metric",
        Choice(("perplexity", "accuracy")),
        "perplexity",
        "perplexity and accuracy are both measured at every checkpoint",
    ),
    _honoured("weight_decay", RealNumber(least=0), "0", "Weight decay of the optimiser."),
    _honoured(
        "weight_init_scale",
        RealNumber(nonzero=True),
        "2.34",
        "Magnitude of the first weights of linear layers: their bound for uniform; for xavier, "
        "which needs it above 0, the bound's square times the factor.",
    ),
    _honoured(
        "weight_init_type", Choice(("uniform", "xavier")), "xavier", "See `weight_init_scale`."
    ),
    _honoured(
        "xavier_factor_type",
        Choice(("in", "out", "avg")),
        "in",
        "The factor of xavier: a layer's inputs, outputs or their mean.",
    ),
)

ADDITIONS: tuple[Hyperparameter, ...] = (
    _ours("source_language", Text(most_characters=35), "en", "Named in the model's manifest."),
    _ours("target_language", Text(most_characters=35), "de", "Named in the model's manifest."),
    _ours(
        "attention_heads",
        _COUNT,
        None,
        "Heads of every attention; they must divide the model dimension. Absent: the most out of "
        "8, 4, 2 and 1 that divide it and leave 32 dimensions to each.",
    ),
    _ours(
        "feed_forward_dim",
        _COUNT,
        None,
        "Width of the feed-forward layers; replaces `rnn_num_hidden` and `cnn_num_hidden`.",
    ),
    _ours(
        "dropout",
        _DROPOUT,
        None,
        "Dropout after every layer part. Absent: `rnn_decoder_hidden_dropout` or "
        "`cnn_hidden_dropout`, and 0.1 without these.",
    ),
    _ours(
        "label_smoothing",
        RealNumber(least=0, below=1),
        "0.1",
        "Share of each target probability that is spread over the vocabulary.",
    ),
    _ours(
        "consistency_weight",
        RealNumber(least=0),
        "0",
        "R-Drop: every batch passes twice with different dropout, and this weight draws the two "
        "predictions together; 5 suits small corpora. 0: one pass, at half the cost.",
    ),
    _ours(
        "subword_dropout",
        RealNumber(least=0, below=1),
        "0",
        "BPE dropout: how often a possible merge is left out when training words are cut, anew for "
        "every epoch; 0.1 suits small corpora. Needs subwords. 0: one way to cut a word.",
    ),
    _ours(
        "weight_average_decay",
        RealNumber(least=0, below=1),
        "0",
        "Decay of a moving average of the weights, which is what is measured and exported; 0.998 "
        "suits some thousands of batches. 0: no average.",
    ),
    _ours(
        "warmup_batches",
        WholeNumber(least=0),
        "100",
        "Batches in which the learning rate rises to `learning_rate`.",
    ),
    _ours(
        "batch_tokens",
        _COUNT,
        None,
        "Target positions in a batch, padding included; replaces `batch_size`.",
    ),
    _ours(
        "clip_gradient_norm",
        RealNumber(nonzero=True),
        "1",
        "Largest norm of all gradients together; negative: no limit.",
    ),
    _ours("progress_frequency_num_batches", _COUNT, "50", "Batches between two progress lines."),
    _ours(
        "precision",
        Choice(("auto", "float32", "bfloat16")),
        "auto",
        "Arithmetic of matrix products; weights and sums stay float32. auto is bfloat16 on a GPU "
        "or CPU that computes in it (AVX512_BF16, AMX) and float32 elsewhere.",
    ),
    _ours(
        "num_threads",
        _COUNT,
        None,
        "CPU threads of each process. Absent: OMP_NUM_THREADS if set, otherwise the cores of the "
        "machine, divided by its processes.",
    ),
    _ours(
        "processes_per_host",
        _COUNT,
        None,
        "Processes on each instance, which share every batch. Absent: one for each GPU, or one.",
    ),
    _ours("seed", WholeNumber(least=0), "1", "Seed of the first weights, batches and dropout."),
    _no_effect(
        "_tuning_objective_metric",
        Text(most_characters=256),
        None,
        "SageMaker's tuning jobs add it for script-mode containers",
    ),
)

HYPERPARAMETERS: dict[str, Hyperparameter] = {
    hyperparameter.name: hyperparameter for hyperparameter in (*BUILT_IN, *ADDITIONS)
}
