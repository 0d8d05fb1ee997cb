"""Trains on a corpus with several seeds and scores its test set; the last line is the mean BLEU.

A work folder keeps the trainings, so that one that was stopped goes on where it was.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import BenchmarkError
from benchmarks.quality.recipe import HYPERPARAMETERS, MERGES, NUM_SEEDS
from benchmarks.quality.scoring import Scores, score, signatures
from benchmarks.quality.training_run import prepare, train
from protocol.artifacts import MANIFEST


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    hyperparameters = {**HYPERPARAMETERS, **dict(given.hyperparameter)}
    try:
        texts = [_lines(given.data / f"test.{language}") for language in ("en", "de")]
        prepared = prepare(given.data.resolve(), given.work / "prepared", merges=given.merges)
        scores = []
        for seed in range(1, given.seeds + 1):
            folder = (given.work / f"seed-{seed}").resolve()
            model = train(prepared, folder, {**hyperparameters, "seed": seed})
            scores.append(score(model, *texts))
            _report(seed, model, scores[-1])
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    _conclude(scores)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="train, val, test .en and .de")
    add("--work", type=Path, required=True, metavar="DIR", help="keeps what is trained")
    add("--seeds", type=int, default=NUM_SEEDS, metavar="N", help="seeds 1 to N")
    add("--merges", type=int, default=MERGES, metavar="N", help="of the joint byte-pair encoding")
    add(
        "--hyperparameter",
        type=lambda text: tuple(text.split("=", 1)),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="in place of the recipe's",
    )
    return parser


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BenchmarkError(
            f"{path}: {error.strerror}; DATA=DIR holds train, val and test .en and .de"
        ) from error


def _report(seed: int, model: Path, scores: Scores) -> None:
    manifest = json.loads((model / MANIFEST).read_text(encoding="utf-8"))
    print(
        f"seed {seed}: beam {scores.beam:.2f}, int8 {scores.beam_int8:.2f}, "
        f"greedy {scores.greedy:.2f}, greedy before export {scores.greedy_torch:.2f}; "
        f"13a {scores.beam_13a:.2f}, chrF {scores.beam_chrf:.2f}; "
        f"{manifest['num_batches']:,} batches in {manifest['training_seconds'] / 60:.0f} min",
        flush=True,
    )


def _conclude(scores: Sequence[Scores]) -> None:
    for name, signature in zip(("BLEU", "13a", "chrF"), signatures(), strict=True):
        print(f"{name}: {signature}")
    for name in ("beam_int8", "beam_13a", "beam_chrf"):
        print(f"{name} {statistics.mean(getattr(each, name) for each in scores):.2f}")
    beams = [each.beam for each in scores]
    spread = statistics.stdev(beams) if len(beams) > 1 else 0.0
    print(f"standard deviation over {len(beams)} seeds: {spread:.2f}")
    print(f"bleu {statistics.mean(beams):.2f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
