import dataclasses
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from nmt.checkpoint import CheckpointError, CheckpointFolder, load_checkpoint
from nmt.data import ParallelCorpus, read_corpus
from nmt.machine import Machine
from nmt.model import Transformer
from nmt.optimization import ScheduleConfig, ScheduleType
from nmt.outcome import StopReason
from tests.reversal import reversal_pairs, write_records
from tests.short_trainings import CONFIG, new_model, run, stopped_in_epoch

torch.set_num_threads(1)
NAMES = ["checkpoint-0000000004.pt", "checkpoint-0000000006.pt"]
SIX_BATCHES = dataclasses.replace(CONFIG, max_num_batches=6)


@pytest.fixture
def corpus(tmp_path: Path) -> ParallelCorpus:
    path = write_records(tmp_path / "train.rec", reversal_pairs(40, seed=5))
    return read_corpus(path, max_source_length=10, max_target_length=10)


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    return CheckpointFolder(tmp_path / "checkpoints", {"train.rec": "aaaa"})


@pytest.fixture
def trained(corpus: ParallelCorpus, folder: CheckpointFolder) -> CheckpointFolder:
    """The folder after six batches."""
    run(corpus, SIX_BATCHES, checkpoints=folder)
    return folder


def names(folder: CheckpointFolder) -> list[str]:
    return sorted(path.name for path in folder.path.iterdir())


def same_weights(mine: Transformer, theirs: Transformer) -> bool:
    pairs = zip(mine.parameters(), theirs.parameters(), strict=True)
    return all(torch.equal(weight, other) for weight, other in pairs)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


def flip_a_bit(path: Path) -> None:
    """Damage the largest tensor."""
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        part = archive.read(max(archive.infolist(), key=lambda member: member.file_size))
    content[content.index(part) + len(part) // 2] ^= 1
    path.write_bytes(content)


def test_a_stopped_training_goes_on_as_if_it_had_not_been(
    corpus: ParallelCorpus, folder: CheckpointFolder
) -> None:
    config = dataclasses.replace(CONFIG, max_num_batches=9, checkpoint_frequency=4)
    outcome, whole_log, whole = run(corpus, config)

    stopped, _, _ = run(corpus, config, checkpoints=folder, stop_at=6)
    torch.manual_seed(99)
    resumed_outcome, log, resumed = run(corpus, config, checkpoints=folder)

    assert (stopped.reason, stopped.num_batches) == (StopReason.REQUESTED, 6)
    assert log.resumed_at == [6]
    assert log.warnings == []
    assert log.validations == whole_log.validations[1:]
    assert resumed_outcome.num_batches == 9
    assert resumed_outcome.seconds > stopped.seconds
    assert same_weights(resumed, whole)
    assert [r.step for r in resumed_outcome.curve.steps] == [3, 6, 9]
    assert resumed_outcome.curve.validations == outcome.curve.validations


def test_a_validation_that_a_stop_cut_short_is_made_up_for(
    corpus: ParallelCorpus, folder: CheckpointFolder
) -> None:
    config = dataclasses.replace(CONFIG, max_num_batches=6)
    run(corpus, config, checkpoints=folder, perplexities=[5], stop_at=2)
    assert names(folder) == ["checkpoint-0000000002.pt"]
    content = torch.load(folder.path / "checkpoint-0000000002.pt", weights_only=True)
    content["progress"]["validated_step"] = 0
    torch.save(content, folder.path / "checkpoint-0000000002.pt")

    _, log, _ = run(corpus, config, checkpoints=folder, perplexities=[4, 3, 2])

    assert [step for step, _ in log.validations] == [2, 4, 6]


def test_a_stop_while_an_epoch_is_prepared_loses_nothing(
    corpus: ParallelCorpus, folder: CheckpointFolder
) -> None:
    config = dataclasses.replace(CONFIG, max_num_batches=9)
    _, _, whole = run(corpus, config)

    stopped_corpus = dataclasses.replace(corpus, cut_anew=stopped_in_epoch(1, corpus))
    stopped, _, _ = run(stopped_corpus, config, checkpoints=folder)
    _, log, resumed = run(corpus, config, checkpoints=folder)

    assert (stopped.reason, stopped.num_batches) == (StopReason.REQUESTED, 4)
    assert log.resumed_at == [4]
    assert same_weights(resumed, whole)


@pytest.mark.parametrize(
    ("limit", "num_batches"),
    [({"max_num_batches": 5}, 5), ({"max_num_batches": 6}, 6), ({"max_num_epochs": 1}, 4)],
)
@pytest.mark.parametrize("frequency", [2, 3])
def test_a_stop_in_the_last_validation_loses_nothing(
    corpus: ParallelCorpus,
    folder: CheckpointFolder,
    limit: dict[str, int],
    num_batches: int,
    frequency: int,
) -> None:
    config = dataclasses.replace(CONFIG, checkpoint_frequency=frequency, **limit)  # type: ignore[arg-type]
    whole_outcome, _, whole = run(corpus, config)

    stopped, log, _ = run(corpus, config, checkpoints=folder, stop_validating=num_batches)
    assert (stopped.reason, stopped.num_batches) == (StopReason.REQUESTED, num_batches)
    assert num_batches not in [step for step, _ in log.validations]
    assert names(folder)[-1] == f"checkpoint-{num_batches:010}.pt"

    resumed_outcome, log, resumed = run(corpus, config, checkpoints=folder)
    assert (log.resumed_at, [step for step, _ in log.validations]) == ([num_batches], [num_batches])
    assert resumed_outcome.reason is whole_outcome.reason
    assert resumed_outcome.metrics == whole_outcome.metrics
    assert same_weights(resumed, whole)


def test_the_last_two_checkpoints_are_kept(trained: CheckpointFolder) -> None:
    assert names(trained) == NAMES


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "cannot be read: "),
        (flip_a_bit, "cannot be read: .* is damaged"),
        (lambda path: path.write_bytes(b""), "cannot be read: "),
        (lambda path: torch.save({"format_version": 1}, path), "format version 1, expected 2"),
        (lambda path: torch.save({"format_version": 2}, path), "is not a whole checkpoint"),
        (lambda path: torch.save([1], path), "format version None, expected 2"),
    ],
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    corpus: ParallelCorpus,
    trained: CheckpointFolder,
    damage: Callable[[Path], object],
    reason: str,
) -> None:
    _, _, whole = run(corpus, dataclasses.replace(CONFIG, max_num_batches=7))
    damage(trained.path / NAMES[1])
    with pytest.raises(CheckpointError, match=rf"{NAMES[1]}:? ?{reason}"):
        load_checkpoint(trained.path / NAMES[1])

    config = dataclasses.replace(CONFIG, max_num_batches=7)
    outcome, log, resumed = run(corpus, config, checkpoints=trained)

    assert log.resumed_at == [4]
    assert len(log.warnings) == 1
    assert log.warnings[0].startswith(NAMES[1])
    assert log.warnings[0].endswith("falling back to the checkpoint before it")
    assert outcome.num_batches == 7
    assert same_weights(resumed, whole)
    assert names(trained) == [NAMES[1], "checkpoint-0000000007.pt"]


