"""Hyperparameters that others leave without effect, and what is said of each.

A limit that a training may or may not reach is not among them.
"""

from collections.abc import Callable

from training.hyperparameters import Hyperparameters

Rule = Callable[[Hyperparameters], str | None]
"""Why a hyperparameter has no effect beside the others; `None` where it has one."""


def override_warnings(given: Hyperparameters) -> list[str]:
    """One line for each hyperparameter that was given but that others leave without effect."""
    return [
        f"{name}={value} has no effect: {reason}"
        for name, value in given.given.items()
        if (reason := _reason(name, given))
    ]


def _reason(name: str, given: Hyperparameters) -> str | None:
    reasons = (rule(given) for rule in _RULES.get(name, ()))
    return next((reason for reason in reasons if reason), None)


def _only_with(choice: str, *options: str) -> Rule:
    def rule(given: Hyperparameters) -> str | None:
        chosen = given.text(choice)
        if chosen in options:
            return None
        return f"only {choice} {' or '.join(options)} uses it, not {chosen}"

    return rule


def _replaced_by(name: str) -> Rule:
    def rule(given: Hyperparameters) -> str | None:
        return None if given.values[name] is None else f"{name} replaces it"

    return rule


def _only_with_bucketing(given: Hyperparameters) -> str | None:
    return None if given.flag("bucketing_enabled") else "bucketing_enabled is false"


def _only_below_checkpoint_threshold(given: Hyperparameters) -> str | None:
    reducing, stopping = "plateau_reduce_lr_threshold", "checkpoint_threshold"
    if given.whole(reducing) < given.whole(stopping) or given.whole("min_num_epochs"):
        return None
    return (
        f"{stopping} {given.whole(stopping)} ends training before the learning rate is reduced; "
        f"{reducing}, {given.whole(reducing)}, must be below it"
    )


def _only_with_a_factor_below_one(given: Hyperparameters) -> str | None:
    is_one = given.real("plateau_reduce_lr_factor") == 1
    return "plateau_reduce_lr_factor is 1" if is_one else None


def _only_with_time_to_stop_early(given: Hyperparameters) -> str | None:
    fewest, most = given.whole("min_num_epochs"), given.optional_whole("max_num_epochs")
    if fewest != most:
        return None
    return f"min_num_epochs and max_num_epochs are both {most}, so training never stops early"


def _only_with_something_to_choose(given: Hyperparameters) -> str | None:
    """`encoder_type` says which width and which dropout count."""
    if given.values["feed_forward_dim"] is None:
        return None
    if given.values["dropout"] is not None:
        return "feed_forward_dim and dropout replace what it chooses from"
    dropouts = "rnn_decoder_hidden_dropout", "cnn_hidden_dropout"
    if any(given.values[name] is not None for name in dropouts):
        return None
    return f"feed_forward_dim replaces the widths that it chooses from; {_NO_DROPOUTS}"


_NO_DROPOUTS = "rnn_decoder_hidden_dropout and cnn_hidden_dropout are absent"
_FIXED_RATE = _only_with("lr_scheduler_type", "fixed_rate_inv_t", "fixed_rate_inv_sqrt_t")
_PLATEAU = _only_with("lr_scheduler_type", "plateau_reduce"), _only_below_checkpoint_threshold
_RECURRENT = _only_with("encoder_type", "rnn")
_CONVOLUTIONAL = _only_with("encoder_type", "cnn")

_RULES: dict[str, tuple[Rule, ...]] = {
    "batch_size": (_replaced_by("batch_tokens"),),
    "bucket_width": (_only_with_bucketing,),
    "checkpoint_threshold": (_only_with_time_to_stop_early,),
    "cnn_hidden_dropout": (_CONVOLUTIONAL, _replaced_by("dropout")),
    "cnn_num_hidden": (_CONVOLUTIONAL, _replaced_by("feed_forward_dim")),
    "encoder_type": (_only_with_something_to_choose,),
    "fixed_rate_lr_half_life": (_FIXED_RATE,),
    "momentum": (_only_with("optimizer_type", "sgd"),),
    "plateau_reduce_lr_factor": _PLATEAU,
    "plateau_reduce_lr_threshold": (*_PLATEAU, _only_with_a_factor_below_one),
    "rnn_decoder_hidden_dropout": (_RECURRENT, _replaced_by("dropout")),
    "rnn_num_hidden": (_RECURRENT, _replaced_by("feed_forward_dim")),
    "xavier_factor_type": (_only_with("weight_init_type", "xavier"),),
}
