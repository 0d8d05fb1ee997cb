"""`python -m training.document` writes docs/hyperparameters.md from the table."""

import sys
from collections.abc import Iterable
from pathlib import Path

from training.additions import ADDITIONS
from training.built_in import BUILT_IN
from training.differences import DIFFERENCES, Difference
from training.rows import DEFAULT_DROPOUT, Hyperparameter
from training.table import HYPERPARAMETERS

DOCUMENT = Path(__file__).parent.parent / "docs" / "hyperparameters.md"

_HEAD = """\
# Hyperparameters

Written by `python -m training.document` from `training/built_in.py`,
`training/additions.py` and `training/differences.py`; change those files, not this one.

A training job takes every hyperparameter of SageMaker's built-in Seq2Seq algorithm. Each is
*honoured* (means the same here), *mapped* (sets a counterpart, which its meaning names) or has *no
effect* (is checked and accepted; when given, the job's log says why it changes nothing). The log
says the same of a value that another hyperparameter leaves without effect, such as `momentum`
without sgd, and of a value that is followed in part. An unknown name or a value that is not valid
fails the job before any data is read, with the nearest name or the valid values in its
`FailureReason`. All values are strings, as SageMaker passes them.
"""
_DIFFERENCES_HEAD = """\

## What the built-in algorithm has otherwise

All others that have an effect have the built-in algorithm's default and take its valid values.

| name | there | here | because |
|---|---|---|---|
"""
_ADDITIONS_HEAD = """\

## Our additions

The built-in algorithm knows none of them. Three change what is learned without being given:
`label_smoothing`, `warmup_batches` and `clip_gradient_norm`; 0, 0 and -1 switch them off.

"""
_COLUMNS = "| name | default | valid values | here | meaning |\n|---|---|---|---|---|\n"


def document() -> str:
    """The whole page."""
    return (
        f"{_HEAD}\n## Of the built-in algorithm\n\n{_COLUMNS}{_rows(BUILT_IN)}"
        f"{_DIFFERENCES_HEAD}{''.join(_difference(each) for each in DIFFERENCES)}"
        f"{_ADDITIONS_HEAD}{_COLUMNS}{_rows(ADDITIONS)}"
    )


def main() -> int:
    """Write the page."""
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(document(), encoding="utf-8")
    return 0


def _rows(hyperparameters: Iterable[Hyperparameter]) -> str:
    return "".join(_row(hyperparameter) for hyperparameter in hyperparameters)


def _row(row: Hyperparameter) -> str:
    default = "-" if row.default is None else f"`{row.default}`"
    note = row.note[0].upper() + row.note[1:].removesuffix(".") + "."
    return f"| `{row.name}` | {default} | {row.kind.describe()} | {row.status} | {note} |\n"


def _difference(difference: Difference) -> str:
    row = HYPERPARAMETERS[difference.name]
    there, here = [], []
    if difference.default is not None:
        there.append(f"default `{difference.default}`")
        here.append(f"default `{row.default or DEFAULT_DROPOUT}`")
    if difference.values is not None:
        there.append(difference.values)
        here.append(row.kind.describe())
    reason = difference.reason
    return f"| `{row.name}` | {'; '.join(there)} | {'; '.join(here)} | {reason} |\n"


if __name__ == "__main__":
    sys.exit(main())
