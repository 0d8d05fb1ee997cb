from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from nmt.consistency import ConsistencyConfig, summed_consistency_loss
from nmt.trainer_config import TrainerConfig

CONFIG = ConsistencyConfig(label_smoothing=0.1, weight=5.0)


def plain_loss(passes: Tensor, weight: Tensor, labels: Tensor, config: ConsistencyConfig) -> Tensor:
    """The paper's loss, halved, by torch's own functions."""
    first, second = (passes @ weight.t()).chunk(2)
    entropies = [
        F.cross_entropy(logits, labels, label_smoothing=config.label_smoothing, reduction="sum")
        for logits in (first, second)
    ]
    logs = first.log_softmax(-1), second.log_softmax(-1)
    divergences = [
        F.kl_div(there, here, reduction="sum", log_target=True)
        for here, there in (logs, logs[::-1])
    ]
    return torch.stack(entropies).sum() / 2 + config.weight / 4 * torch.stack(divergences).sum()


@pytest.mark.parametrize("chunk", [2, 7, 100])
@pytest.mark.parametrize("config", [CONFIG, replace(CONFIG, label_smoothing=0.0, weight=1.0)])
def test_loss_and_gradients_are_torchs(config: ConsistencyConfig, chunk: int) -> None:
    torch.manual_seed(1)
    passes = torch.randn(14, 6, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(11, 6, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(0, 11, (7,))
    expected = plain_loss(passes, weight, labels, config)
    expected_gradients = torch.autograd.grad(expected, (passes, weight))
    loss = summed_consistency_loss(passes, weight, labels, config, chunk=chunk)
    gradients = torch.autograd.grad(loss, (passes, weight))
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    for gradient, other in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-4, atol=1e-5)


def test_equal_passes_have_the_loss_of_one() -> None:
    torch.manual_seed(1)
    one, weight = torch.randn(5, 4), torch.randn(9, 4)
    labels = torch.randint(0, 9, (5,))
    loss = summed_consistency_loss(one.repeat(2, 1), weight, labels, CONFIG, chunk=3)
    entropy = F.cross_entropy(one @ weight.t(), labels, label_smoothing=0.1, reduction="sum")
    assert loss.item() == pytest.approx(entropy.item(), rel=1e-5)


def test_the_weight_is_not_negative() -> None:
    with pytest.raises(ValueError, match="consistency_weight must be from 0 up, not -1"):
        TrainerConfig(consistency_weight=-1.0)
