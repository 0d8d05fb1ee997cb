"""From the wish for a tuning job to what it searches, what stays fixed and what it is judged by."""

from collections.abc import Mapping
from typing import Any

from protocol.retraining import InputError
from protocol.tuning import CHOICES, TUNABLES, Kind, Range, Tunable, Tuning

OBJECTIVES: Mapping[str, str] = {
    "accuracy": "Maximize",
    "bleu": "Maximize",
    "perplexity": "Minimize",
}
DEFAULT_OBJECTIVE = "perplexity"
_DEPENDED_ON = frozenset(CHOICES)
_DIMENSIONS = frozenset(
    {
        *("num_layers_encoder", "num_layers_decoder", "num_embed_source", "num_embed_target"),
        *("rnn_num_hidden", "cnn_num_hidden"),
    }
)
"""What an initial model brings with it."""


def plan_tuning(
    tuning: Tuning,
    *,
    own: Mapping[str, str],
    merged: Mapping[str, str],
    is_builtin: bool,
    has_initial_model: bool = False,
) -> dict[str, Any]:
    """The parts of the tuning job's request that the input decides.

    `own` are the hyperparameters of the execution's input, `merged` those with the defaults.

    Raises:
        InputError: names a range that would contradict a hyperparameter or have no effect.
    """
    if is_builtin:
        _check_engine(tuning)
    brought = _DIMENSIONS if has_initial_model else frozenset()
    if fixed_by_model := sorted(brought & tuning.ranges.keys()):
        raise InputError(
            f"tuning.ranges.{fixed_by_model[0]}: initial_model brings its dimensions; leave one out"
        )
    ranges = _named(tuning, own, merged) if tuning.ranges else _published(merged, brought)
    fixed = {name: value for name, value in merged.items() if name not in ranges}
    return {
        "max_jobs": tuning.max_jobs,
        "max_parallel_jobs": tuning.max_parallel_jobs,
        "objective": _objective(merged),
        "ranges": {
            f"{kind}ParameterRanges": [
                found.request(name) for name, found in ranges.items() if found.kind is kind
            ]
            for kind in Kind
        },
        "fixed_hyperparameters": fixed,
    }


def _objective(merged: Mapping[str, str]) -> dict[str, str]:
    metric = merged.get("optimized_metric", DEFAULT_OBJECTIVE)
    if metric not in OBJECTIVES:
        raise InputError(
            f"hyperparameters.optimized_metric is what the tuning job is judged by and must be one "
            f"of {', '.join(OBJECTIVES)}, not {metric!r}"
        )
    return {"Type": OBJECTIVES[metric], "MetricName": f"validation:{metric}"}


def _published(merged: Mapping[str, str], brought: frozenset[str]) -> dict[str, Range]:
    """All published ranges, but for what is fixed and what a fixed choice leaves without effect."""
    return {
        tunable.name: tunable.range
        for tunable in TUNABLES
        if not tunable.is_ours
        and tunable.name not in _DEPENDED_ON
        and tunable.name not in merged
        and tunable.name not in brought
        and _is_chosen(tunable, merged)
        and not _replacement(tunable, merged)
    }


def _check_engine(tuning: Tuning) -> None:
    for tunable in TUNABLES:
        if tunable.is_ours and tunable.name in tuning.ranges:
            raise InputError(f"tuning.ranges.{tunable.name}: the engine builtin does not know it")


def _named(tuning: Tuning, own: Mapping[str, str], merged: Mapping[str, str]) -> dict[str, Range]:
    fixed = {name: value for name, value in merged.items() if name not in tuning.ranges}
    found = {}
    for name, wanted in tuning.ranges.items():
        if name in own:
            raise InputError(
                f"hyperparameters.{name} fixes what tuning.ranges.{name} would search; leave one "
                "out"
            )
        tunable = _tunable(name, tuning, fixed)
        found[name] = wanted or tunable.range
    return found


def _tunable(name: str, tuning: Tuning, fixed: Mapping[str, str]) -> Tunable:
    """The row whose choice is fixed as it should be."""
    rows = [tunable for tunable in TUNABLES if tunable.name == name]
    where, choice = f"tuning.ranges.{name}", rows[0].choice
    if choice in tuning.ranges:
        raise InputError(f"{where} depends on {choice}, so {choice} cannot be searched with it")
    chosen = [tunable for tunable in rows if _is_chosen(tunable, fixed)]
    if not chosen:
        wanted = " or ".join(value for tunable in rows for value in tunable.chosen)
        raise InputError(
            f"{where} has no effect unless hyperparameters.{choice} is {wanted}; it is "
            f"{_choice(choice, fixed)}"
        )
    if replacement := _replacement(chosen[0], fixed):
        raise InputError(f"{where} has no effect beside hyperparameters.{replacement}")
    return chosen[0]


def _is_chosen(tunable: Tunable, fixed: Mapping[str, str]) -> bool:
    return not tunable.choice or _choice(tunable.choice, fixed) in tunable.chosen


def _choice(name: str, fixed: Mapping[str, str]) -> str:
    return fixed.get(name, CHOICES[name])


def _replacement(tunable: Tunable, fixed: Mapping[str, str]) -> str:
    return next((name for name in tunable.replaced_by if name in fixed), "")
