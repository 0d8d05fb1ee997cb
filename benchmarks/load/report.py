"""The tables of a load: percentiles by phase, and memory by process."""

from collections.abc import Mapping, Sequence

from benchmarks.load.answers import Answer

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "slowest": 1.0}
NUM_POINTS = 120
"""Of a line of the plot."""


def percentile(seconds: Sequence[float], part: float) -> float:
    """The smallest value that at least this part of them does not exceed; in milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[max(0, min(len(ordered) - 1, -int(-part * len(ordered) // 1) - 1))]


def over_time(answers: Sequence[Answer], began: float) -> dict[str, list[tuple[float, float]]]:
    """For each percentile, its value in every stretch of the time."""
    span = max(answer.due for answer in answers) - began
    width = max(1.0, span / NUM_POINTS)
    stretches: dict[int, list[float]] = {}
    for answer in answers:
        stretches.setdefault(int((answer.due - began) / width), []).append(answer.seconds)
    return {
        name: [
            ((number + 0.5) * width, percentile(seconds, part))
            for number, seconds in sorted(stretches.items())
        ]
        for name, part in PERCENTILES.items()
    }


def latency_table(phases: Mapping[str, Sequence[Answer]]) -> str:
    """Markdown: a row for each phase that has answers."""
    rows = ["| | requests | " + " | ".join(PERCENTILES) + " |", "|---" * 6 + "|"]
    for name, answers in phases.items():
        seconds = [answer.seconds for answer in answers]
        if seconds:
            values = [f"{percentile(seconds, part):,.1f} ms" for part in PERCENTILES.values()]
            rows.append(f"| {name} | {len(seconds):,} | {' | '.join(values)} |")
    return "\n".join(rows)


def memory_table(looks: Mapping[str, Mapping[str, Sequence[int]]]) -> str:
    """Markdown: a row for each kind of process, a column for each look at the memory."""
    kinds = sorted({kind for held in looks.values() for kind in held})
    rows = ["| resident memory | " + " | ".join(looks) + " |", "|---" * (len(looks) + 1) + "|"]
    for kind in kinds:
        cells = (_cell(held.get(kind, ())) for held in looks.values())
        rows.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(sizes: Sequence[int]) -> str:
    total = f"{sum(sizes) / 1e6:,.0f} MB"
    return f"{total} in {len(sizes)}" if len(sizes) > 1 else total
