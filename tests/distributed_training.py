"""The same short training in one process or in several, and what each of them saw."""

import dataclasses
import json
import multiprocessing
from pathlib import Path
from typing import Any

import torch

from nmt.checkpoint import CheckpointFolder
from nmt.data import BatchConfig, read_corpus
from nmt.optimization import ScheduleConfig
from nmt.processes import DistributedProcesses, OneProcess, Processes
from nmt.trainer import Trainer
from nmt.trainer_config import TrainerConfig
from tests.short_trainings import Log, StoppedValidator, new_model, stopped_in_epoch
from training.meeting_point import MeetingPoint

CONFIG = TrainerConfig(
    batches=BatchConfig(batch_size=11, seed=4),
    schedule=ScheduleConfig(learning_rate=0.01),
    checkpoint_frequency=20,
    progress_frequency=1,
    patience=100,
    max_num_batches=50,
)
"""Batches that neither two nor four processes can cut evenly; an epoch's last one has one pair."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """What all processes of a training are told."""

    records: Path
    config: TrainerConfig = CONFIG
    dropout: float = 0.0
    checkpoints: Path | None = None
    stop: tuple[int, int] | None = None
    """The rank that is asked to stop, and when it has done so many batches."""
    stop_validating: int | None = None
    """The batch while whose weights are measured the first process is asked to stop."""
    stop_preparing: int | None = None
    """The epoch (from 0) that a stop keeps the last process from preparing."""


def train(setting: Setting, processes: Processes) -> dict[str, Any]:
    """The losses, the validations, the end and the weights, as plain values."""
    torch.set_num_threads(1)
    corpus = read_corpus(setting.records, max_source_length=10, max_target_length=10)
    model, log = new_model(setting.dropout), Log()
    torch.manual_seed(7 + processes.rank)
    if setting.stop_preparing is not None and processes.rank == processes.size - 1:
        cut_anew = stopped_in_epoch(setting.stop_preparing, corpus)
        corpus = dataclasses.replace(corpus, cut_anew=cut_anew)
    validator = StoppedValidator(corpus, lambda: trainer.progress.step == setting.stop_validating)
    trainer = Trainer(
        model,
        corpus,
        validator,
        setting.config,
        observer=log,
        checkpoints=None if setting.checkpoints is None else CheckpointFolder(setting.checkpoints),
        stop_requested=lambda: validator.asked or _is_asked(setting, processes.rank, trainer),
        processes=processes,
    )
    outcome = trainer.train()
    return {
        "losses": [report.loss for report in outcome.curve.steps],
        "perplexities": [r.metrics.perplexity for r in outcome.curve.validations],
        "end": [outcome.reason, outcome.num_batches, outcome.kept_step],
        "warnings": log.warnings,
        "resumed_at": log.resumed_at,
        "weights": torch.cat([w.detach().reshape(-1) for w in model.parameters()]).tolist(),
    }


def train_together(size: int, setting: Setting, folder: Path) -> list[dict[str, Any]]:
    """Run it in so many processes at once; what each of them saw, by rank."""
    context = multiprocessing.get_context("forkserver")
    # An optimiser would import torch._dynamo in every process, which takes seconds.
    context.set_forkserver_preload(["tests.distributed_training", "torch._dynamo"])
    meeting_point = MeetingPoint("127.0.0.1", 0, is_host=True)
    members = [
        context.Process(target=_member, args=(rank, size, meeting_point.port, setting, folder))
        for rank in range(size)
    ]
    for member in members:
        member.start()
    for member in members:
        member.join(120)
    assert [member.exitcode for member in members] == [0] * size
    return [json.loads((folder / f"{rank}.json").read_text("utf-8")) for rank in range(size)]


def _member(rank: int, size: int, port: int, setting: Setting, folder: Path) -> None:
    store = MeetingPoint("127.0.0.1", port, is_host=False).group_store()
    processes = DistributedProcesses(store, rank=rank, size=size, device=torch.device("cpu"))
    seen = train(setting, processes)
    (folder / f"{rank}.json").write_text(json.dumps(seen), encoding="utf-8")
    processes.leave()


def train_alone(setting: Setting) -> dict[str, Any]:
    """Run it in this process."""
    return train(setting, OneProcess())


def _is_asked(setting: Setting, rank: int, trainer: Trainer) -> bool:
    if setting.stop is None:
        return False
    stopped_rank, step = setting.stop
    return rank == stopped_rank and trainer.progress.step >= step
