"""A job that goes on from an earlier model learns from its own data."""

import functools
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from protocol.artifacts import MANIFEST, ModelManifest
from tests.reversal import Pair, reversal_pairs, write_job
from training.__main__ import main

HYPERPARAMETERS = {
    "num_embed_source": "32",
    "rnn_num_hidden": "64",
    "dropout": "0",
    "num_threads": "1",
    "precision": "float32",
    "batch_size": "32",
    "learning_rate": "0.004",
    "warmup_batches": "20",
    "max_num_batches": "120",
    "bleu_sample_size": "4",
}
GONE_ON = HYPERPARAMETERS | {"max_num_batches": "40"}
UNMOVED = HYPERPARAMETERS | {"max_num_batches": "1", "learning_rate": "1e-9"}
longer_pairs = functools.partial(reversal_pairs, longest=9)


def perplexity(
    root: Path,
    hyperparameters: dict[str, str],
    pairs: Callable[..., Iterator[Pair]],
    initial_model: Path | None = None,
) -> float:
    """Run a job, from an earlier job's model if there is one; what it reached."""
    write_job(root, hyperparameters, num_pairs=1000, pairs=pairs)
    if initial_model:
        channel = root / "input" / "data" / "model"
        channel.mkdir()
        with tarfile.open(channel / "model.tar.gz", "w:gz") as archive:
            archive.add(initial_model / "model", ".")
    assert main({"SAGEMAKER_ROOT": str(root)}) == 0
    manifest = ModelManifest.load(root / "model" / MANIFEST)
    return manifest.metrics["validation:perplexity"]


def test_an_earlier_model_learns_more_from_new_data(tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    perplexity(earlier, HYPERPARAMETERS, reversal_pairs)

    unmoved = perplexity(tmp_path / "unmoved", UNMOVED, longer_pairs, earlier)
    gone_on = perplexity(tmp_path / "gone-on", GONE_ON, longer_pairs, earlier)
    anew = perplexity(tmp_path / "anew", GONE_ON, longer_pairs)

    assert gone_on < 0.8 * unmoved
    assert gone_on < 0.8 * anew
