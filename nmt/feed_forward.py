"""The part of a layer that looks at each position alone. Dimension letter: D model dimension."""

from typing import Literal, assert_never

import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor, nn

from nmt.linear import Linear

FeedForwardType = Literal["relu", "swiglu"]
_LANES = 8


class FeedForward(nn.Module):
    """Two linear layers with a ReLU between them."""

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.expand = Linear(dim, width)
        self.contract = Linear(width, dim)

    def forward(self, positions: Tensor) -> Tensor:
        """Apply it to positions, shape = (…, D)."""
        contracted: Tensor = self.contract(F.relu(self.expand(positions)))
        return contracted


class GatedFeedForward(nn.Module):
    """SwiGLU: two linear layers, of which one decides how much of the other goes on to a third.

    It is two thirds as wide as a `FeedForward` of this width, so it has about as many weights.
    Source: Shazeer 2020 (arXiv 2002.05202), equation 6 and what follows it; here with biases.
    """

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        self.width = gated_width(width)
        self.expand = Linear(dim, 2 * self.width)
        """What decides, then what goes on, in one product."""
        self.contract = Linear(self.width, dim)

    def forward(self, positions: Tensor) -> Tensor:
        """Apply it to positions, shape = (…, D)."""
        gates, values = self.expand(positions).chunk(2, dim=-1)
        contracted: Tensor = self.contract(F.silu(gates) * values)
        return contracted


def gated_width(width: int) -> int:
    """Two thirds, to the nearest multiple of 8 from 8 up."""
    return max(round(width * 2 / 3 / _LANES), 1) * _LANES


def feed_forward(kind: FeedForwardType, dim: int, width: int) -> FeedForward | GatedFeedForward:
    """A part of this kind; both kinds have about the same number of weights."""
    match kind:
        case "relu":
            return FeedForward(dim, width)
        case "swiglu":
            return GatedFeedForward(dim, width)
        case _:
            assert_never(kind)
