"""A model of any size that copies its source, made without training.

Its products have the sizes of a trained model's, and its translations end where those of a good
model would: when the sentence is over. Speed depends on nothing else.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ctranslate2.specs import TransformerSpec

from nmt.subwords import learn_subwords
from nmt.tokenizer import SubwordTokenizer
from protocol.artifacts import (
    CTRANSLATE2_FOLDER,
    MANIFEST,
    SAMPLES,
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    ModelManifest,
)
from protocol.vocabulary import BOS, EOS, UNK, save_vocabulary

Weights = npt.NDArray[np.float32]
NUM_POSITIONS = 256
NUM_MERGES = 4000
SHARPNESS = 30.0
"""Difference of attention scores, or of logits, between the right one and an average one."""
SILENT = 1e-6
"""Small enough to change nothing, and not zero."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Size:
    """Of a Transformer whose source and target share a vocabulary."""

    num_layers: int
    dim: int
    num_heads: int
    feed_forward_dim: int
    vocabulary_size: int

    def __str__(self) -> str:
        layers = f"{self.num_layers}+{self.num_layers} layers of {self.dim}"
        return (
            f"{layers}, feed-forward {self.feed_forward_dim}, {self.num_heads} heads, "
            f"{self.vocabulary_size:,} pieces"
        )


SIZES = {
    "base": Size(num_layers=6, dim=512, num_heads=8, feed_forward_dim=2048, vocabulary_size=16_000),
    "small": Size(num_layers=4, dim=128, num_heads=4, feed_forward_dim=256, vocabulary_size=10_000),
    "demo": Size(num_layers=2, dim=96, num_heads=4, feed_forward_dim=192, vocabulary_size=1_600),
}
"""The product's default, the one for small corpora, and the one for the phrasebook."""


def build(folder: Path, size: Size, texts: Sequence[str]) -> None:
    """Write a model folder as a training job packs it, with subwords learned from the texts."""
    folder.mkdir(parents=True, exist_ok=True)
    words = Counter(" ".join(texts).split())
    merges = min(NUM_MERGES, size.vocabulary_size - 512)
    learn_subwords(words, list(words.values()), merges=merges, path=folder / SUBWORDS)
    pieces = list(SubwordTokenizer(folder / SUBWORDS).vocabulary)
    unused = [f"unused-{number}" for number in range(size.vocabulary_size - len(pieces))]
    pieces = [*pieces, *unused]
    for name in (SOURCE_VOCABULARY, TARGET_VOCABULARY):
        save_vocabulary(folder / name, {piece: index for index, piece in enumerate(pieces)})
    samples = [{"source": text, "target": text} for text in texts[:5]]
    (folder / SAMPLES).write_text(json.dumps(samples), encoding="utf-8")
    (folder / CTRANSLATE2_FOLDER).mkdir(exist_ok=True)
    _specification(size, pieces).save(str(folder / CTRANSLATE2_FOLDER))
    _manifest(len(pieces)).save(folder / MANIFEST)


def _manifest(num_pieces: int) -> ModelManifest:
    return ModelManifest(
        source_language="en",
        target_language="en",
        training_job="copying",
        created_at="2026-01-01T00:00:00Z",
        metrics={},
        hyperparameters={},
        num_parameters=0,
        source_vocabulary_size=num_pieces,
        target_vocabulary_size=num_pieces,
        max_source_length=NUM_POSITIONS - 1,
        max_decoding_length=NUM_POSITIONS - 1,
        beam_size=5,
        subwords=True,
    )


def _specification(size: Size, pieces: Sequence[str]) -> Any:
    random = np.random.default_rng(1)
    head_dim = size.dim // size.num_heads
    token_dim = size.dim - head_dim
    tokens = np.zeros((len(pieces), size.dim), np.float32)
    tokens[:, :token_dim] = random.choice([-1.0, 1.0], size=(len(pieces), token_dim))
    positions = np.zeros((NUM_POSITIONS, size.dim), np.float32)
    positions[:, token_dim:] = random.choice([-1.0, 1.0], size=(NUM_POSITIONS, head_dim))
    specification = TransformerSpec.from_config((size.num_layers, size.num_layers), size.num_heads)
    specification.encoder.embeddings[0].weight = tokens
    specification.decoder.embeddings.weight = tokens
    for stack in (specification.encoder, specification.decoder):
        stack.scale_embeddings = False
        stack.position_encodings.encodings = positions
        _set_norm(stack.layer_norm, size.dim)
        for layer in stack.layer:
            _fill(layer, size, random)
    _copy(specification.decoder.layer[0].attention, size)
    _set_linear(specification.decoder.projection, tokens * (SHARPNESS / token_dim))
    config = specification.config
    config.bos_token, config.eos_token, config.unk_token = BOS, EOS, UNK
    config.decoder_start_token = BOS
    config.add_source_bos, config.add_source_eos = False, True
    specification.register_source_vocabulary(list(pieces))
    specification.register_target_vocabulary(list(pieces))
    specification.validate()
    specification.optimize()
    return specification


def _fill(layer: Any, size: Size, random: np.random.Generator) -> None:
    """Weights that cost what weights cost, of which nothing comes out."""
    dim, hidden = size.dim, size.feed_forward_dim

    def drawn(*shape: int) -> Weights:
        weights: Weights = (random.standard_normal(shape) / np.sqrt(dim)).astype(np.float32)
        return weights

    _set_norm(layer.self_attention.layer_norm, dim)
    _set_linear(layer.self_attention.linear[0], drawn(3 * dim, dim))
    _set_linear(layer.self_attention.linear[1], drawn(dim, dim) * SILENT)
    _set_norm(layer.ffn.layer_norm, dim)
    _set_linear(layer.ffn.linear_0, drawn(hidden, dim))
    _set_linear(layer.ffn.linear_1, drawn(dim, hidden) * SILENT)
    if hasattr(layer, "attention"):
        _set_norm(layer.attention.layer_norm, dim)
        _set_linear(layer.attention.linear[0], drawn(dim, dim))
        _set_linear(layer.attention.linear[1], drawn(2 * dim, dim))
        _set_linear(layer.attention.linear[2], drawn(dim, dim) * SILENT)


def _copy(attention: Any, size: Size) -> None:
    """Every head looks at the source position of its own step and takes along what stands there."""
    dim, head_dim = size.dim, size.dim // size.num_heads
    select = np.zeros((dim, dim), np.float32)
    for head in range(size.num_heads):
        rows = slice(head * head_dim, (head + 1) * head_dim)
        select[rows, dim - head_dim :] = np.eye(head_dim)
    sharp = select * (SHARPNESS / np.sqrt(head_dim))
    _set_linear(attention.linear[0], sharp)
    _set_linear(attention.linear[1], np.vstack([select, np.eye(dim, dtype=np.float32)]))
    _set_linear(attention.linear[2], np.eye(dim, dtype=np.float32) * 10)


def _set_linear(linear: Any, weight: Weights) -> None:
    linear.weight = weight
    linear.bias = np.zeros(len(weight), np.float32)


def _set_norm(norm: Any, dim: int) -> None:
    norm.gamma = np.ones(dim, np.float32)
    norm.beta = np.zeros(dim, np.float32)
