"""torch's own nn.Transformer layers in a plain loop."""

import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor, nn

from benchmarks.training import setting


class PlainTransformer(nn.Module):
    """A pre-norm encoder and decoder with one embedding, which is also the output layer."""

    positions: Tensor

    def __init__(self, vocabulary_size: int) -> None:
        super().__init__()
        dim = setting.DIM
        self.embedding = nn.Embedding(vocabulary_size, dim, padding_idx=setting.PAD)
        nn.init.normal_(self.embedding.weight, std=dim**-0.5)
        sizes = dim, setting.NUM_HEADS, setting.FEED_FORWARD_DIM, setting.DROPOUT
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(*sizes, batch_first=True, norm_first=True),
            setting.NUM_LAYERS,
            nn.LayerNorm(dim),
            enable_nested_tensor=False,
        )
        self.decoder = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(*sizes, batch_first=True, norm_first=True),
            setting.NUM_LAYERS,
            nn.LayerNorm(dim),
        )
        self.register_buffer("positions", _sinusoids(setting.MAX_LENGTH + 1, dim))
        _drop_outputs_only(self)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Logits, shape = (B, T, V)."""
        padding = source == setting.PAD
        memory = self.encoder(self._embed(source), src_key_padding_mask=padding)
        hidden = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        decoded = self.decoder(
            self._embed(target),
            memory,
            tgt_mask=hidden,
            memory_key_padding_mask=padding,
            tgt_is_causal=True,
        )
        return F.linear(decoded, self.embedding.weight)

    def _embed(self, ids: Tensor) -> Tensor:
        embedded = self.embedding(ids) * math.sqrt(setting.DIM) + self.positions[: ids.shape[1]]
        return F.dropout(embedded, setting.DROPOUT, self.training)


def _sinusoids(length: int, dim: int) -> Tensor:
    frequencies = torch.exp(torch.arange(0, dim, 2) * (-math.log(10_000) / dim))
    angles = torch.arange(length)[:, None] * frequencies
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


def _drop_outputs_only(model: nn.Module) -> None:
    """Switch off dropout inside attention and feed-forward parts, which the product has not."""
    for module in model.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.dropout = 0.0
        elif isinstance(module, nn.TransformerEncoderLayer | nn.TransformerDecoderLayer):
            module.dropout.p = 0.0


def run(folder: Path, precision: str) -> setting.Speed:
    """Train on the prepared batches."""
    torch.manual_seed(1)
    model = PlainTransformer(setting.vocabulary_size(folder))
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=setting.LEARNING_RATE, betas=setting.ADAM_BETAS
    )

    def update(batch: setting.Padded) -> float:
        source, target, labels = batch
        with setting.autocast(precision):
            logits = model(source, target)
        loss = F.cross_entropy(
            logits.flatten(0, 1).float(),
            labels.flatten(),
            ignore_index=setting.PAD,
            label_smoothing=setting.LABEL_SMOOTHING,
        )
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return setting.measure_loop(setting.prepared_batches(folder), update)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2]).print()
