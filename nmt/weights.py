"""A trained model's float32 weights with its dimensions in one file, to go on training from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from nmt.model import ModelConfig, Transformer

FORMAT_VERSION = 1


class WeightsError(ValueError):
    """The file does not hold weights that this service can go on with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainedWeights:
    """Everything that makes the model again."""

    config: ModelConfig
    weights: dict[str, Tensor]


def save_weights(path: Path, model: Transformer) -> None:
    """Write the file whole or not at all."""
    weights = {name: weight.detach().cpu().float() for name, weight in model.state_dict().items()}
    content = {
        "format_version": FORMAT_VERSION,
        "model_config": asdict(model.config),
        "weights": weights,
    }
    partial = path.with_name(path.name + ".partial")
    torch.save(content, partial)
    partial.replace(path)


def load_weights(stream: BinaryIO) -> TrainedWeights:
    """Read the file; the tensors lie in main memory.

    Raises:
        WeightsError: it is damaged, or of another format version.
    """
    try:
        content = torch.load(stream, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise WeightsError(f"the weights cannot be read: {reason}") from error
    version = content.get("format_version") if isinstance(content, Mapping) else None
    if version != FORMAT_VERSION:
        raise WeightsError(f"weights of format version {version!r}, expected {FORMAT_VERSION}")
    return _checked(content)


def _checked(content: Mapping[str, Any]) -> TrainedWeights:
    """The content, after a model could be made of it."""
    try:
        config = ModelConfig(**content["model_config"])
        with torch.device("meta"):
            shell = Transformer(config)
        shell.load_state_dict(content["weights"], assign=True)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise WeightsError(f"the weights are not those of a model of this service: {reason}") from (
            error
        )
    return TrainedWeights(config=config, weights=dict(content["weights"]))
