"""Hugging Face's Marian of the same size: `generate()` in batches sorted by length.

Its weights are drawn, so it is told to end where the source does: LENGTHS BEAM_SIZE and the size.
"""

import json
import sys
import time
from collections.abc import Sequence

import torch
from transformers import MarianConfig, MarianMTModel

BATCH_SIZE = 32
PAD, BOS, EOS, FIRST_PIECE = 0, 2, 3, 4


def main(arguments: Sequence[str]) -> None:
    """Print the sentences a second."""
    lengths = sorted(json.loads(arguments[0]))
    beam_size, num_layers, dim, num_heads, feed_forward_dim, num_pieces = map(int, arguments[1:])
    torch.manual_seed(1)
    model = MarianMTModel(
        MarianConfig(
            vocab_size=num_pieces,
            decoder_vocab_size=num_pieces,
            d_model=dim,
            encoder_layers=num_layers,
            decoder_layers=num_layers,
            encoder_attention_heads=num_heads,
            decoder_attention_heads=num_heads,
            encoder_ffn_dim=feed_forward_dim,
            decoder_ffn_dim=feed_forward_dim,
            max_position_embeddings=512,
            pad_token_id=PAD,
            bos_token_id=BOS,
            eos_token_id=EOS,
            decoder_start_token_id=BOS,
            forced_eos_token_id=None,
        )
    ).eval()
    batches = [lengths[start : start + BATCH_SIZE] for start in range(0, len(lengths), BATCH_SIZE)]
    _translate(model, batches[0], beam_size)
    started = time.perf_counter()
    for batch in batches:
        _translate(model, batch, beam_size)
    print(len(lengths) / (time.perf_counter() - started))


def _translate(model: MarianMTModel, lengths: Sequence[int], beam_size: int) -> None:
    longest = max(lengths)
    seen = torch.tensor([[int(index < length) for index in range(longest)] for length in lengths])
    source = torch.randint(FIRST_PIECE, model.config.vocab_size, seen.shape) * seen
    with torch.inference_mode():
        model.generate(
            input_ids=source,
            attention_mask=seen,
            num_beams=beam_size,
            do_sample=False,
            min_new_tokens=longest,
            max_new_tokens=longest,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
