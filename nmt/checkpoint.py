"""Everything a training needs to go on where it was, in one file that carries its configuration."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nmt.metrics import ValidationMetrics
from nmt.model import ModelConfig

FORMAT_VERSION = 1

Weights = dict[str, Tensor]


class CheckpointError(ValueError):
    """A checkpoint cannot be gone on from; the message names the file and the reason."""


@dataclass(slots=True)
class Progress:
    """How far a training is."""

    step: int = 0
    """Batches so far."""
    epoch: int = 0
    batch_in_epoch: int = 0
    validated_step: int = 0
    num_not_improved: int = 0
    """Validations since the kept weights were found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptWeights:
    """The best weights so far and how good they are."""

    step: int
    metrics: ValidationMetrics
    weights: Weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A training between two steps."""

    model_config: ModelConfig
    num_training_pairs: int
    progress: Progress
    weights: Weights
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    random_states: list[Tensor]
    """Torch's generators: the CPU's, then one for each GPU."""
    kept: KeptWeights | None


def random_states() -> list[Tensor]:
    """The state of every generator that training draws from."""
    states = [torch.get_rng_state()]
    return states + torch.cuda.get_rng_state_all() if torch.cuda.is_available() else states


def restore_random_states(states: list[Tensor]) -> None:
    """Continue drawing where the states were taken."""
    torch.set_rng_state(states[0])
    if torch.cuda.is_available() and len(states) == torch.cuda.device_count() + 1:
        torch.cuda.set_rng_state_all(states[1:])


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the file whole or not at all; the one before it stays until then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    content = {
        "format_version": FORMAT_VERSION,
        "model_config": asdict(checkpoint.model_config),
        "num_training_pairs": checkpoint.num_training_pairs,
        "progress": asdict(checkpoint.progress),
        "weights": checkpoint.weights,
        "optimizer": checkpoint.optimizer,
        "schedule": checkpoint.schedule,
        "random_states": checkpoint.random_states,
        "kept": _kept_content(checkpoint.kept),
    }
    torch.save(content, partial)
    partial.replace(path)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; its tensors lie in main memory.

    Raises:
        CheckpointError: the file is damaged or of another format version.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise CheckpointError(f"{path.name} cannot be read: {error}") from error
    version = content.get("format_version") if isinstance(content, Mapping) else None
    if version != FORMAT_VERSION:
        raise CheckpointError(f"{path.name}: format version {version!r}, expected {FORMAT_VERSION}")
    return Checkpoint(
        model_config=ModelConfig(**content["model_config"]),
        num_training_pairs=content["num_training_pairs"],
        progress=Progress(**content["progress"]),
        weights=content["weights"],
        optimizer=content["optimizer"],
        schedule=content["schedule"],
        random_states=content["random_states"],
        kept=_kept(content["kept"]),
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
