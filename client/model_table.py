"""Packages of the register as lines of a table, or as JSON."""

import json
from collections.abc import Sequence
from typing import Any

from client.register import Details, Package

Row = tuple[Package, Details]
_HEADINGS = ("VERSION", "DATE", "STATUS", "BLEU", "chrF", "SERVED", "EXECUTION")


def table(rows: Sequence[Row], served_model: str) -> str:
    """One line for each package, in columns that are as wide as they must be."""
    cells = [_HEADINGS, *(_cells(package, details, served_model) for package, details in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
    lines = ("  ".join(map(str.ljust, line, widths)) for line in cells)
    return "\n".join(line.rstrip() for line in lines)


def as_json(rows: Sequence[Row], served_model: str) -> str:
    """The same for programs, with the model's address and the reason of its status."""
    return json.dumps(
        [_content(package, details, served_model) for package, details in rows],
        indent=2,
        ensure_ascii=False,
    )


def _cells(package: Package, details: Details, served_model: str) -> tuple[str, ...]:
    return (
        str(package.version),
        package.created.strftime("%Y-%m-%d %H:%M"),
        package.status,
        details.bleu or "-",
        details.chrf or "-",
        "yes" if package.model_data == served_model else "",
        details.execution,
    )


def _content(package: Package, details: Details, served_model: str) -> dict[str, Any]:
    return {
        "version": package.version,
        "created": package.created.isoformat(timespec="seconds"),
        "status": package.status,
        "reason": details.reason,
        "bleu": float(details.bleu) if details.bleu else None,
        "chrf": float(details.chrf) if details.chrf else None,
        "served": package.model_data == served_model,
        "execution": details.execution,
        "model_data": package.model_data,
        "arn": package.arn,
    }
