"""`python -m training.document` writes docs/hyperparameters.md from the table."""

import sys
from collections.abc import Iterable
from pathlib import Path

from training.additions import ADDITIONS
from training.built_in import BUILT_IN
from training.rows import Hyperparameter

DOCUMENT = Path(__file__).parent.parent / "docs" / "hyperparameters.md"

_HEAD = """\
# Hyperparameters

Written by `python -m training.document` from `training/built_in.py` and
`training/additions.py`; change those files, not this one.

A training job takes every hyperparameter of SageMaker's built-in Seq2Seq algorithm. Each is
*honoured* (means the same here), *mapped* (sets a counterpart, which its meaning names) or has *no
effect* (is checked and accepted; when given, the job's log says why it changes nothing). The log
says the same of a value that another hyperparameter leaves without effect, such as `momentum`
without sgd, and of a value that is followed in part.
An unknown name or a value that is not valid fails the job before any data is read, with the nearest
name or the valid values in its `FailureReason`. All values are strings, as SageMaker passes them.
"""
_COLUMNS = "| name | default | valid values | here | meaning |\n|---|---|---|---|---|\n"


def document() -> str:
    """The whole page."""
    return (
        f"{_HEAD}\n## Of the built-in algorithm\n\n{_COLUMNS}{_rows(BUILT_IN)}"
        f"\n## Our additions\n\n{_COLUMNS}{_rows(ADDITIONS)}"
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


if __name__ == "__main__":
    sys.exit(main())
