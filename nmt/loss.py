"""Cross-entropy of decoded positions, computed for real target tokens only."""

import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor

from nmt.data import Batch
from nmt.model import Transformer
from protocol.vocabulary import PAD_ID


def batch_loss(model: Transformer, batch: Batch, *, label_smoothing: float) -> Tensor:
    """The smoothed cross-entropy per target token, `</s>` counted, padding not."""
    logits, labels = _real_logits(model, batch)
    return F.cross_entropy(logits.float(), labels, label_smoothing=label_smoothing)


@torch.inference_mode()
def batch_scores(model: Transformer, batch: Batch) -> tuple[float, int, int]:
    """Summed cross-entropy without smoothing, right predictions, target tokens."""
    logits, labels = _real_logits(model, batch)
    total = F.cross_entropy(logits.float(), labels, reduction="sum")
    correct = (logits.argmax(dim=-1) == labels).sum()
    return float(total), int(correct), labels.numel()


def _real_logits(model: Transformer, batch: Batch) -> tuple[Tensor, Tensor]:
    """Logits, shape = (N, V), and labels, shape = (N,), of the N positions that hold a token.

    Padding is dropped before the output layer, whose cost grows with the vocabulary.
    """
    positions = model(batch.source, batch.target_input)
    real = batch.labels != PAD_ID
    return model.decoder.logits(positions[real]), batch.labels[real]
