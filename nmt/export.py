"""A trained Transformer as a CTranslate2 model folder; weights stay float32.

Serving chooses int8 when it loads the folder (`compute_type`). Vocabularies are written in id
order, so the ids of CTranslate2 are those of the vocabulary files.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import TransformerSpec
from ctranslate2.specs.common_spec import Activation
from torch import Tensor, nn

from nmt.feed_forward import FeedForward, GatedFeedForward
from nmt.model import (
    LAYER_NORM_EPSILON,
    Attention,
    DecoderBlock,
    EncoderBlock,
    PositionedEmbedding,
    Transformer,
)
from protocol.vocabulary import BOS, EOS, UNK

_LAST_LAYER = -1
_ALL_HEADS = 0


def export_model(
    model: Transformer,
    folder: Path,
    *,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
) -> None:
    """Write the CTranslate2 folder, whole or not at all; an earlier one is replaced."""
    specification = _specification(model)
    specification.register_source_vocabulary(list(source_tokens))
    specification.register_target_vocabulary(list(target_tokens))
    _configure(specification)
    specification.validate()
    specification.optimize()
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    specification.save(str(partial))
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _specification(model: Transformer) -> Any:
    config = model.config
    is_gated = config.feed_forward_type == "swiglu"
    specification = TransformerSpec.from_config(
        (config.num_encoder_layers, config.num_decoder_layers),
        config.num_heads,
        pre_norm=True,
        activation=Activation.SWISH if is_gated else Activation.RELU,
        ffn_glu=is_gated,
        alignment_layer=_LAST_LAYER,
        alignment_heads=_ALL_HEADS,
    )
    _set_encoder(specification.encoder, model)
    _set_decoder(specification.decoder, model)
    return specification


def _configure(specification: Any) -> None:
    config = specification.config
    config.bos_token, config.eos_token, config.unk_token = BOS, EOS, UNK
    config.decoder_start_token = BOS
    config.add_source_bos = False
    config.add_source_eos = True
    config.layer_norm_epsilon = LAYER_NORM_EPSILON


def _set_encoder(specification: Any, model: Transformer) -> None:
    encoder = model.encoder
    _set_embedding(specification.embeddings[0], encoder.embedding)
    _set_norm(specification.layer_norm, encoder.norm)
    for layer, block in zip(specification.layer, encoder.blocks, strict=True):
        assert isinstance(block, EncoderBlock)  # noqa: S101
        _set_norm(layer.self_attention.layer_norm, block.attention_norm)
        _set_self_attention(layer.self_attention, block.attention)
        _set_feed_forward(layer.ffn, block.feed_forward_norm, block.feed_forward)


def _set_decoder(specification: Any, model: Transformer) -> None:
    decoder = model.decoder
    _set_embedding(specification.embeddings, decoder.embedding)
    _set_norm(specification.layer_norm, decoder.norm)
    specification.projection.weight = _array(decoder.embedding.tokens.weight)
    for layer, block in zip(specification.layer, decoder.blocks, strict=True):
        assert isinstance(block, DecoderBlock)  # noqa: S101
        _set_norm(layer.self_attention.layer_norm, block.self_attention_norm)
        _set_self_attention(layer.self_attention, block.self_attention)
        _set_norm(layer.attention.layer_norm, block.source_attention_norm)
        _set_source_attention(layer.attention, block.source_attention)
        _set_feed_forward(layer.ffn, block.feed_forward_norm, block.feed_forward)


def _set_embedding(specification: Any, embedding: PositionedEmbedding) -> None:
    specification.weight = _array(embedding.tokens.weight)
    specification.multiply_by_sqrt_depth = True


def _set_self_attention(specification: Any, attention: Attention) -> None:
    """CTranslate2 keeps query, key and value of self-attention in one matrix."""
    parts = (attention.query, attention.key_value)
    specification.linear[0].weight = np.concatenate([_array(part.weight) for part in parts])
    specification.linear[0].bias = np.concatenate([_array(part.bias) for part in parts])
    _set_linear(specification.linear[1], attention.output)


def _set_source_attention(specification: Any, attention: Attention) -> None:
    _set_linear(specification.linear[0], attention.query)
    _set_linear(specification.linear[1], attention.key_value)
    _set_linear(specification.linear[2], attention.output)


def _set_feed_forward(specification: Any, norm: nn.LayerNorm, part: nn.Module) -> None:
    assert isinstance(part, FeedForward | GatedFeedForward)  # noqa: S101
    _set_norm(specification.layer_norm, norm)
    if isinstance(part, GatedFeedForward):
        _set_gates(specification, part)
    else:
        _set_linear(specification.linear_0, part.expand)
    _set_linear(specification.linear_1, part.contract)


def _set_gates(specification: Any, part: GatedFeedForward) -> None:
    """CTranslate2 keeps what decides and what goes on apart."""
    layers = (specification.linear_0, specification.linear_0_noact)
    weights, biases = (np.split(_array(of), 2) for of in (part.expand.weight, part.expand.bias))
    for layer, weight, bias in zip(layers, weights, biases, strict=True):
        layer.weight, layer.bias = weight, bias


def _set_linear(specification: Any, layer: nn.Linear) -> None:
    specification.weight, specification.bias = _array(layer.weight), _array(layer.bias)


def _set_norm(specification: Any, norm: nn.LayerNorm) -> None:
    specification.gamma, specification.beta = _array(norm.weight), _array(norm.bias)


def _array(weight: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    return weight.detach().to("cpu").float().numpy()
