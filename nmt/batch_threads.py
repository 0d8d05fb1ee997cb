"""Threads that share a batch, each with its own sentences and its own products.

The operations of a small model are too short to be shared: two threads that split each of them
spend much of their time waiting for one another. A thread that takes its sentences through the
whole model waits once for each batch.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn

from nmt.data import Batch
from nmt.dropout import drawing_from
from protocol.vocabulary import PAD_ID

MAX_PARTS = 8
"""Each part has gradients of its own for all weights; more threads share the work of a part."""

LossOf = Callable[[Batch], Tensor]
"""Gives the mean loss of a batch's target tokens."""


class BatchThreads:
    """Finds the gradients of the parts of a batch at once."""

    def __init__(self, parameters: list[nn.Parameter], num_threads: int) -> None:
        """Share batches among as many threads; a single one works where it is called."""
        self._parameters = parameters
        self._num_parts = min(num_threads, MAX_PARTS)
        self._pool = _pool(self._num_parts, num_threads) if self._num_parts > 1 else None

    def backward(self, batch: Batch, loss_of: LossOf, *, share: float) -> Tensor:
        """Leave the gradients of the batch's loss times the share; returns that product."""
        if self._pool is None:
            loss = loss_of(batch) * share
            loss.backward()  # type: ignore[no-untyped-call]
            return loss.detach()
        return self._in_parts(self._pool, batch, loss_of, share)

    def _in_parts(
        self, pool: ThreadPoolExecutor, batch: Batch, loss_of: LossOf, share: float
    ) -> Tensor:
        parts = [part for part in batch.parts(self._num_parts) if len(part.labels)]
        tokens = [int((part.labels != PAD_ID).sum()) for part in parts]
        shares = [share * number / sum(tokens) for number in tokens]
        # Seeds come from torch's generator, so a training that is resumed draws the same ones.
        seeds = torch.randint(2**62, (len(parts),)).tolist()
        with_losses = [
            pool.submit(self._gradients, part, loss_of, part_share, seed)
            for part, part_share, seed in zip(parts, shares, seeds, strict=True)
        ]
        (loss, gradients), *others = [future.result() for future in with_losses]
        for other_loss, other_gradients in others:
            loss = loss + other_loss
            torch._foreach_add_(gradients, other_gradients)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        return loss

    def _gradients(
        self, part: Batch, loss_of: LossOf, share: float, seed: int
    ) -> tuple[Tensor, list[Tensor]]:
        with drawing_from(torch.Generator().manual_seed(seed)):
            loss = loss_of(part) * share
        return loss.detach(), list(torch.autograd.grad(loss, self._parameters))


def _pool(num_parts: int, num_threads: int) -> ThreadPoolExecutor:
    """Threads whose operations have as many threads each as are left to them."""
    ready = threading.Barrier(num_parts + 1)

    def prepare() -> None:
        torch.set_num_threads(num_threads // num_parts)
        torch.get_num_threads()  # The first question takes what was set last, by any thread.
        ready.wait()

    pool = ThreadPoolExecutor(num_parts, "batch-part", initializer=prepare)
    for _ in range(num_parts):
        pool.submit(lambda: None)
    ready.wait()
    # Threads that start later take this number; those of the pool keep theirs.
    torch.set_num_threads(num_threads)
    return pool