def test_a_damaged_later_checkpoint_does_not_outlive_the_next_one(
    corpus: ParallelCorpus, trained: CheckpointFolder
) -> None:
    truncate(trained.path / NAMES[1])

    run(corpus, SIX_BATCHES, checkpoints=trained, stop_at=5)

    assert names(trained) == [NAMES[0], "checkpoint-0000000005.pt"]


def test_damaged_checkpoints_alone_are_refused(
    corpus: ParallelCorpus, trained: CheckpointFolder
) -> None:
    for name in NAMES:
        truncate(trained.path / name)

    with pytest.raises(
        CheckpointError,
        match=f"no checkpoint can be read: {', '.join(NAMES)}; empty the checkpoint folder to",
    ):
        run(corpus, CONFIG, checkpoints=trained)


def test_a_save_that_was_cut_short_leaves_nothing_that_counts(
    corpus: ParallelCorpus, trained: CheckpointFolder
) -> None:
    (trained.path / "checkpoint.partial").write_bytes(b"half of a checkp")

    _, log, _ = run(corpus, dataclasses.replace(CONFIG, max_num_batches=8), checkpoints=trained)

    assert (log.resumed_at, log.warnings) == ([6], [])
    assert names(trained) == [NAMES[1], "checkpoint-0000000008.pt"]


def test_other_data_are_refused(
    corpus: ParallelCorpus, trained: CheckpointFolder, tmp_path: Path
) -> None:
    path = write_records(tmp_path / "other.rec", reversal_pairs(30, seed=6))
    other_corpus = read_corpus(path, max_source_length=10, max_target_length=10)
    other_folder = CheckpointFolder(trained.path, {"train.rec": "bbbb"})

    with pytest.raises(
        CheckpointError,
        match=f"{NAMES[1]} is of another training: train.rec was aaaa, now bbbb; empty the check",
    ):
        run(corpus, SIX_BATCHES, checkpoints=other_folder)
    with pytest.raises(CheckpointError, match="sentence pairs was 40, now 30; source tokens was"):
        run(other_corpus, SIX_BATCHES, checkpoints=trained)


def test_another_model_is_refused(corpus: ParallelCorpus, trained: CheckpointFolder) -> None:
    other = Transformer(dataclasses.replace(new_model().config, num_decoder_layers=2))

    with pytest.raises(CheckpointError, match="model.num decoder layers was 1, now 2; empty"):
        run(corpus, SIX_BATCHES, checkpoints=trained, model=other)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label_smoothing": 0.2}, "label smoothing was 0.1, now 0.2"),
        ({"schedule": ScheduleConfig(learning_rate=1)}, r"schedule.learning rate was 0.01, now 1"),
        (
            {"schedule": ScheduleConfig(schedule_type=ScheduleType.FIXED_RATE_INV_T)},
            "schedule.schedule type was plateau_reduce, now fixed_rate_inv_t",
        ),
        ({"batches": dataclasses.replace(CONFIG.batches, seed=2)}, "batches.seed was 1, now 2"),
    ],
)
def test_settings_that_change_the_model_are_refused(
    corpus: ParallelCorpus, trained: CheckpointFolder, changes: dict[str, object], message: str
) -> None:
    config = dataclasses.replace(SIX_BATCHES, **changes)  # type: ignore[arg-type]

    with pytest.raises(CheckpointError, match=message):
        run(corpus, config, checkpoints=trained)


def test_another_machine_is_warned_of(
    corpus: ParallelCorpus, trained: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Machine.current(torch.device("cpu"), num_processes=1, bfloat16=False)
    elsewhere = dataclasses.replace(here, torch_version="3.0", num_threads=8, device="GPU 9000")
    monkeypatch.setattr(Machine, "current", lambda *_, **__: elsewhere)

    _, log, _ = run(corpus, SIX_BATCHES, checkpoints=trained)

    (warning,) = log.warnings
    assert warning == (
        f"torch version was {torch.__version__}, now 3.0; device was cpu, now GPU 9000; "
        "num threads was 1, now 8: the result will not be that of an uninterrupted training to "
        "the last bit"
    )
