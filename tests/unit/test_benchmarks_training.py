from pathlib import Path

import pytest
import torch

from benchmarks.training import setting
from benchmarks.training.__main__ import OURS, OURS_BFLOAT16, PEERS, Run, _print_ratios
from benchmarks.training.plain_transformer import run as run_plain
from benchmarks.training.product import run as run_product
from benchmarks.training.texts import prepare
from training.hyperparameters import read_hyperparameters

torch.set_num_threads(1)


def runs(*speeds: float) -> list[Run]:
    return [Run(tokens_per_second=speed, padding=0.01, peak_bytes=1) for speed in speeds]


def test_the_ratio_is_that_of_medians_to_the_fastest_peer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second, _ = PEERS

    _print_ratios(
        {
            OURS: runs(100, 150, 900),
            OURS_BFLOAT16: runs(250, 300, 200),
            first: runs(90, 100, 110),
            second: runs(1, 80, 500),
        }
    )

    assert capsys.readouterr().out.split("\n")[-5:] == [
        f"the fastest peer is {first.name}, float32",
        "float32 ratio 1.50",
        "bfloat16 ratio 2.50",
        "ratio 2.50",
        "",
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus of a few sentences in every contender's form, and a model that fits it."""
    monkeypatch.setattr(setting, "NUM_WARMUP", 1)
    monkeypatch.setattr(setting, "NUM_TIMED", 2)
    monkeypatch.setattr(setting, "REPORT_EVERY", 1)
    monkeypatch.setattr(setting, "BATCH_TOKENS", 64)
    data = tmp_path / "data"
    data.mkdir()
    for suffix in ("en", "de"):
        lines = (f"sentence number {i} of the text in {suffix}\n" for i in range(60))
        (data / f"train.{suffix}").write_text("".join(lines), encoding="utf-8")
    results = tmp_path / "results"
    results.mkdir()
    assert ": 60 pairs, " in prepare(data, results)
    return results


def test_a_plain_loop_trains_on_the_prepared_batches(folder: Path) -> None:
    speed = run_plain(folder, "float32")

    assert speed.tokens_per_second > 0
    assert speed.padding is not None
    assert 0 <= speed.padding < 0.2
    assert (folder / "eole.vocabulary").read_text(encoding="utf-8").count("\t") > 30


def test_the_products_own_log_tells_its_speed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"max_num_batches": "3", "progress_frequency_num_batches": "1", "batch_tokens": "64"}
    monkeypatch.setattr("benchmarks.training.product.HYPERPARAMETERS", few | {"num_threads": "1"})

    speed = run_product(folder, "float32")

    assert read_hyperparameters(few)
    assert speed.tokens_per_second > 0
    assert speed.loss is not None
