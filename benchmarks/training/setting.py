"""What every contender trains: one model, one batch size, one recipe. Imports nothing of ours."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

PAD, BOS, EOS = 0, 2, 3
NUM_LAYERS, DIM, FEED_FORWARD_DIM, NUM_HEADS = 4, 128, 256, 4
DROPOUT = 0.3
"""On embeddings and on the output of every layer part; nowhere else."""
LABEL_SMOOTHING = 0.1
LEARNING_RATE = 1e-3
ADAM_BETAS = (0.9, 0.98)
BATCH_TOKENS = 4096
MAX_LENGTH = 100
NUM_WARMUP, NUM_TIMED = 16, 32
REPORT_EVERY = 8
"""Updates between two lines of an engine that logs its speed; both numbers above are multiples."""
BATCHES, NUM_TOKENS = "batches.pt", "num_tokens.json"

Padded = tuple[Tensor, Tensor, Tensor]
"""Source, target input and labels, each padded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    """Of the timed updates."""

    tokens_per_second: float
    """Target tokens, `</s>` counted, padding not."""
    padding: float | None
    """Share of padding among target positions; `None` where an engine does not tell."""
    loss: float | None = None

    def print(self) -> None:
        """For the runner, which reads the last line."""
        print(json.dumps(asdict(self)), flush=True)


def autocast(precision: str) -> AbstractContextManager[object]:
    """Where products are taken in this precision."""
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")


def prepared_batches(folder: Path) -> list[Padded]:
    """The batches that the runner cut, padded in advance."""
    batches: list[Padded] = torch.load(folder / BATCHES)
    return batches


def vocabulary_size(folder: Path) -> int:
    """Tokens of the shared vocabulary."""
    size: int = json.loads((folder / NUM_TOKENS).read_text())
    return size


def measure_loop(batches: list[Padded], update: Callable[[Padded], float]) -> Speed:
    """Time a plain loop over prepared batches, after some to warm up."""
    started, num_tokens, num_positions, loss = 0.0, 0, 0, 0.0
    for number, batch in enumerate(batches):
        if number == NUM_WARMUP:
            started, num_tokens, num_positions = time.perf_counter(), 0, 0
        loss = update(batch)
        labels = batch[-1]
        num_tokens += int((labels != PAD).sum())
        num_positions += labels.numel()
    return Speed(
        tokens_per_second=num_tokens / (time.perf_counter() - started),
        padding=1 - num_tokens / num_positions,
        loss=loss,
    )
