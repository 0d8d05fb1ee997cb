import dataclasses
from pathlib import Path

import pytest

from tests.distributed_training import CONFIG, Setting, train_alone, train_together
from tests.reversal import reversal_pairs, write_records


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return write_records(tmp_path / "train.rec", reversal_pairs(100, seed=5))


@pytest.mark.parametrize("size", [2, 4])
def test_several_processes_lose_what_one_does(records: Path, tmp_path: Path, size: int) -> None:
    setting = Setting(records=records)

    alone = train_alone(setting)
    together = train_together(size, setting, tmp_path)

    assert len(alone["losses"]) == 50
    assert alone["losses"][-1] < 0.9 * alone["losses"][0]
    for seen in together:
        assert seen["losses"] == pytest.approx(alone["losses"], rel=1e-4)
        assert seen["perplexities"] == pytest.approx(alone["perplexities"], rel=1e-4)
        assert seen["end"] == alone["end"]
        assert seen["weights"] == together[0]["weights"]


@pytest.mark.parametrize("size", [2, 4])
def test_dropout_of_each_ones_own_leads_to_the_same_loss(
    records: Path, tmp_path: Path, size: int
) -> None:
    config = dataclasses.replace(CONFIG, max_num_batches=200, checkpoint_frequency=200)
    setting = Setting(records=records, dropout=0.1, config=config)

    alone = train_alone(setting)
    together = train_together(size, setting, tmp_path)

    means = [sum(seen["losses"][-20:]) / 20 for seen in (alone, together[0])]
    assert together[0]["losses"] != alone["losses"]
    assert means[1] == pytest.approx(means[0], rel=0.02)


def test_a_stop_of_one_is_a_stop_of_all_and_all_go_on(records: Path, tmp_path: Path) -> None:
    setting = Setting(records=records, dropout=0.1, checkpoints=tmp_path / "checkpoints")
    (tmp_path / "whole").mkdir()
    whole = train_together(2, dataclasses.replace(setting, checkpoints=None), tmp_path / "whole")

    stopped = train_together(2, dataclasses.replace(setting, stop=(1, 23)), tmp_path)
    resumed = train_together(2, setting, tmp_path)

    assert [seen["end"][:2] for seen in stopped] == [["asked to stop", 24]] * 2
    assert [path.name for path in sorted((tmp_path / "checkpoints").iterdir())] == [
        "checkpoint-0000000040.pt",
        "checkpoint-0000000050.pt",
    ]
    for seen, uninterrupted in zip(resumed, whole, strict=True):
        assert seen["resumed_at"] == [24]
        assert seen["warnings"] == []
        assert seen["losses"] == uninterrupted["losses"]
        assert seen["weights"] == uninterrupted["weights"]


@pytest.mark.parametrize("step", [20, 30])
def test_a_stop_in_a_validation_stops_all_before_the_next_batch(
    records: Path, tmp_path: Path, step: int
) -> None:
    config = dataclasses.replace(CONFIG, max_num_batches=30)
    setting = Setting(
        records=records, dropout=0.1, checkpoints=tmp_path / "checkpoints", config=config
    )
    (tmp_path / "whole").mkdir()
    whole = train_together(2, dataclasses.replace(setting, checkpoints=None), tmp_path / "whole")

    stopped = train_together(2, dataclasses.replace(setting, stop_validating=step), tmp_path)
    resumed = train_together(2, setting, tmp_path)

    assert [seen["end"][:2] for seen in stopped] == [["asked to stop", step]] * 2
    for seen, uninterrupted in zip(resumed, whole, strict=True):
        assert seen["resumed_at"] == [step]
        for same in ("losses", "perplexities", "end", "weights"):
            assert seen[same] == uninterrupted[same]


def test_a_stop_of_one_that_prepares_an_epoch_stops_all(records: Path, tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    setting = Setting(records=records, checkpoints=checkpoints, stop_preparing=2)

    stopped = train_together(2, setting, tmp_path)

    assert [seen["end"][:2] for seen in stopped] == [["asked to stop", 20]] * 2
    assert (checkpoints / "checkpoint-0000000020.pt").exists()


def test_another_number_of_processes_goes_on_and_is_warned_of(
    records: Path, tmp_path: Path
) -> None:
    setting = Setting(records=records, checkpoints=tmp_path / "checkpoints")
    shorter = dataclasses.replace(CONFIG, max_num_batches=20)

    train_alone(dataclasses.replace(setting, config=shorter))
    together = train_together(2, setting, tmp_path)
    alone = train_alone(Setting(records=records))

    assert together[0]["warnings"][0].startswith("num processes was 1, now 2: the result will not")
    for seen in together:
        assert seen["losses"] == pytest.approx(alone["losses"], rel=1e-4)
