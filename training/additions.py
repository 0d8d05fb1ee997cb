"""The hyperparameters that the built-in algorithm does not know."""

from training.rows import COUNT, DEFAULT_DROPOUT, DROPOUT, Hyperparameter, no_effect, ours
from training.values import Choice, RealNumber, Text, WholeNumber

ADDITIONS: tuple[Hyperparameter, ...] = (
    ours("source_language", Text(most_characters=35), "en", "Named in the model's manifest."),
    ours("target_language", Text(most_characters=35), "de", "Named in the model's manifest."),
    ours(
        "attention_heads",
        COUNT,
        None,
        "Heads of every attention; they must divide the model dimension. Absent: the most out of "
        "8, 4, 2 and 1 that divide it and leave 32 dimensions to each.",
    ),
    ours(
        "feed_forward_dim",
        COUNT,
        None,
        "Width of the feed-forward layers; replaces `rnn_num_hidden` and `cnn_num_hidden`.",
    ),
    ours(
        "feed_forward_type",
        Choice(("relu", "swiglu")),
        "relu",
        "Two linear layers in each (relu), or three of two thirds of the width, one of which gates "
        "another (swiglu): about as many weights. What it gained: "
        "[measurements](measurements.md#quality).",
    ),
    ours(
        "dropout",
        DROPOUT,
        None,
        "Dropout after every layer part. Absent: `rnn_decoder_hidden_dropout` or "
        f"`cnn_hidden_dropout`, and {DEFAULT_DROPOUT} without these.",
    ),
    ours(
        "label_smoothing",
        RealNumber(least=0, below=1),
        "0.1",
        "Share of each target probability that is spread over the vocabulary.",
    ),
    ours(
        "consistency_weight",
        RealNumber(least=0),
        "0",
        "R-Drop: every batch passes twice with different dropout, and this weight draws the two "
        "predictions together; the paper has 5. 0: one pass, at half the cost.",
    ),
    ours(
        "subword_dropout",
        RealNumber(least=0, below=1),
        "0",
        "BPE dropout: how often a possible merge is left out when training words are cut, anew for "
        "every epoch; the paper has 0.1. Needs subwords. 0: one way to cut a word.",
    ),
    ours(
        "weight_average_decay",
        RealNumber(least=0, below=1),
        "0",
        "Decay of a moving average of the weights, which is what is measured and exported; 0.998 "
        "suits some thousands of batches. 0: no average.",
    ),
    ours(
        "warmup_batches",
        WholeNumber(least=0),
        "100",
        "Batches in which the learning rate rises to `learning_rate`.",
    ),
    ours(
        "batch_tokens",
        COUNT,
        None,
        "Target positions in a batch, padding included; replaces `batch_size`.",
    ),
    ours(
        "clip_gradient_norm",
        RealNumber(nonzero=True),
        "1",
        "Largest norm of all gradients together; negative: no limit.",
    ),
    ours("progress_frequency_num_batches", COUNT, "50", "Batches between two progress lines."),
    ours(
        "precision",
        Choice(("auto", "float32", "bfloat16")),
        "auto",
        "Arithmetic of matrix products; weights and sums stay float32. auto is bfloat16 on a GPU "
        "or CPU that computes in it (AVX512_BF16, AMX) and float32 elsewhere.",
    ),
    ours(
        "num_threads",
        COUNT,
        None,
        "CPU threads of each process. Absent: OMP_NUM_THREADS if set, otherwise the cores of the "
        "machine, divided by its processes.",
    ),
    ours(
        "processes_per_host",
        COUNT,
        None,
        "Processes on each instance, which share every batch. Absent: one for each GPU, or one.",
    ),
    ours("seed", WholeNumber(least=0), "1", "Seed of the first weights, batches and dropout."),
    no_effect(
        "_tuning_objective_metric",
        Text(most_characters=256),
        None,
        "SageMaker's tuning jobs add it for script-mode containers",
    ),
)
