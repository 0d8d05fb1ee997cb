"""Reads a generated record file of millions of pairs and cuts an epoch; says time and memory.

`python -m benchmarks.training.reading PAIRS`; the reading is a process of its own.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.processes import measure
from nmt.data import BatchConfig, epoch_batches, make_batch, read_corpus
from protocol.artifacts import TRAIN_RECORDS
from protocol.recordio import encode_record, write_frame

ROOT = Path(__file__).resolve().parents[2]
NUM_DIFFERENT = 50_000
"""Pairs that are generated; the file repeats them."""
_VOCABULARY_SIZE, _MEAN_LENGTH, _LENGTH_SPREAD = 32_000, 23.0, 0.6
_ONLY_READ = "--only-read"


def main(arguments: list[str]) -> None:
    if arguments[0] == _ONLY_READ:
        _read(Path(arguments[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / TRAIN_RECORDS
        _write(path, int(arguments[0]))
        module = "benchmarks.training.reading"
        cost = measure([sys.executable, "-m", module, _ONLY_READ, str(path)], folder=ROOT)
        size = path.stat().st_size
    print(cost.output, end="")
    print(f"file of {size / 1e9:.2f} GB, peak of the whole process {cost.peak_bytes / 1e6:,.0f} MB")


def _write(path: Path, num_pairs: int) -> None:
    generator = np.random.default_rng(1)
    log_mean = np.log(_MEAN_LENGTH) - _LENGTH_SPREAD**2 / 2
    with path.open("wb") as stream:
        for _ in range(NUM_DIFFERENT):
            lengths = generator.lognormal(log_mean, _LENGTH_SPREAD, 2).clip(1, 250).astype(int)
            source, target = (
                generator.integers(4, _VOCABULARY_SIZE, length).tolist() for length in lengths
            )
            write_frame(stream, encode_record(source, target))
    content = path.read_bytes()
    with path.open("ab") as stream:
        for _ in range(num_pairs // NUM_DIFFERENT - 1):
            stream.write(content)


def _read(path: Path) -> None:
    started, before = time.perf_counter(), _anonymous_bytes()
    corpus = read_corpus(path, max_source_length=100, max_target_length=100)
    read = time.perf_counter()
    batches = epoch_batches(corpus, BatchConfig(batch_tokens=4096), epoch=0)
    cut = time.perf_counter()
    padded = [make_batch(corpus, batch) for batch in batches[:1000]]
    made = time.perf_counter()
    num_tokens = len(corpus.source.ids) + len(corpus.target.ids)
    num_real = sum(int((batch.labels != 0).sum()) for batch in padded)
    padding = 1 - num_real / sum(batch.labels.numel() for batch in padded)
    print(f"{len(corpus):,} pairs, {num_tokens:,} tokens, read in {read - started:.1f} s")
    print(f"{len(batches):,} batches cut in {cut - read:.1f} s, padding {padding:.2%}")
    print(f"{(made - cut) / len(padded) * 1e3:.2f} ms to pad a batch")
    print(f"anonymous memory grown by {(_anonymous_bytes() - before) / 1e6:,.0f} MB")


def _anonymous_bytes() -> int:
    """Resident memory that is not a mapped file, which the kernel can drop at any time."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(sys.argv[1:])
