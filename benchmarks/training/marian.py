"""Hugging Face's Marian model in a plain loop."""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812  (the name everybody knows it by)
from transformers import MarianConfig, MarianMTModel

from benchmarks.training import setting


def configuration(vocabulary_size: int) -> MarianConfig:
    """The benchmark's dimensions and dropout in Marian's words."""
    return MarianConfig(
        vocab_size=vocabulary_size,
        decoder_vocab_size=vocabulary_size,
        share_encoder_decoder_embeddings=True,
        tie_word_embeddings=True,
        d_model=setting.DIM,
        encoder_layers=setting.NUM_LAYERS,
        decoder_layers=setting.NUM_LAYERS,
        encoder_attention_heads=setting.NUM_HEADS,
        decoder_attention_heads=setting.NUM_HEADS,
        encoder_ffn_dim=setting.FEED_FORWARD_DIM,
        decoder_ffn_dim=setting.FEED_FORWARD_DIM,
        dropout=setting.DROPOUT,
        attention_dropout=0.0,
        activation_dropout=0.0,
        activation_function="relu",
        scale_embedding=True,
        max_position_embeddings=setting.MAX_LENGTH + 1,
        pad_token_id=setting.PAD,
        bos_token_id=setting.BOS,
        eos_token_id=setting.EOS,
        decoder_start_token_id=setting.BOS,
        forced_eos_token_id=None,
    )


def run(folder: Path, precision: str) -> setting.Speed:
    """Train on the prepared batches."""
    torch.manual_seed(1)
    model = MarianMTModel(configuration(setting.vocabulary_size(folder))).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=setting.LEARNING_RATE, betas=setting.ADAM_BETAS
    )

    def update(batch: setting.Padded) -> float:
        source, target, labels = batch
        with setting.autocast(precision):
            seen = (source != setting.PAD).long()
            logits = model(
                input_ids=source, attention_mask=seen, decoder_input_ids=target, use_cache=False
            ).logits
        loss = F.cross_entropy(
            logits.flatten(0, 1).float(),
            labels.flatten(),
            ignore_index=setting.PAD,
            label_smoothing=setting.LABEL_SMOOTHING,
        )
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return setting.measure_loop(setting.prepared_batches(folder), update)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2]).print()
