"""The Transformer, from its dimensions up to the whole model; it knows ids, never text.

Pre-norm layers with sinusoidal positions, laid out so that every weight has a place in
CTranslate2's Transformer. Dimension letters: B sentences, S source and T target positions,
D model dimension, H heads, V target vocabulary.
"""

import math
from dataclasses import dataclass, field
from typing import get_args

import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor, nn

from nmt.attention import cross_attention, self_attention
from nmt.dropout import Dropout
from nmt.feed_forward import FeedForwardType, feed_forward
from nmt.linear import Linear, linear
from protocol.vocabulary import PAD_ID

LAYER_NORM_EPSILON = 1e-5
_WAVELENGTH = 10_000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """Everything needed to build the network again; checkpoints carry it."""

    source_vocabulary_size: int
    target_vocabulary_size: int
    shared_vocabulary: bool = False
    """Source and target ids mean the same tokens, so both sides use one embedding."""
    model_dim: int = 512
    num_heads: int = 8
    feed_forward_dim: int = 2048
    feed_forward_type: FeedForwardType = "relu"
    num_encoder_layers: int = 6
    num_decoder_layers: int = 6
    dropout: float = 0.1
    """On the output of every attention and feed-forward part."""
    source_embedding_dropout: float = 0.1
    target_embedding_dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.model_dim < 4 or self.model_dim % 2:
            raise ValueError(f"model_dim must be an even number from 4 up, not {self.model_dim}")
        if self.num_heads < 1 or self.model_dim % self.num_heads:
            raise ValueError(f"num_heads {self.num_heads} must divide model_dim {self.model_dim}")
        for name in ("feed_forward_dim", "num_encoder_layers", "num_decoder_layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.feed_forward_type not in get_args(FeedForwardType):
            kinds = " or ".join(get_args(FeedForwardType))
            raise ValueError(f"feed_forward_type must be {kinds}, not {self.feed_forward_type!r}")
        for name in ("dropout", "source_embedding_dropout", "target_embedding_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be from 0 to below 1, not {getattr(self, name)}")
        if self.shared_vocabulary and self.source_vocabulary_size != self.target_vocabulary_size:
            raise ValueError("a shared vocabulary has one size for both sides")


@dataclass(slots=True)
class DecoderState:
    """What the decoder remembers between calls: the encoded source and its own past."""

    encoded: list[Tensor]
    """Per layer, keys and values of the source, shape = (B, S, 2, H, D / H)."""
    source_mask: Tensor
    """Shape = (B, S), true where there is a token."""
    past: list[Tensor] = field(default_factory=list)
    """Per layer, keys and values of the target so far; empty before the first call."""

    @property
    def length(self) -> int:
        """Target positions so far."""
        return self.past[0].shape[1] if self.past else 0


class Attention(nn.Module):
    """The projections of multi-head attention, to within a sequence or to another one.

    Projected positions come packed: queries, keys and values, shape = (B, T, 3, H, D / H).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        dim = config.model_dim
        self.num_heads = config.num_heads
        self.query = Linear(dim, dim)
        self.key_value = Linear(dim, 2 * dim)
        self.output = Linear(dim, dim)

    def project(self, positions: Tensor) -> Tensor:
        """Queries, keys and values of positions, shape = (B, T, D), in one product."""
        weight = torch.cat((self.query.weight, self.key_value.weight))
        bias = torch.cat((self.query.bias, self.key_value.bias))
        return self._packed(linear(positions, weight, bias), 3)

    def queries(self, positions: Tensor) -> Tensor:
        """Queries alone, packed."""
        return self._packed(self.query(positions), 1)

    def keys_values(self, positions: Tensor) -> Tensor:
        """Keys and values alone, packed."""
        return self._packed(self.key_value(positions), 2)

    def join(self, heads: Tensor) -> Tensor:
        """The output of attended heads, shape = (B, T, H, D / H)."""
        joined: Tensor = self.output(heads.flatten(2))
        return joined

    def _packed(self, projected: Tensor, num_parts: int) -> Tensor:
        return projected.view(*projected.shape[:-1], num_parts, self.num_heads, -1)


def _feed_forward(config: ModelConfig) -> nn.Module:
    return feed_forward(config.feed_forward_type, config.model_dim, config.feed_forward_dim)


class EncoderBlock(nn.Module):
    """Self-attention and feed-forward, each on normalised input and added to it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.model_dim, eps=LAYER_NORM_EPSILON)
        self.attention = Attention(config)
        self.feed_forward_norm = nn.LayerNorm(config.model_dim, eps=LAYER_NORM_EPSILON)
        self.feed_forward = _feed_forward(config)
        self.dropout = Dropout(config.dropout)

    def forward(self, positions: Tensor, mask: Tensor) -> Tensor:
        normed = self.attention_norm(positions)
        heads = self_attention(self.attention.project(normed), mask)
        positions = positions + self.dropout(self.attention.join(heads))
        expanded = self.feed_forward(self.feed_forward_norm(positions))
        block_output: Tensor = positions + self.dropout(expanded)
        return block_output


