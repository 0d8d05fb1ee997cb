"""What a hyperparameter tuning job may search, and how an execution's input asks for it.

The ranges are those that SageMaker publishes for its Seq2Seq algorithm, and a few for our own
hyperparameters, which are searched only by name.
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

MAX_JOBS = 750
MAX_PARALLEL_JOBS = 100
MAX_RANGES = 30
"""SageMaker's limits for one tuning job."""


class TuningError(ValueError):
    """The wish for a tuning job is not usable; the message names the key and the remedy."""


class Kind(StrEnum):
    """SageMaker's three kinds of range."""

    INTEGER = "Integer"
    CONTINUOUS = "Continuous"
    CATEGORICAL = "Categorical"


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """Where values come from; bounds and values as SageMaker takes them, in words."""

    kind: Kind
    low: str = ""
    high: str = ""
    values: tuple[str, ...] = ()

    def request(self, name: str) -> dict[str, Any]:
        """One item of the tuning job's `ParameterRanges`."""
        if self.kind is Kind.CATEGORICAL:
            return {"Name": name, "Values": list(self.values)}
        return {"Name": name, "MinValue": self.low, "MaxValue": self.high}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tunable:
    """A hyperparameter that can be searched."""

    name: str
    range: Range
    choice: str = ""
    """The hyperparameter that it depends on, if any."""
    chosen: tuple[str, ...] = ()
    """What that one must be for this one, in this range, to have a meaning."""
    replaced_by: tuple[str, ...] = ()
    """Hyperparameters that, when given, leave this one without effect."""
    is_ours: bool = False
    """Unknown to the built-in algorithm, and searched only by name."""


def _integer(low: int, high: int) -> Range:
    return Range(kind=Kind.INTEGER, low=str(low), high=str(high))


def _continuous(low: str, high: str) -> Range:
    return Range(kind=Kind.CONTINUOUS, low=low, high=high)


def _categorical(*values: str) -> Range:
    return Range(kind=Kind.CATEGORICAL, values=values)


CHOICES: Mapping[str, str] = {
    "encoder_type": "rnn",
    "lr_scheduler_type": "plateau_reduce",
    "optimizer_type": "adam",
    "weight_init_type": "xavier",
}
"""What other hyperparameters depend on, with the defaults; fixed unless it is searched by name."""
_WIDTHS = _categorical("128", "256", "512", "1024", "2048")
_HALF = _continuous("0.0", "0.5")
_PLATEAU = ("plateau_reduce",)
_FIXED_RATE = ("fixed_rate_inv_t", "fixed_rate_inv_sqrt_t")

TUNABLES: tuple[Tunable, ...] = (
    Tunable(name="num_layers_encoder", range=_integer(1, 10)),
    Tunable(name="num_layers_decoder", range=_integer(1, 10)),
    Tunable(
        name="batch_size",
        range=_categorical("16", "32", "64", "128", "256", "512", "1024", "2048"),
        replaced_by=("batch_tokens",),
    ),
    Tunable(name="optimizer_type", range=_categorical("adam", "sgd", "rmsprop")),
    Tunable(name="weight_init_type", range=_categorical("xavier", "uniform")),
    Tunable(
        name="weight_init_scale",
        range=_continuous("2.0", "3.0"),
        choice="weight_init_type",
        chosen=("xavier",),
    ),
    Tunable(
        name="weight_init_scale",
        range=_continuous("-1.0", "1.0"),
        choice="weight_init_type",
        chosen=("uniform",),
    ),
    Tunable(name="learning_rate", range=_continuous("0.00005", "0.2")),
    Tunable(name="weight_decay", range=_continuous("0.0", "0.1")),
    Tunable(
        name="momentum", range=_continuous("0.5", "0.9"), choice="optimizer_type", chosen=("sgd",)
    ),
    Tunable(name="clip_gradient", range=_continuous("1.0", "5.0")),
    Tunable(
        name="rnn_num_hidden",
        range=_WIDTHS,
        choice="encoder_type",
        chosen=("rnn",),
        replaced_by=("feed_forward_dim",),
    ),
    Tunable(
        name="cnn_num_hidden",
        range=_WIDTHS,
        choice="encoder_type",
        chosen=("cnn",),
        replaced_by=("feed_forward_dim",),
    ),
    Tunable(name="num_embed_source", range=_integer(256, 512)),
    Tunable(name="num_embed_target", range=_integer(256, 512)),
    Tunable(name="embed_dropout_source", range=_HALF),
    Tunable(name="embed_dropout_target", range=_HALF),
    Tunable(
        name="rnn_decoder_hidden_dropout",
        range=_HALF,
        choice="encoder_type",
        chosen=("rnn",),
        replaced_by=("dropout",),
    ),
    Tunable(
        name="cnn_hidden_dropout",
        range=_HALF,
        choice="encoder_type",
        chosen=("cnn",),
        replaced_by=("dropout",),
    ),
    Tunable(
        name="lr_scheduler_type",
        range=_categorical("plateau_reduce", "fixed_rate_inv_t", "fixed_rate_inv_sqrt_t"),
    ),
    Tunable(
        name="plateau_reduce_lr_factor",
        range=_continuous("0.1", "0.5"),
        choice="lr_scheduler_type",
        chosen=_PLATEAU,
    ),
    Tunable(
        name="plateau_reduce_lr_threshold",
        range=_integer(1, 5),
        choice="lr_scheduler_type",
        chosen=_PLATEAU,
    ),
    Tunable(
        name="fixed_rate_lr_half_life",
        range=_integer(10, 30),
        choice="lr_scheduler_type",
        chosen=_FIXED_RATE,
    ),
    Tunable(name="dropout", range=_HALF, is_ours=True),
    Tunable(name="label_smoothing", range=_continuous("0.0", "0.3"), is_ours=True),
    Tunable(name="consistency_weight", range=_continuous("0.0", "5.0"), is_ours=True),
    Tunable(name="subword_dropout", range=_continuous("0.0", "0.3"), is_ours=True),
    Tunable(name="warmup_batches", range=_integer(0, 4000), is_ours=True),
)
NAMES = tuple(dict.fromkeys(tunable.name for tunable in TUNABLES))


