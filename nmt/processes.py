"""Several processes that train one model, each on its share of every batch.

All hold the same weights: they start from those of the first process, add up their gradients
before every step, and learn from the first process what it measured. Objects travel between main
memories; gradients from wherever they are.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed import Store  # type: ignore[attr-defined]

from nmt.data import Indices

T = TypeVar("T")

_TIMEOUT = timedelta(hours=2)
"""The others wait this long while the first process measures or writes."""


class Processes(Protocol):
    """This process among those that train together."""

    rank: int
    """From 0; the first process measures and writes."""
    size: int

    def share(self, batch: Indices) -> Indices:
        """What this process takes of a batch; empty when there are more processes than pairs."""
        ...

    def add_up(self, parameters: Iterable[nn.Parameter], numbers: Tensor) -> Tensor:
        """Replace gradients by their sums over all processes; returns the sums of the numbers."""
        ...

    def spread(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite tensors with those of the first process."""
        ...

    def from_first(self, value: T) -> T:
        """The first process's value, in every process."""
        ...

    def from_all(self, value: T) -> list[T]:
        """The values of all processes, in every process, by rank."""
        ...


class OneProcess:
    """Training without company."""

    rank = 0
    size = 1

    def share(self, batch: Indices) -> Indices:
        return batch

    def add_up(self, parameters: Iterable[nn.Parameter], numbers: Tensor) -> Tensor:  # noqa: ARG002
        return numbers

    def spread(self, tensors: Iterable[Tensor]) -> None:
        pass

    def from_first(self, value: T) -> T:
        return value

    def from_all(self, value: T) -> list[T]:
        return [value]


class DistributedProcesses:
    """One of the processes of torch's default process group."""

    def __init__(self, store: Store, *, rank: int, size: int, device: torch.device) -> None:
        """Join the others; returns when all are there."""
        self.rank = rank
        self.size = size
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=_TIMEOUT)

    def share(self, batch: Indices) -> Indices:
        # Neighbours in a batch are alike in length, so every process has about as many tokens.
        return batch[self.rank :: self.size]

    def add_up(self, parameters: Iterable[nn.Parameter], numbers: Tensor) -> Tensor:
        weights = list(parameters)
        gradients = [torch.zeros_like(w) if w.grad is None else w.grad for w in weights]
        flat = torch.cat([*(gradient.reshape(-1) for gradient in gradients), numbers])
        dist.all_reduce(flat)
        start = 0
        for weight in weights:
            weight.grad = flat[start : start + weight.numel()].view_as(weight)
            start += weight.numel()
        return flat[start:]

    def spread(self, tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            dist.broadcast(tensor, src=0)

    def from_first(self, value: T) -> T:
        values: list[T] = [value]
        dist.broadcast_object_list(values, src=0)
        return values[0]

    def from_all(self, value: T) -> list[T]:
        values: list[T] = [value] * self.size
        dist.all_gather_object(values, value)
        return values

    def leave(self) -> None:
        """End the group."""
        dist.destroy_process_group()
