"""The part of a layer that looks at each position alone. Dimension letter: D model dimension."""

import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor, nn

from nmt.linear import Linear


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