@dataclass(frozen=True, kw_only=True, slots=True)
class Tuning:
    """The `tuning` object of an execution's input."""

    max_jobs: int
    max_parallel_jobs: int = 1
    ranges: Mapping[str, Range | None] = field(default_factory=dict)
    """`None` takes the published range; without any entry all published ranges are searched."""

    @classmethod
    def parse(cls, content: object) -> "Tuning":
        """Read the object.

        Raises:
            TuningError: names the key, the value found and what would be right.
        """
        given = _object("tuning", content, ("max_jobs", "max_parallel_jobs", "ranges"))
        jobs = _count("max_jobs", given.get("max_jobs"), MAX_JOBS)
        parallel = given.get("max_parallel_jobs")
        most = min(jobs, MAX_PARALLEL_JOBS)
        ranges = given.get("ranges")
        wanted = {} if ranges is None else _object("tuning.ranges", ranges, NAMES)
        if len(wanted) > MAX_RANGES:
            raise TuningError(
                f"tuning.ranges has {len(wanted)} hyperparameters; SageMaker takes {MAX_RANGES}"
            )
        return cls(
            max_jobs=jobs,
            max_parallel_jobs=1
            if parallel is None
            else _count("max_parallel_jobs", parallel, most),
            ranges={name: _range(name, value) for name, value in wanted.items()},
        )


def _object(where: str, content: object, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(content, Mapping):
        raise TuningError(f"{where} must be a JSON object, not {content!r}")
    for key in content:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
            raise TuningError(f"{where}: unknown key {key!r}; {hint}")
    return dict(content)


def _count(name: str, value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise TuningError(f"tuning.{name} must be a whole number from 1 to {most}, not {value!r}")
    return value


def _range(name: str, content: object) -> Range | None:
    where = f"tuning.ranges.{name}"
    kind = next(tunable.range.kind for tunable in TUNABLES if tunable.name == name)
    keys = ("values",) if kind is Kind.CATEGORICAL else ("min", "max")
    given = _object(where, content, keys)
    if not given:
        return None
    if kind is Kind.CATEGORICAL:
        return Range(kind=kind, values=_values(where, given["values"]))
    low, high = (_bound(f"{where}.{key}", given.get(key), kind) for key in keys)
    if low >= high:
        raise TuningError(f"{where}: min must be below max, not {low} and {high}")
    return Range(kind=kind, low=f"{low:f}", high=f"{high:f}")


def _values(where: str, values: object) -> tuple[str, ...]:
    found = tuple(map(str, values)) if isinstance(values, list) else ()
    plain = isinstance(values, list) and all(
        isinstance(value, str | int | float) and not isinstance(value, bool) for value in values
    )
    if not plain or not 1 <= len(found) <= MAX_RANGES or len(set(found)) < len(found):
        raise TuningError(
            f"{where}.values must be a list of 1 to {MAX_RANGES} different words or numbers, "
            f"not {values!r}"
        )
    return found


def _bound(where: str, value: object, kind: Kind) -> Decimal:
    wanted = "a whole number" if kind is Kind.INTEGER else "a number"
    allowed = int if kind is Kind.INTEGER else int | float
    if isinstance(value, bool) or not isinstance(value, allowed) or not math.isfinite(value):
        raise TuningError(f"{where} must be {wanted}, not {value!r}")
    return Decimal(str(value))
