"""The hyperparameters of the measured training: a small Transformer for a small corpus.

Layers and dimensions are those of the Transformer-tiny of arXiv 2105.14462.
"""

MERGES = 10_000
MAX_PARAMETERS = 2_700_000
NUM_SEEDS = 3
BEAM_SIZE = 5

HYPERPARAMETERS = {
    "num_embed_source": 128,
    "num_embed_target": 128,
    "attention_heads": 4,
    "feed_forward_dim": 256,
    "num_layers_encoder": 4,
    "num_layers_decoder": 4,
    "dropout": 0.3,
    "embed_dropout_source": 0.3,
    "embed_dropout_target": 0.3,
    "label_smoothing": 0.1,
    "weight_average_decay": 0.998,
    "learning_rate": 0.003,
    "warmup_batches": 2000,
    "lr_scheduler_type": "linear",
    "max_num_batches": 24_000,
    "batch_tokens": 1024,
    "checkpoint_frequency_num_batches": 1000,
    "checkpoint_threshold": 1000,
    "optimized_metric": "bleu",
    "beam_size": BEAM_SIZE,
}

STUDENT_HYPERPARAMETERS = {
    **HYPERPARAMETERS,
    "dropout": 0.2,
    "embed_dropout_source": 0.2,
    "embed_dropout_target": 0.2,
    "learning_rate": 0.001,
    "warmup_batches": 200,
    "max_num_batches": 6000,
    "checkpoint_frequency_num_batches": 500,
}
"""Of a training that goes on from a model with three targets for each source."""
