import io
from pathlib import Path

import pytest

from nmt.metrics import ValidationMetrics
from nmt.progress import LearningCurve, Progress, StepReport, ValidationReport
from training.learning_curve import plot, write_learning_curve
from training.progress import ProgressPrinter

REPORT = StepReport(
    epoch=2, step=150, loss=3.25, learning_rate=0.0003, tokens_per_second=4321.6, padding=0.0214
)
VALIDATION = ValidationReport(
    step=150, metrics=ValidationMetrics(perplexity=12.5, accuracy=0.5, bleu=7.25), improved=True
)
METRICS = "[validation] validation:bleu=7.25 validation:perplexity=12.5 validation:accuracy=0.5\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def report_all(stream: io.StringIO) -> str:
    """What a training of 300 batches prints that was resumed and told everything once."""
    with ProgressPrinter(300, stream) as printer:
        printer.warned("num threads was 1, now 2")
        printer.resumed(Progress(step=100, epoch=1))
        printer.progressed(REPORT)
        printer.validated(VALIDATION)
    return stream.getvalue()


def test_a_log_gets_a_line_for_everything() -> None:
    assert report_all(io.StringIO()) == (
        "[warning] num threads was 1, now 2\n"
        "[checkpoint] going on after batch 100, epoch 2\n"
        "[training] epoch=2 batch=150 loss=3.2500 learning_rate=0.0003 tokens_per_second=4322 "
        "padding=0.021\n"
        f"{METRICS}"
        "[checkpoint] batch=150: the best so far\n"
    )


def test_a_terminal_gets_a_bar_and_the_metrics() -> None:
    shown = report_all(Terminal())

    assert "150/300" in shown
    assert "loss 3.250, 4,322 tokens/s" in shown
    assert METRICS in shown
    assert "[training]" not in shown


def test_a_bar_needs_no_end() -> None:
    terminal = Terminal()
    with ProgressPrinter(None, terminal) as printer:
        printer.progressed(REPORT)

    assert "150 batches" in terminal.getvalue()


def test_the_plot_has_a_panel_for_each_series() -> None:
    drawn = plot({"loss": [(50, 4.0), (100, 2.0)], "BLEU": [(100, 7.0)]})

    assert drawn.count("<polyline") == 2
    assert ">loss</text>" in drawn
    assert ">4</text>" in drawn
    assert ">2</text>" in drawn
    assert 'points="400.0,40.0 720.0,160.0"' in drawn


@pytest.mark.parametrize("curve", [LearningCurve(), LearningCurve([REPORT], [VALIDATION])])
def test_a_curve_of_any_length_is_written(tmp_path: Path, curve: LearningCurve) -> None:
    write_learning_curve(tmp_path, curve)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "learning_curve.json",
        "learning_curve.svg",
    ]
