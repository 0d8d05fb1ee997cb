"""The product's whole training job; its log tells the speed."""

import contextlib
import io
import json
import re
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.training import setting
from training.__main__ import main as train

HYPERPARAMETERS = {
    "num_embed_source": str(setting.DIM),
    "feed_forward_dim": str(setting.FEED_FORWARD_DIM),
    "attention_heads": str(setting.NUM_HEADS),
    "num_layers_encoder": str(setting.NUM_LAYERS),
    "num_layers_decoder": str(setting.NUM_LAYERS),
    "dropout": str(setting.DROPOUT),
    "label_smoothing": str(setting.LABEL_SMOOTHING),
    "learning_rate": str(setting.LEARNING_RATE),
    "batch_tokens": str(setting.BATCH_TOKENS),
    "max_seq_len_source": str(setting.MAX_LENGTH),
    "max_seq_len_target": str(setting.MAX_LENGTH),
    "max_num_batches": str(setting.NUM_WARMUP + setting.NUM_TIMED),
    "progress_frequency_num_batches": str(setting.REPORT_EVERY),
}
CHANNELS = "channels"
_PROGRESS = re.compile(r" loss=(\S+) .* tokens_per_second=(\S+) padding=(\S+)")


def run(folder: Path, precision: str) -> setting.Speed:
    """Train on the channels in the runner's folder, as a job of its own.

    Raises:
        RuntimeError: the job failed; the message is its log.
    """
    with tempfile.TemporaryDirectory(dir=folder) as root:
        log = _train(Path(root), folder / CHANNELS, precision)
    # Stretches of equally many batches: the mean speed is the harmonic one.
    timed = _PROGRESS.findall(log)[setting.NUM_WARMUP // setting.REPORT_EVERY :]
    return setting.Speed(
        tokens_per_second=statistics.harmonic_mean([float(speed) for _, speed, _ in timed]),
        padding=statistics.mean(float(padding) for _, _, padding in timed),
        loss=float(timed[-1][0]),
    )


def _train(root: Path, channels: Path, precision: str) -> str:
    """The log of a job in an empty root."""
    configuration = root / "input" / "config"
    configuration.mkdir(parents=True)
    (root / "input" / "data").symlink_to(channels)
    hyperparameters = json.dumps(HYPERPARAMETERS | {"precision": precision})
    (configuration / "hyperparameters.json").write_text(hyperparameters, encoding="utf-8")
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        status = train({"SAGEMAKER_ROOT": str(root)})
    if status:
        raise RuntimeError(log.getvalue())
    return log.getvalue()


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2]).print()
