"""Greedy decoding of id sequences in batches, for validation; serving has its own engine."""

import torch
from torch import Tensor

from nmt.interruption import Interrupted, never, proceed_unless
from nmt.model import Transformer
from protocol.vocabulary import BOS_ID, EOS_ID, PAD_ID


@torch.inference_mode()
def greedy_decode(
    model: Transformer,
    source: Tensor,
    *,
    max_decoding_length: int,
    interrupted: Interrupted = never,
) -> list[list[int]]:
    """The most likely next token, again and again, for source ids, shape = (B, S).

    Hypotheses come without start and end symbols, in the order of the sources.

    Raises:
        WorkInterruptedError: `interrupted` became true on the way.
    """
    state = model.encode(source)
    tokens = torch.full((source.shape[0], 1), BOS_ID, device=source.device)
    finished = torch.zeros_like(tokens, dtype=torch.bool)
    chosen: list[Tensor] = []
    for _ in range(max_decoding_length):
        proceed_unless(interrupted)
        logits = model.decoder.logits(model.decoder(tokens, state))
        tokens = logits.argmax(dim=-1).masked_fill(finished, PAD_ID)
        finished |= tokens == EOS_ID
        chosen.append(tokens)
        if finished.all():
            break
    rows = torch.cat(chosen, dim=1).tolist()
    return [_without_end(row) for row in rows]


def _without_end(row: list[int]) -> list[int]:
    ends = [i for i, token in enumerate(row) if token == EOS_ID]
    return row[: ends[0]] if ends else row
