"""Progress on a terminal and elsewhere, by a clock that the tests turn."""

import io
import threading

import pytest

from preprocessing import progress
from preprocessing.progress import DownloadProgress, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_short_work_is_not_spoken_of(clock: Clock) -> None:
    stream = io.StringIO()
    with Progress("training", unit="pairs", stream=stream, clock=clock) as pairs:
        for _ in range(9):
            clock.seconds += 1
            pairs.advance(1000)
    assert stream.getvalue() == ""


def test_a_line_every_ten_seconds_and_one_at_the_end(clock: Clock) -> None:
    stream = io.StringIO()
    with Progress("training", unit="pairs", stream=stream, clock=clock) as pairs:
        for _ in range(26):
            clock.seconds += 1
            pairs.advance(1000)
    assert stream.getvalue().splitlines() == [
        "training: 10,000 pairs",
        "training: 20,000 pairs",
        "training: 26,000 pairs",
    ]


def test_a_line_names_the_total_where_it_is_known(clock: Clock) -> None:
    stream = io.StringIO()
    with Progress("validation", unit="pairs", total=3000, stream=stream, clock=clock) as pairs:
        clock.seconds += 10
        pairs.advance(1000)
        assert stream.getvalue() == "validation: 1,000 of 3,000 pairs\n"
        assert not pairs.is_complete
        pairs.advance(2000)
        assert pairs.is_complete


def test_downloads_are_lines_in_megabytes_under_their_file_names(clock: Clock) -> None:
    stream = io.StringIO()
    with DownloadProgress(stream=stream, clock=clock) as downloads:
        for seconds in (0, 10, 5):
            clock.seconds += seconds
            downloads.advance("http://host/wmt17/corpus.tc.en.gz", 60_000_000, 480_000_000)
            downloads.advance("http://host/wmt17/dev.tgz#a.en", 1_500_000, 5_000_000)
            downloads.advance("s3://bucket/unknown", 500_000, None)
        downloads.advance("http://host/wmt17/corpus.tc.en.gz", 300_000_000, 480_000_000)
        complete = stream.getvalue()
    assert complete.splitlines() == [
        "corpus.tc.en.gz: 120 of 480 MB",
        "dev.tgz#a.en: 3.0 of 5.0 MB",
        "unknown: 1.0 MB",
        "corpus.tc.en.gz: 480 of 480 MB",
    ]
    rest = stream.getvalue().removeprefix(complete).splitlines()
    assert rest == ["dev.tgz#a.en: 4.5 of 5.0 MB", "unknown: 1.5 MB"]


def test_threads_share_the_progress_of_downloads(clock: Clock) -> None:
    stream = io.StringIO()

    def download() -> None:
        for _ in range(1000):
            downloads.advance("text", 1_000_000, None)

    with DownloadProgress(stream=stream, clock=clock) as downloads:
        threads = [threading.Thread(target=download) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock.seconds += 10
        downloads.advance("text", 0, None)
    assert "text: 2,000 MB\n" in stream.getvalue()


def test_a_terminal_shows_bars_and_loses_them_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BEFORE_A_BAR", 0)
    terminal = Terminal()
    with Progress("training", unit="pairs", stream=terminal) as pairs:
        pairs.advance(500_000, 1_000_000)
        assert "training" in terminal.getvalue()
    with DownloadProgress(stream=terminal) as downloads:
        downloads.advance("http://host/text.gz", 500_000, 1_000_000)
        assert "text.gz" in terminal.getvalue()
    assert terminal.getvalue().rsplit("\r", 2)[-2].strip(" \x1b[A") == ""
    assert "\n" not in terminal.getvalue()


def test_a_terminal_shows_no_bar_of_short_work() -> None:
    terminal = Terminal()
    with Progress("training", unit="pairs", stream=terminal) as pairs:
        pairs.advance(500_000)
    assert terminal.getvalue() == ""
