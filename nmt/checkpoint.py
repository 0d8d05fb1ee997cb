"""Everything a training needs to go on where it was, in files that are written whole or not at all.

A folder keeps the last two checkpoints of one training, because the newest may be cut short on its
way to another machine.
"""

import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nmt.machine import Machine, changed
from nmt.metrics import ValidationMetrics
from nmt.progress import LearningCurve, Progress, StepReport, ValidationReport

FORMAT_VERSION = 2
NUM_KEPT = 2
_PARTIAL = "checkpoint.partial"
_START_ANEW = "empty the checkpoint folder to start anew"

Weights = dict[str, Tensor]
Identity = dict[str, Any]
"""Data, model and settings of a training by name, plain values."""


class CheckpointError(ValueError):
    """A checkpoint cannot be gone on from; the message names the file and the reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptWeights:
    """The best weights so far and how good they are."""

    step: int
    metrics: ValidationMetrics
    weights: Weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A training between two steps."""

    identity: Identity
    machine: Machine
    progress: Progress
    weights: Weights
    average: Weights | None
    """Of the weights, where the training keeps one."""
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    random_states: list[list[Tensor]]
    """For each process, torch's generators: the CPU's and, where there is one, its GPU's."""
    kept: KeptWeights | None
    curve: LearningCurve

    def check_identity(self, now: Identity) -> None:
        """Refuse to go on with another training than this one.

        Raises:
            CheckpointError: names everything that differs.
        """
        names = sorted(self.identity.keys() | now.keys())
        before = self.identity
        changes = [
            changed(name, before.get(name), now.get(name))
            for name in names
            if before.get(name) != now.get(name)
        ]
        if changes:
            raise CheckpointError(
                f"{checkpoint_name(self.progress.step)} is of another training: "
                f"{'; '.join(changes)}; {_START_ANEW}"
            )


@dataclass(frozen=True, slots=True)
class CheckpointFolder:
    """Where one training keeps its checkpoints."""

    path: Path
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Of the files that it learns from, by name; they are part of its identity."""

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, then remove all but it and the one before."""
        self.path.mkdir(parents=True, exist_ok=True)
        save_checkpoint(self.path / checkpoint_name(checkpoint.progress.step), checkpoint)
        self._prune(checkpoint.progress.step)

    def newest(self, warn: Callable[[str], None]) -> Checkpoint | None:
        """The newest checkpoint that can be read; `warn` is told of those that cannot.

        Raises:
            CheckpointError: there are checkpoints, and none of them can be read.
        """
        paths = self._paths()
        for path in reversed(paths):
            try:
                return load_checkpoint(path)
            except CheckpointError as error:
                warn(f"{error}; falling back to the checkpoint before it")
        if paths:
            names = ", ".join(path.name for path in paths)
            raise CheckpointError(f"no checkpoint can be read: {names}; {_START_ANEW}")
        return None

    def _prune(self, step: int) -> None:
        """Remove the older ones, and those of later steps, which were found to be damaged."""
        paths = self._paths()
        newest = paths.index(self.path / checkpoint_name(step))
        for path in paths[: max(newest + 1 - NUM_KEPT, 0)] + paths[newest + 1 :]:
            path.unlink()

    def _paths(self) -> list[Path]:
        return sorted(self.path.glob("checkpoint*.pt"))


def checkpoint_name(step: int) -> str:
    """The file's name; names sort as steps do."""
    return f"checkpoint-{step:010}.pt"


def random_states(device: torch.device) -> list[Tensor]:
    """The state of every generator that this process draws from."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def restore_random_states(states: list[Tensor], device: torch.device) -> None:
    """Continue drawing where the states were taken."""
    torch.set_rng_state(states[0])
    if device.type == "cuda" and len(states) > 1:
        torch.cuda.set_rng_state(states[1], device)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the file whole or not at all, so that it outlives even a loss of power."""
    partial = path.with_name(_PARTIAL)
    content = {
        "format_version": FORMAT_VERSION,
        "identity": checkpoint.identity,
        "machine": asdict(checkpoint.machine),
        "progress": asdict(checkpoint.progress),
        "weights": checkpoint.weights,
        "average": checkpoint.average,
        "optimizer": checkpoint.optimizer,
        "schedule": checkpoint.schedule,
        "random_states": checkpoint.random_states,
        "kept": _kept_content(checkpoint.kept),
        "curve": asdict(checkpoint.curve),
    }
    with partial.open("wb") as stream:
        torch.save(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
    _sync_folder(path.parent)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; its tensors lie in main memory.

    Raises:
        CheckpointError: the file is damaged or of another format version.
    """
    try:
        content = _read(path)
    except Exception as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise CheckpointError(f"{path.name} cannot be read: {reason}") from error
    version = content.get("format_version") if isinstance(content, Mapping) else None
    if version != FORMAT_VERSION:
        raise CheckpointError(f"{path.name}: format version {version!r}, expected {FORMAT_VERSION}")
    try:
        return _checkpoint(content)
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{path.name} is not a whole checkpoint: {error!r}") from error


def _read(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        # torch does not look at the checksums that it writes.
        if damaged := archive.testzip():
            message = f"{damaged} is damaged"
            raise zipfile.BadZipFile(message)
    return torch.load(path, map_location="cpu", weights_only=True)


def _checkpoint(content: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint(
        identity=content["identity"],
        machine=Machine(**content["machine"]),
        progress=Progress(**content["progress"]),
        weights=content["weights"],
        average=content["average"],
        optimizer=content["optimizer"],
        schedule=content["schedule"],
        random_states=content["random_states"],
        kept=_kept(content["kept"]),
        curve=_curve(content["curve"]),
    )


def _kept_content(kept: KeptWeights | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    return {"step": kept.step, "metrics": asdict(kept.metrics), "weights": kept.weights}


def _kept(content: dict[str, Any] | None) -> KeptWeights | None:
    if content is None:
        return None
    metrics = ValidationMetrics(**content["metrics"])
    return KeptWeights(step=content["step"], metrics=metrics, weights=content["weights"])


def _curve(content: dict[str, Any]) -> LearningCurve:
    validations = [
        ValidationReport(**{**report, "metrics": ValidationMetrics(**report["metrics"])})
        for report in content["validations"]
    ]
    return LearningCurve([StepReport(**report) for report in content["steps"]], validations)


def _sync_folder(path: Path) -> None:
    """Make the new name as lasting as the file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