class DecoderBlock(nn.Module):
    """Causal self-attention, attention to the source, feed-forward."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.self_attention_norm = nn.LayerNorm(config.model_dim, eps=LAYER_NORM_EPSILON)
        self.self_attention = Attention(config)
        self.source_attention_norm = nn.LayerNorm(config.model_dim, eps=LAYER_NORM_EPSILON)
        self.source_attention = Attention(config)
        self.feed_forward_norm = nn.LayerNorm(config.model_dim, eps=LAYER_NORM_EPSILON)
        self.feed_forward = _feed_forward(config)
        self.dropout = Dropout(config.dropout)

    def forward(
        self, positions: Tensor, past: Tensor | None, encoded: Tensor, source_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """New positions, shape = (B, T, D), and packed keys and values of all up to them."""
        heads, seen = self._attend_to_past(self.self_attention_norm(positions), past)
        positions = positions + self.dropout(self.self_attention.join(heads))
        queries = self.source_attention.queries(self.source_attention_norm(positions))
        heads = cross_attention(queries, encoded, source_mask)
        positions = positions + self.dropout(self.source_attention.join(heads))
        expanded = self.feed_forward(self.feed_forward_norm(positions))
        return positions + self.dropout(expanded), seen

    def _attend_to_past(self, normed: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        projected = self.self_attention.project(normed)
        if past is None:
            return self_attention(projected, causal=True), projected[:, :, 1:]
        seen = torch.cat((past, projected[:, :, 1:]), dim=1)
        return cross_attention(projected[:, :, :1], seen), seen


def sinusoids(length: int, dim: int) -> Tensor:
    """Position encodings, shape = (length, dim): sines in the first half, cosines in the second.

    Counting starts at 1 because CTranslate2's built-in encodings do.
    """
    steps = torch.arange(dim // 2, dtype=torch.float32)
    frequencies = torch.exp(steps * (-math.log(_WAVELENGTH) / (dim // 2 - 1)))
    angles = torch.arange(1, length + 1, dtype=torch.float32)[:, None] * frequencies[None, :]
    return torch.cat((angles.sin(), angles.cos()), dim=1)


class PositionedEmbedding(nn.Module):
    """Token embeddings, scaled by the root of the dimension, plus position encodings."""

    positions: Tensor

    def __init__(self, vocabulary_size: int, dim: int, dropout: float) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary_size, dim)
        self.dropout = Dropout(dropout)
        self.register_buffer("positions", sinusoids(256, dim), persistent=False)

    def forward(self, ids: Tensor, start: int = 0) -> Tensor:
        """Embed ids, shape = (B, T), whose first position is `start` (from 0)."""
        end = start + ids.shape[1]
        dim = self.tokens.embedding_dim
        if end > self.positions.shape[0]:
            self.positions = sinusoids(2 * end, dim).to(self.positions.device)
        scaled = self.tokens(ids) * math.sqrt(dim)
        embedded: Tensor = self.dropout(scaled + self.positions[start:end])
        return embedded


class Encoder(nn.Module):
    """Source ids to encoded source positions."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embedding = PositionedEmbedding(
            config.source_vocabulary_size, config.model_dim, config.source_embedding_dropout
        )
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.num_encoder_layers))
        self.norm = nn.LayerNorm(config.model_dim, eps=LAYER_NORM_EPSILON)

    def forward(self, source: Tensor, mask: Tensor) -> Tensor:
        positions = self.embedding(source)
        for block in self.blocks:
            positions = block(positions, mask)
        normed: Tensor = self.norm(positions)
        return normed


class Decoder(nn.Module):
    """Target ids and a state to decoded positions; the output layer is the embedding itself."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embedding = PositionedEmbedding(
            config.target_vocabulary_size, config.model_dim, config.target_embedding_dropout
        )
        self.blocks = nn.ModuleList(DecoderBlock(config) for _ in range(config.num_decoder_layers))
        self.norm = nn.LayerNorm(config.model_dim, eps=LAYER_NORM_EPSILON)

    def start(self, encoded: Tensor, source_mask: Tensor) -> DecoderState:
        """The state before the first target position."""
        projected = [block.source_attention.keys_values(encoded) for block in self._blocks()]
        return DecoderState(encoded=projected, source_mask=source_mask)

    def forward(self, target: Tensor, state: DecoderState) -> Tensor:
        """Decode the next target ids, shape = (B, T), and remember them in the state.

        Only the first call may hold more than one position: later ones are not masked.
        """
        assert state.length == 0 or target.shape[1] == 1  # noqa: S101
        positions = self.embedding(target, state.length)
        pasts: list[Tensor | None] = [*state.past] or [None] * len(self.blocks)
        seen: list[Tensor] = []
        for block, past, encoded in zip(self._blocks(), pasts, state.encoded, strict=True):
            positions, keys_values = block(positions, past, encoded, state.source_mask)
            seen.append(keys_values)
        state.past = seen
        normed: Tensor = self.norm(positions)
        return normed

    def logits(self, positions: Tensor) -> Tensor:
        """Scores of every target token, shape = (…, V)."""
        return F.linear(positions, self.embedding.tokens.weight)

    def _blocks(self) -> list[DecoderBlock]:
        return [block for block in self.blocks if isinstance(block, DecoderBlock)]


class Transformer(nn.Module):
    """The whole model: `encode`, then `decoder` step by step, or `forward` for all positions."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        if config.shared_vocabulary:
            self.encoder.embedding.tokens = self.decoder.embedding.tokens

    def encode(self, source: Tensor) -> DecoderState:
        """The decoder's first state for source ids, shape = (B, S)."""
        mask = source != PAD_ID
        state: DecoderState = self.decoder.start(self.encoder(source, mask), mask)
        return state

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Decoded positions, shape = (B, T, D), before the output layer."""
        decoded: Tensor = self.decoder(target, self.encode(source))
        return decoded

    @property
    def num_parameters(self) -> int:
        """Weights that are trained; a shared embedding counts once."""
        return sum(parameter.numel() for parameter in self.parameters())
