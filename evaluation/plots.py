"""Plots as SVG that stands in a page by itself: a line over batches, bars side by side."""

from collections.abc import Sequence
from html import escape

from evaluation.learning_curve import Point

STYLE = (
    "svg text{font:12px sans-serif;fill:#333}svg polyline{fill:none;stroke:#1f5fa8;"
    "stroke-width:1.5}svg .frame{fill:none;stroke:#bbb}svg .candidate{fill:#1f5fa8}"
    "svg .served{fill:#c9a227}"
)
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 560, 130, 70, 24, 24


def line(name: str, points: Sequence[Point]) -> str:
    """One series over the number of the batch; there is at least one point."""
    values = [y for _, y in points]
    least, most = min(values), max(values)
    span, last = (most - least) or 1.0, max(points[-1][0], 1.0)
    path = " ".join(
        f"{_LEFT + x / last * _WIDTH:.1f},{_TOP + (most - y) / span * _HEIGHT:.1f}"
        for x, y in points
    )
    texts = [
        _text(_LEFT, _TOP - 8, "start", name),
        _text(_LEFT - 6, _TOP + 10, "end", f"{most:.4g}"),
        _text(_LEFT - 6, _TOP + _HEIGHT, "end", f"{least:.4g}"),
        _text(_LEFT + _WIDTH, _TOP + _HEIGHT + 16, "end", f"batch {last:,.0f}"),
    ]
    return _svg(name, f'{"".join(texts)}<polyline points="{path}"/>')


def bars(name: str, groups: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    """Groups of bars from 0 on; each group has a label, each bar a CSS class and a value."""
    most = max((value for _, group in groups for _, value in group), default=0.0) or 1.0
    room = _WIDTH / max(len(groups), 1)
    drawn = [
        _text(_LEFT, _TOP - 8, "start", name),
        _text(_LEFT - 6, _TOP + 10, "end", f"{most:.1f}"),
    ]
    for number, (label, group) in enumerate(groups):
        left, width = _LEFT + number * room + room * 0.15, room * 0.7 / max(len(group), 1)
        for place, (kind, value) in enumerate(group):
            height = value / most * _HEIGHT
            drawn.append(
                f'<rect class="{escape(kind)}" x="{left + place * width:.1f}" '
                f'y="{_TOP + _HEIGHT - height:.1f}" width="{width * 0.9:.1f}" '
                f'height="{height:.1f}"><title>{escape(kind)}: {value:.1f}</title></rect>'
            )
        middle = _LEFT + (number + 0.5) * room
        drawn.append(_text(middle, _TOP + _HEIGHT + 16, "middle", label))
    return _svg(name, "".join(drawn))


def _svg(name: str, content: str) -> str:
    width, height = _LEFT + _WIDTH + 20, _TOP + _HEIGHT + _BOTTOM
    return (
        f'<svg role="img" aria-label="{escape(name)}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><rect class="frame" x="{_LEFT}" y="{_TOP}" '
        f'width="{_WIDTH}" height="{_HEIGHT}"/>{content}</svg>'
    )


def _text(x: float, y: float, anchor: str, content: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'
