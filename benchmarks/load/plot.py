"""Latency percentiles over time as an SVG, written by hand: a few polylines need no library."""

import math
from collections.abc import Mapping, Sequence

Series = Mapping[str, Sequence[tuple[float, float]]]
"""By name: seconds since the beginning, and milliseconds."""

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 320, 70, 40, 60, 65
COLOURS = ("#1f5fa8", "#2e8b57", "#c77700", "#b03030")
STYLE = (
    "text{font:12px sans-serif;fill:#333}polyline{fill:none;stroke-width:1.3}"
    "line{stroke:#ddd}line.moment{stroke:#888;stroke-dasharray:4 3}"
)
TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


def plot(series: Series, moments: Mapping[str, float], title: str) -> str:
    """The SVG; time runs to the right, milliseconds grow upwards on a logarithmic scale.

    Args:
        series: one line each; not all empty.
        moments: times at which something happened, by what it was.
        title: stands above.
    """
    points = [point for line in series.values() for point in line]
    scale = _Scale(
        end=max(seconds for seconds, _ in points),
        least=min(milliseconds for _, milliseconds in points),
        most=max(milliseconds for _, milliseconds in points),
    )
    parts = [_text(LEFT, 18, "start", title), *_axes(scale)]
    for number, (name, seconds) in enumerate(sorted(moments.items(), key=lambda item: item[1])):
        parts.append(_moment(scale, name, seconds, row=number % 2))
    for number, (name, line) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = " ".join(f"{scale.x(seconds):.1f},{scale.y(value):.1f}" for seconds, value in line)
        parts.append(f'<polyline points="{places}" stroke="{colour}"/>')
        x, y = LEFT + WIDTH + 8, TOP + 12 + 18 * number
        parts.append(f'<text x="{x}" y="{y}" style="fill:{colour}">{name}</text>')
    size = f'width="{LEFT + WIDTH + RIGHT}" height="{TOP + HEIGHT + BOTTOM}"'
    drawn = "\n".join(parts)
    start = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><style>{STYLE}</style>'
    return f"{start}\n{drawn}\n</svg>\n"


class _Scale:
    def __init__(self, *, end: float, least: float, most: float) -> None:
        self.end = end or 1.0
        self.low = math.log(max([tick for tick in TICKS if tick <= least], default=TICKS[0]))
        self.high = math.log(min([tick for tick in TICKS if tick >= most], default=TICKS[-1]))

    def x(self, seconds: float) -> float:
        return LEFT + seconds / self.end * WIDTH

    def y(self, milliseconds: float) -> float:
        span = (self.high - self.low) or 1.0
        return TOP + (self.high - math.log(milliseconds)) / span * HEIGHT


def _axes(scale: _Scale) -> list[str]:
    parts = []
    for tick in TICKS:
        if scale.low <= math.log(tick) <= scale.high:
            y = f"{scale.y(tick):.1f}"
            parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{LEFT + WIDTH}" y2="{y}"/>')
            parts.append(_text(LEFT - 6, scale.y(tick) + 4, "end", f"{tick} ms"))
    for part in range(7):
        seconds = scale.end * part / 6
        label = f"{seconds / 60:.1f} min"
        parts.append(_text(scale.x(seconds), TOP + HEIGHT + 18, "middle", label))
    return parts


def _moment(scale: _Scale, name: str, seconds: float, row: int) -> str:
    x = scale.x(seconds)
    line = f'<line class="moment" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{TOP + HEIGHT}"/>'
    return line + _text(x, TOP + HEIGHT + 36 + 16 * row, "middle", name)


def _text(x: float, y: float, anchor: str, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'
