"""The corpus in the form that each contender reads, all from one run of preprocessing."""

import json
import os
import sys
from collections import Counter
from pathlib import Path

import torch

from benchmarks.processes import BenchmarkError, measure
from benchmarks.training import setting
from benchmarks.training.product import CHANNELS
from nmt.data import BatchConfig, ParallelCorpus, epoch_batches, make_batch, read_corpus
from protocol.artifacts import (
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    TRAIN_RECORDS,
    VALIDATION_RECORDS,
)
from protocol.vocabulary import SPECIAL_SYMBOLS, load_vocabulary

ROOT = Path(__file__).resolve().parents[2]
NUM_SUBWORDS = 10_000
NUM_GENERATED_PAIRS = 29_000
NUM_VALIDATION_PAIRS = 10
"""The job validates at its end; that is not measured."""


def prepare(data: Path | None, folder: Path) -> str:
    """Make everything in the folder; says what the corpus is.

    Raises:
        BenchmarkError: the data lacks a file.
    """
    prefix = data / "train" if data else _generated(folder)
    texts = [Path(f"{prefix}.{suffix}").resolve() for suffix in ("en", "de")]
    for text in texts:
        if not text.is_file():
            raise BenchmarkError(f"{text}: no such file; DATA=DIR holds train.en and train.de")
    _preprocess(texts, folder)
    corpus = read_corpus(
        folder / TRAIN_RECORDS,
        max_source_length=setting.MAX_LENGTH,
        max_target_length=setting.MAX_LENGTH,
    )
    tokens = list(load_vocabulary(folder / SOURCE_VOCABULARY))
    _write_batches(corpus, len(tokens), folder)
    _write_texts(corpus, tokens, folder)
    kind = f"{texts[0]}, {texts[1].name}" if data else "generated text of Zipf's law"
    lengths = corpus.target.lengths
    return (
        f"{kind}: {len(corpus):,} pairs, {lengths.mean():.1f} target tokens each, "
        f"a vocabulary of {len(tokens):,}"
    )


def _generated(folder: Path) -> Path:
    prefix = folder / "train"
    module = "benchmarks.preprocessing.synthetic"
    measure([sys.executable, "-m", module, str(prefix), str(NUM_GENERATED_PAIRS)], folder=ROOT)
    return prefix


def _preprocess(texts: list[Path], folder: Path) -> None:
    few = [folder / f"few{text.suffix}" for text in texts]
    for text, part in zip(texts, few, strict=True):
        with text.open(encoding="utf-8") as lines:
            part.write_text("".join(next(lines) for _ in range(NUM_VALIDATION_PAIRS)), "utf-8")
    flags = ["--train-source", "--train-target", "--val-source", "--val-target"]
    files = [str(path) for path in (*texts, *few)]
    given = [part for pair in zip(flags, files, strict=True) for part in pair]
    given += ["--subwords", str(NUM_SUBWORDS), "-single-vocab"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    measure([sys.executable, "-m", "preprocessing", *given], folder=folder, environ=environ)
    for channel, names in {
        "train": [TRAIN_RECORDS],
        "validation": [VALIDATION_RECORDS],
        "vocab": [SOURCE_VOCABULARY, TARGET_VOCABULARY, SUBWORDS],
    }.items():
        (folder / CHANNELS / channel).mkdir(parents=True)
        for name in names:
            (folder / CHANNELS / channel / name).symlink_to(folder / name)


def _write_batches(corpus: ParallelCorpus, num_tokens: int, folder: Path) -> None:
    """The first batches that the product itself would train on."""
    config = BatchConfig(batch_tokens=setting.BATCH_TOKENS)
    indices = epoch_batches(corpus, config, epoch=0)[: setting.NUM_WARMUP + setting.NUM_TIMED]
    batches = [make_batch(corpus, some) for some in indices]
    padded = [(batch.source, batch.target_input, batch.labels) for batch in batches]
    torch.save(padded, folder / setting.BATCHES)
    (folder / setting.NUM_TOKENS).write_text(json.dumps(num_tokens), encoding="utf-8")


def _write_texts(corpus: ParallelCorpus, tokens: list[str], folder: Path) -> None:
    """White-space separated subwords and their counts."""
    counts: Counter[str] = Counter()
    for name, side in (("source", corpus.source), ("target", corpus.target)):
        lines = [[tokens[i] for i in side.sentence(number)] for number in range(len(corpus))]
        counts.update(token for line in lines for token in line)
        text = "".join(" ".join(line) + "\n" for line in lines)
        (folder / f"train.{name}").write_text(text, encoding="utf-8")
    ordered = sorted(set(tokens) - set(SPECIAL_SYMBOLS), key=lambda token: (-counts[token], token))
    vocabulary = "".join(f"{token}\t{counts[token]}\n" for token in ordered)
    (folder / "eole.vocabulary").write_text(vocabulary, encoding="utf-8")
