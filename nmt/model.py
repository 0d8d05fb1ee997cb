"""The Transformer, from its dimensions up to the whole model; it knows ids, never text.

Pre-norm layers with sinusoidal positions, laid out so that every weight has a place in
CTranslate2's Transformer. Dimension letters: B sentences, S source and T target positions,
D model dimension, H heads, V target vocabulary.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from torch import Tensor, nn

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
        for name in ("dropout", "source_embedding_dropout", "target_embedding_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be from 0 to below 1, not {getattr(self, name)}")
        if self.shared_vocabulary and self.source_vocabulary_size != self.target_vocabulary_size:
            raise ValueError("a shared vocabulary has one size for both sides")


@dataclass(frozen=True, slots=True)
class KeysValues:
    """What attention looks at: keys and values, each shape = (B, H, S or T, D / H)."""

    keys: Tensor
    values: Tensor

    def append(self, later: "KeysValues") -> "KeysValues":
        """These positions followed by later ones."""
        return KeysValues(
            torch.cat((self.keys, later.keys), dim=2), torch.cat((self.values, later.values), dim=2)
        )


@dataclass(slots=True)
class DecoderState:
    """What the decoder remembers between calls: the encoded source and its own past."""

    encoded: list[KeysValues]
    """Per layer, the projected source."""
    source_mask: Tensor
    past: list[KeysValues] = field(default_factory=list)
    """Per layer, the target positions so far; empty before the first call."""

    @property
    def length(self) -> int:
        """Target positions so far."""
        return self.past[0].keys.shape[2] if self.past else 0


class Attention(nn.Module):
    """Multi-head attention over keys and values that the caller projects with `project`."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        dim = config.model_dim
        self.num_heads = config.num_heads
        self.query = nn.Linear(dim, dim)
        self.key_value = nn.Linear(dim, 2 * dim)
        self.output = nn.Linear(dim, dim)

    def project(self, positions: Tensor) -> KeysValues:
        """Keys and values of positions, shape = (B, S, D)."""
        keys, values = self.key_value(positions).chunk(2, dim=-1)
        return KeysValues(self._split(keys), self._split(values))

    def forward(
        self, queries: Tensor, seen: KeysValues, mask: Tensor | None = None, *, causal: bool = False
    ) -> Tensor:
        """Attend from queries, shape = (B, T, D), to what is seen; a mask is true where allowed."""
        heads = F.scaled_dot_product_attention(
            self._split(self.query(queries)), seen.keys, seen.values, mask, is_causal=causal
        )
        attended: Tensor = self.output(heads.transpose(1, 2).flatten(2))
        return attended

    def _split(self, positions: Tensor) -> Tensor:
        heads = positions.view(*positions.shape[:-1], self.num_heads, -1)
        return heads.transpose(1, 2)


class FeedForward(nn.Module):
    """Two linear layers with a ReLU between them."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.expand = nn.Linear(config.model_dim, config.feed_forward_dim)
        self.contract = nn.Linear(config.feed_forward_dim, config.model_dim)

    def forward(self, positions: Tensor) -> Tensor:
        contracted: Tensor = self.contract(F.relu(self.expand(positions)))
        return contracted


class EncoderBlock(nn.Module):
    """Self-attention and feed-forward, each on normalised input and added to it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.model_dim, eps=LAYER_NORM_EPSILON)
        self.attention = Attention(config)
        self.feed_forward_norm = nn.LayerNorm(config.model_dim, eps=LAYER_NORM_EPSILON)
        self.feed_forward = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, positions: Tensor, mask: Tensor) -> Tensor:
        normed = self.attention_norm(positions)
        attended = self.attention(normed, self.attention.project(normed), mask)
        positions = positions + self.dropout(attended)
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
        self.feed_forward = FeedForward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, positions: Tensor, past: KeysValues | None, encoded: KeysValues, source_mask: Tensor
    ) -> tuple[Tensor, KeysValues]:
        """New positions, shape = (B, T, D), and all keys and values up to them."""
        normed = self.self_attention_norm(positions)
        seen = self.self_attention.project(normed)
        seen = past.append(seen) if past else seen
        attended = self.self_attention(normed, seen, causal=past is None)
        positions = positions + self.dropout(attended)
        normed = self.source_attention_norm(positions)
        positions = positions + self.dropout(self.source_attention(normed, encoded, source_mask))
        expanded = self.feed_forward(self.feed_forward_norm(positions))
        return positions + self.dropout(expanded), seen


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
        self.dropout = nn.Dropout(dropout)
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
        projected = [block.source_attention.project(encoded) for block in self._blocks()]
        return DecoderState(encoded=projected, source_mask=source_mask)

    def forward(self, target: Tensor, state: DecoderState) -> Tensor:
        """Decode the next target ids, shape = (B, T), and remember them in the state.

        Only the first call may hold more than one position: later ones are not masked.
        """
        assert state.length == 0 or target.shape[1] == 1  # noqa: S101
        positions = self.embedding(target, state.length)
        pasts: list[KeysValues | None] = [*state.past] or [None] * len(self.blocks)
        seen: list[KeysValues] = []
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
        mask = (source != PAD_ID)[:, None, None, :]
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
