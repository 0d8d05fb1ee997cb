"""EOLE's own training command; its log tells the speed."""

import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import eole.modules.transformer_mlp as eole_mlp
from eole.bin.main import main as eole_main
from eole.utils.logging import logger

from benchmarks.training import setting

_STEP = re.compile(r"Step (\d+)/.*bsz:\s*\d+/\s*(\d+)/")
CONFIGURATION: dict[str, Any] = {
    "share_vocab": True,
    "seed": 1,
    "overwrite": True,
    "report_every": setting.REPORT_EVERY,
    "training": {
        "world_size": 0,
        "num_workers": 0,
        "batch_type": "tokens",
        "batch_size": setting.BATCH_TOKENS,
        "normalization": "tokens",
        "train_steps": setting.NUM_WARMUP + setting.NUM_TIMED,
        "valid_steps": 100_000,
        "save_checkpoint_steps": 100_000,
        "optim": "adamw",
        "adam_beta2": setting.ADAM_BETAS[1],
        "learning_rate": setting.LEARNING_RATE,
        "max_grad_norm": 1.0,
        "dropout": [setting.DROPOUT],
        "attention_dropout": [0.0],
        "label_smoothing": setting.LABEL_SMOOTHING,
        "param_init_method": "xavier_uniform",
    },
    "model": {
        "architecture": "transformer",
        "layers": setting.NUM_LAYERS,
        "hidden_size": setting.DIM,
        "transformer_ff": setting.FEED_FORWARD_DIM,
        "heads": setting.NUM_HEADS,
        "share_embeddings": True,
        "share_decoder_embeddings": True,
        "embeddings": {
            "word_vec_size": setting.DIM,
            "position_encoding_type": "SinusoidalInterleaved",
        },
    },
}


class _Stretches(logging.Filter):
    """Lets every record through, but remembers when a stretch ended and its target tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[tuple[float, int]] = []

    def filter(self, record: logging.LogRecord) -> bool:
        if match := _STEP.search(record.getMessage()):
            self.ends.append((record.created, int(match[2]) * setting.REPORT_EVERY))
        return True

    def tokens_per_second(self) -> float:
        """From the end of the last stretch of warming up on."""
        (started, _), *timed = self.ends[setting.NUM_WARMUP // setting.REPORT_EVERY - 1 :]
        return sum(num_tokens for _, num_tokens in timed) / (timed[-1][0] - started)


def _drop_outputs_only() -> None:
    """Switch off dropout inside feed-forward parts, for which EOLE has no setting."""
    build = eole_mlp.MLP.__init__

    def build_without(self: Any, *arguments: Any, **named: Any) -> None:
        build(self, *arguments, **named)
        self.dropout_1.p = 0.0

    eole_mlp.MLP.__init__ = build_without


def run(folder: Path, precision: str) -> setting.Speed:
    """Train on the runner's texts of subwords."""
    texts = {
        name: {"path_src": str(folder / "train.source"), "path_tgt": str(folder / "train.target")}
        for name in ("corpus", "valid")
    }
    vocabulary = str(folder / "eole.vocabulary")
    configuration = CONFIGURATION | {
        "src_vocab": vocabulary,
        "tgt_vocab": vocabulary,
        "data": texts,
        "training": CONFIGURATION["training"]
        | {
            "model_path": str(folder / "eole"),
            "compute_dtype": {"float32": "fp32", "bfloat16": "bf16"}[precision],
        },
    }
    path = folder / "eole.json"
    path.write_text(json.dumps(configuration), encoding="utf-8")
    _drop_outputs_only()
    stretches = _Stretches()
    logger.addFilter(stretches)  # EOLE replaces handlers when it starts.
    sys.argv = ["eole", "train", "-c", str(path)]
    eole_main()
    return setting.Speed(tokens_per_second=stretches.tokens_per_second(), padding=None)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2]).print()
