"""A tiny CTranslate2 model without training: it writes, piece for piece, what it reads.

Tokens and positions are one-hot, the decoder attends to the source position of its own step, and
a lexicon says which target piece each source piece becomes. No torch is involved.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import TransformerSpec

from nmt.subwords import learn_subwords
from nmt.tokenizer import load_tokenizer
from protocol.artifacts import (
    CTRANSLATE2_FOLDER,
    MANIFEST,
    SAMPLES,
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    ModelManifest,
)
from protocol.vocabulary import EOS, SPECIAL_SYMBOLS, UNK, save_vocabulary

LEXICON = {
    "you": "du",
    "are": "bist",
    "so": "so",
    "good": "gut",
    "!": "!",
    "cool": "kühl",
    "this": "das",
    "is": "ist",
    "nothing": EOS,
}
SAMPLE_SOURCES = ("you are so good !", "this is so cool", "you are cool")
NUM_POSITIONS = 64
"""A source longer than this fails inside CTranslate2."""
SHARPNESS = 8.0
"""How sharply a step attends to its own position; the rest of the mass spreads evenly."""


def build_word_model(
    folder: Path,
    lexicon: Mapping[str, str] = LEXICON,
    samples: Iterable[str] = SAMPLE_SOURCES,
    *,
    seed: int | None = None,
) -> Path:
    """Write a model of words as the training job lays it out; a seed adds noise to its weights."""
    source = [*SPECIAL_SYMBOLS, *lexicon]
    target = [*SPECIAL_SYMBOLS, *dict.fromkeys(t for t in lexicon.values() if t != EOS)]
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder, source, target, {**lexicon, EOS: EOS, UNK: UNK}, samples, seed=seed)
    return folder


def build_subword_model(folder: Path, lines: Sequence[str], *, merges: int = 20) -> Path:
    """Write a model of subwords that copies its source."""
    folder.mkdir(parents=True, exist_ok=True)
    words = Counter(" ".join(lines).split())
    learn_subwords(words, list(words.values()), merges=merges, path=folder / SUBWORDS)
    tokenizer = load_tokenizer(folder)
    pieces = dict.fromkeys(piece for line in lines for piece in tokenizer.segment(line).pieces)
    vocabulary = [*SPECIAL_SYMBOLS, *pieces]
    _save(folder, vocabulary, vocabulary, dict(zip(vocabulary, vocabulary, strict=True)), lines[:5])
    return folder


def _save(
    folder: Path,
    source: Sequence[str],
    target: Sequence[str],
    lexicon: Mapping[str, str],
    samples: Iterable[str],
    *,
    seed: int | None = None,
) -> None:
    for name, tokens in ((SOURCE_VOCABULARY, source), (TARGET_VOCABULARY, target)):
        save_vocabulary(folder / name, {token: index for index, token in enumerate(tokens)})
    pairs = [{"source": sample, "target": sample} for sample in samples]
    (folder / SAMPLES).write_text(json.dumps(pairs), encoding="utf-8")
    manifest(len(source), len(target), subwords=(folder / SUBWORDS).exists()).save(
        folder / MANIFEST
    )
    (folder / CTRANSLATE2_FOLDER).mkdir(exist_ok=True)
    _spec(source, target, lexicon, seed).save(str(folder / CTRANSLATE2_FOLDER))


def manifest(num_source: int, num_target: int, *, subwords: bool) -> ModelManifest:
    return ModelManifest(
        source_language="en",
        target_language="de",
        training_job="copying-model",
        created_at="2026-11-22T12:00:00Z",
        metrics={"validation:bleu": 100.0},
        hyperparameters={},
        num_parameters=0,
        source_vocabulary_size=num_source,
        target_vocabulary_size=num_target,
        max_source_length=NUM_POSITIONS,
        max_decoding_length=NUM_POSITIONS - 4,
        beam_size=2,
        subwords=subwords,
    )


def _spec(
    source: Sequence[str], target: Sequence[str], lexicon: Mapping[str, str], seed: int | None
) -> TransformerSpec:
    num_tokens = max(len(source), len(target))
    depth = num_tokens + NUM_POSITIONS
    spec = TransformerSpec.from_config((1, 1), 1, pre_norm=True)
    random = np.random.default_rng(seed)

    def noisy(weights: np.ndarray) -> np.ndarray:
        noise = random.standard_normal(weights.shape) * 0.02 if seed is not None else 0
        return (weights + noise).astype(np.float32)

    tokens_of_depth = np.eye(num_tokens, depth)
    positions = np.eye(NUM_POSITIONS, depth, k=num_tokens)
    for stack, size in ((spec.encoder, len(source)), (spec.decoder, len(target))):
        embeddings = stack.embeddings
        table = embeddings[0] if isinstance(embeddings, list) else embeddings
        table.weight = tokens_of_depth[:size].astype(np.float32)
        stack.scale_embeddings = False
        stack.position_encodings.encodings = positions.astype(np.float32)
        _keep_two_hot(stack.layer_norm, depth)
        for layer in stack.layer:
            _silence(layer, depth)
    attention = spec.decoder.layer[0].attention
    select_positions = np.diag((np.arange(depth) >= num_tokens).astype(float))
    _keep_two_hot(attention.layer_norm, depth)
    _linear(attention.linear[0], noisy(select_positions * SHARPNESS * np.sqrt(depth)))
    _linear(
        attention.linear[1],
        np.vstack([select_positions, noisy(_translating(source, target, lexicon, depth))]),
    )
    _linear(attention.linear[2], np.eye(depth) * 20)
    _linear(spec.decoder.projection, np.eye(len(target), depth))
    spec.config.add_source_eos = True
    spec.config.decoder_start_token = "<s>"
    spec.register_source_vocabulary(list(source))
    spec.register_target_vocabulary(list(target))
    spec.validate()
    spec.optimize(quantization=None)
    return spec


def _translating(
    source: Sequence[str], target: Sequence[str], lexicon: Mapping[str, str], depth: int
) -> np.ndarray:
    """Two neighbours that become one target piece would overflow int8 products of older CPUs."""
    weights = np.zeros((depth, depth))
    for index, piece in enumerate(source):
        if piece in lexicon:
            weights[target.index(lexicon[piece]), index] = 1
    return weights


def _silence(layer: Any, depth: int) -> None:
    """Let self-attention and feed-forward add nothing to what passes through."""
    for norm in (layer.self_attention.layer_norm, layer.ffn.layer_norm):
        _keep_two_hot(norm, depth)
    for linear, size in zip(layer.self_attention.linear, (3 * depth, depth), strict=True):
        _linear(linear, np.zeros((size, depth)))
    for linear in (layer.ffn.linear_0, layer.ffn.linear_1):
        _linear(linear, np.zeros((depth, depth)))


def _keep_two_hot(norm: Any, depth: int) -> None:
    mean = 2 / depth
    norm.gamma = np.full(depth, np.sqrt(mean - mean**2 + 1e-5), np.float32)
    norm.beta = np.full(depth, mean, np.float32)


def _linear(linear: Any, weights: np.ndarray) -> None:
    linear.weight = weights.astype(np.float32)
    linear.bias = np.zeros(len(weights), np.float32)
