"""Where the built-in algorithm has another default, or takes values that are refused here."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What the built-in algorithm says of a hyperparameter, where this service says otherwise."""

    name: str
    default: str | None = None
    """`None`: it is the same here."""
    values: str | None = None
    """`None`: all of them are valid here."""
    reason: str


def _dropout(name: str) -> Difference:
    return Difference(
        name=name,
        default="0",
        values="a number from 0 to 1",
        reason="usual for a Transformer; 1 drops everything",
    )


def _narrower(name: str, values: str, reason: str) -> Difference:
    return Difference(name=name, values=values, reason=reason)


DIFFERENCES: tuple[Difference, ...] = (
    _narrower("bleu_sample_size", "a whole number", "only -1 has a meaning below 0"),
    Difference(
        name="bucket_width",
        default="10",
        reason="pads least; the built-in algorithm unrolls a graph for each multiple of it",
    ),
    _narrower("clip_gradient", "a number", "0 learns nothing"),
    _dropout("cnn_hidden_dropout"),
    _dropout("embed_dropout_source"),
    _dropout("embed_dropout_target"),
    _narrower("learning_rate", "a number", "0 learns nothing, and less than 0 unlearns"),
    _narrower("max_num_batches", "a whole number", "0 trains nothing; only -1 has a meaning below"),
    _narrower(
        "momentum", "a number", "from 1 up steps grow without end, below 0 they undo each other"
    ),
    _narrower("plateau_reduce_lr_factor", "a number", "anything else reduces nothing, or all"),
    _dropout("rnn_decoder_hidden_dropout"),
    _narrower("weight_decay", "a number", "below 0 weights grow without end"),
    _narrower(
        "weight_init_scale",
        "a number",
        "0 begins with layers of zeros; xavier takes a root, so there it must be above 0",
    ),
)
