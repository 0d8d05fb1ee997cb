"""The 49 hyperparameters of SageMaker's built-in Seq2Seq algorithm.

They have its names, and its defaults and valid values but for those in `training.differences`.
"""

from protocol.configuration import MAX_BEAM_SIZE
from training.rows import COUNT, DROPOUT, Hyperparameter, honoured, mapped, no_effect
from training.values import Choice, Flag, RealNumber, WholeNumber

_NO_RECURRENCE = "a Transformer has no recurrent layers"
_NO_CONVOLUTION = "a Transformer has no convolutions"

BUILT_IN: tuple[Hyperparameter, ...] = (
    honoured("batch_size", COUNT, "64", "Sentence pairs in a batch; `batch_tokens` replaces it."),
    mapped(
        "beam_size",
        COUNT,
        "5",
        "Beam of the served model only; BLEU during training comes from greedy decoding, which is "
        f"cheaper. An endpoint searches with {MAX_BEAM_SIZE} at most.",
    ),
    honoured(
        "bleu_sample_size",
        WholeNumber(least=0, otherwise=-1, otherwise_means="all"),
        "0",
        "Validation sentences decoded for BLEU at every checkpoint. With 0 all are decoded if "
        "`optimized_metric` is bleu; otherwise only the kept weights are, at the end.",
    ),
    honoured(
        "bucket_width",
        COUNT,
        "1",
        "Lengths that fall into the same multiple of this count as alike for bucketing. 1 pads "
        "least.",
    ),
    honoured(
        "bucketing_enabled",
        Flag(),
        "true",
        "Sentences of like length share a batch. A batch is padded to its own longest sentence, "
        "never to the maximum.",
    ),
    honoured(
        "checkpoint_frequency_num_batches",
        COUNT,
        "1000",
        "Batches between two checkpoints; each measures the validation set and can be resumed.",
    ),
    honoured(
        "checkpoint_threshold",
        COUNT,
        "3",
        "Checkpoints in a row without a better `optimized_metric` before training stops.",
    ),
    honoured(
        "clip_gradient",
        RealNumber(nonzero=True),
        "1",
        "Largest absolute value of a gradient entry; negative: no limit.",
    ),
    no_effect(
        "cnn_activation_type",
        Choice(("glu", "relu", "softrelu", "sigmoid", "tanh")),
        "glu",
        _NO_CONVOLUTION,
    ),
    mapped(
        "cnn_hidden_dropout",
        DROPOUT,
        None,
        "Dropout after every layer part when `encoder_type` is cnn and `dropout` is absent.",
    ),
    no_effect("cnn_kernel_width_decoder", COUNT, "5", _NO_CONVOLUTION),
    no_effect("cnn_kernel_width_encoder", COUNT, "3", _NO_CONVOLUTION),
    mapped(
        "cnn_num_hidden",
        COUNT,
        "512",
        "Width of the feed-forward layers when `encoder_type` is cnn.",
    ),
    no_effect(
        "decoder_type",
        Choice(("rnn", "cnn")),
        "rnn",
        "the decoder is always a Transformer",
    ),
    honoured(
        "embed_dropout_source",
        DROPOUT,
        None,
        "Dropout of source embeddings; absent: that after every layer part, see `dropout`.",
    ),
    honoured(
        "embed_dropout_target",
        DROPOUT,
        None,
        "Dropout of target embeddings; absent: that after every layer part, see `dropout`.",
    ),
    mapped(
        "encoder_type",
        Choice(("rnn", "cnn")),
        "rnn",
        "The encoder is always a Transformer; this says whether the rnn_ or the cnn_ "
        "hyperparameters give its width and dropout.",
    ),
    honoured(
        "fixed_rate_lr_half_life",
        COUNT,
        "10",
        "Checkpoints until a fixed_rate_* schedule has halved the learning rate.",
    ),
    honoured("learning_rate", RealNumber(above=0), "0.0003", "Learning rate after warm-up."),
    honoured("loss_type", Choice(("cross-entropy",)), "cross-entropy", "Loss of training."),
    honoured(
        "lr_scheduler_type",
        Choice(("plateau_reduce", "fixed_rate_inv_t", "fixed_rate_inv_sqrt_t", "linear")),
        "plateau_reduce",
        "How the learning rate falls. `linear`, our addition, falls to zero at `max_num_batches`.",
    ),
    honoured(
        "max_num_batches",
        WholeNumber(otherwise=-1, otherwise_means="no limit"),
        "-1",
        "Batches to train on at most.",
    ),
    honoured("max_num_epochs", COUNT, None, "Epochs to train at most; absent: no limit."),
    honoured("max_seq_len_source", COUNT, "100", "Longer source sentences are truncated."),
    honoured(
        "max_seq_len_target",
        COUNT,
        "100",
        "Longer target sentences are truncated; also what every answer of the served model has "
        "room for at least.",
    ),
    honoured(
        "min_num_epochs",
        WholeNumber(least=0),
        "0",
        "Epochs before training may stop early; at most `max_num_epochs`.",
    ),
    honoured("momentum", RealNumber(least=0, below=1), None, "Momentum of sgd; absent: none."),
    mapped(
        "num_embed_source",
        COUNT,
        "512",
        "The model dimension, one for both sides: the larger of the two that are given, made even.",
    ),
    mapped("num_embed_target", COUNT, "512", "See `num_embed_source`."),
    honoured("num_layers_decoder", COUNT, "1", "Decoder layers."),
    honoured("num_layers_encoder", COUNT, "1", "Encoder layers."),
    honoured(
        "optimized_metric",
        Choice(("perplexity", "accuracy", "bleu")),
        "perplexity",
        "Measure that picks the weights to keep and stops training early.",
    ),
    honoured(
        "optimizer_type",
        Choice(("adam", "sgd", "rmsprop")),
        "adam",
        "Optimiser; adam decouples its weight decay from the gradient.",
    ),
    honoured(
        "plateau_reduce_lr_factor",
        RealNumber(above=0, most=1),
        "0.5",
        "What plateau_reduce multiplies the learning rate with.",
    ),
    honoured(
        "plateau_reduce_lr_threshold",
        COUNT,
        "3",
        "Checkpoints in a row without a better `optimized_metric` before plateau_reduce acts. From "
        "`checkpoint_threshold` up it never does, unless `min_num_epochs` keeps training from "
        "stopping: training ends first.",
    ),
    no_effect(
        "rnn_attention_in_upper_layers",
        Flag(),
        "true",
        "every decoder layer of a Transformer attends to the source",
    ),
    no_effect(
        "rnn_attention_num_hidden",
        COUNT,
        None,
        "attention uses the model dimension, split into `attention_heads`",
    ),
    no_effect(
        "rnn_attention_type",
        Choice(("dot", "fixed", "mlp", "bilinear")),
        "mlp",
        "attention is the Transformer's scaled dot product",
    ),
    no_effect("rnn_cell_type", Choice(("lstm", "gru")), "lstm", _NO_RECURRENCE),
    mapped(
        "rnn_decoder_hidden_dropout",
        DROPOUT,
        None,
        "Dropout after every layer part when `encoder_type` is rnn and `dropout` is absent.",
    ),
    no_effect("rnn_decoder_state_init", Choice(("last", "avg", "zero")), "last", _NO_RECURRENCE),
    no_effect(
        "rnn_first_residual_layer",
        COUNT,
        "2",
        "every layer of a Transformer has residual connections",
    ),
    mapped(
        "rnn_num_hidden",
        WholeNumber(least=2, even=True),
        "1024",
        "Width of the feed-forward layers when `encoder_type` is rnn.",
    ),
    no_effect(
        "rnn_residual_connections",
        Flag(),
        "false",
        "every layer of a Transformer has residual connections",
    ),
    no_effect(
        "training_metric",
        Choice(("perplexity", "accuracy")),
        "perplexity",
        "perplexity and accuracy are both measured at every checkpoint",
    ),
    honoured("weight_decay", RealNumber(least=0), "0", "Weight decay of the optimiser."),
    honoured(
        "weight_init_scale",
        RealNumber(nonzero=True),
        "2.34",
        "Magnitude of the first weights of linear layers: their bound for uniform; for xavier, "
        "which needs it above 0, the bound's square times the factor. An initial model brings its "
        "weights: with one, this, `weight_init_type` and `xavier_factor_type` have no effect.",
    ),
    honoured(
        "weight_init_type", Choice(("uniform", "xavier")), "xavier", "See `weight_init_scale`."
    ),
    honoured(
        "xavier_factor_type",
        Choice(("in", "out", "avg")),
        "in",
        "The factor of xavier: a layer's inputs, outputs or their mean.",
    ),
)
