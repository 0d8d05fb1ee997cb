"""The learning curve as files of the model folder: numbers in JSON, a plot in SVG.

The plot is written by hand: a few polylines do not warrant a plotting library and the dozen
packages that it would bring into the training image.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from nmt.progress import LearningCurve
from protocol.artifacts import LEARNING_CURVE, LEARNING_CURVE_PLOT

Point = tuple[int, float]

_WIDTH, _HEIGHT, _LEFT, _GAP = 640, 120, 80, 40
_STYLE = (
    "text{font:12px sans-serif;fill:#333}polyline{fill:none;stroke:#1f5fa8;stroke-width:1.5}"
    "rect{fill:none;stroke:#bbb}"
)


def write_learning_curve(folder: Path, curve: LearningCurve) -> None:
    """Write both files, each whole or not at all."""
    _write(folder / LEARNING_CURVE, json.dumps(_content(curve), indent=1) + "\n")
    _write(folder / LEARNING_CURVE_PLOT, plot(_series(curve)))


def plot(series: dict[str, Sequence[Point]]) -> str:
    """An SVG with a panel for each series, over the same batches."""
    last = max((x for points in series.values() for x, _ in points), default=1)
    panels = [
        _panel(name, points, last, number * (_HEIGHT + _GAP) + _GAP)
        for number, (name, points) in enumerate(series.items())
    ]
    height = len(panels) * (_HEIGHT + _GAP) + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + _LEFT + _GAP}" '
        f'height="{height}"><style>{_STYLE}</style>\n{"".join(panels)}</svg>\n'
    )


def _panel(name: str, points: Sequence[Point], last: int, top: int) -> str:
    values = [y for _, y in points]
    least, most = min(values), max(values)
    span = (most - least) or 1.0
    line = " ".join(
        f"{_LEFT + x / last * _WIDTH:.1f},{top + (most - y) / span * _HEIGHT:.1f}"
        for x, y in points
    )
    labels = [
        (_LEFT, top - 8, "start", name),
        (_LEFT - 6, top + 10, "end", f"{most:.4g}"),
        (_LEFT - 6, top + _HEIGHT, "end", f"{least:.4g}"),
        (_LEFT + _WIDTH, top + _HEIGHT + 16, "end", f"batch {last}"),
    ]
    texts = "".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'
        for x, y, anchor, text in labels
    )
    frame = f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH}" height="{_HEIGHT}"/>'
    return f'{frame}{texts}<polyline points="{line}"/>\n'


def _content(curve: LearningCurve) -> dict[str, object]:
    validations = [
        {"step": found.step, **asdict(found.metrics), "improved": found.improved}
        for found in curve.validations
    ]
    return {"training": [asdict(report) for report in curve.steps], "validation": validations}


def _series(curve: LearningCurve) -> dict[str, Sequence[Point]]:
    found = [(report.step, report.metrics) for report in curve.validations]
    series: dict[str, Sequence[Point]] = {
        "training loss": [(report.step, report.loss) for report in curve.steps],
        "learning rate": [(report.step, report.learning_rate) for report in curve.steps],
        "validation perplexity": [(step, metrics.perplexity) for step, metrics in found],
        "validation accuracy": [(step, metrics.accuracy) for step, metrics in found],
        "validation BLEU": [(s, metrics.bleu) for s, metrics in found if metrics.bleu is not None],
    }
    return {name: points for name, points in series.items() if points}


def _write(path: Path, content: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)
