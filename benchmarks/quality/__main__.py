"""Trains on a corpus with several seeds and scores its test set; the last line is the mean BLEU.

Each model first learns from the corpus alone, then goes on with what all of them make of its text.

A work folder keeps the trainings, so that one that was stopped goes on where it was.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.processes import BenchmarkError
from benchmarks.quality.distillation import distil
from benchmarks.quality.recipe import (
    HYPERPARAMETERS,
    MAX_PARAMETERS,
    MERGES,
    NUM_SEEDS,
    STUDENT_HYPERPARAMETERS,
)
from benchmarks.quality.scoring import Scores, score, signatures
from benchmarks.quality.training_run import pack, prepare, train
from protocol.artifacts import MANIFEST


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    try:
        models = _alone(given)
        if given.distil:
            _distilled(given, models)
    except BenchmarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _alone(given: argparse.Namespace) -> list[Path]:
    """A model for each seed, from the corpus alone."""
    prepared = prepare(given.data.resolve(), given.work / "prepared", f"--subwords={given.merges}")
    hyperparameters = {**HYPERPARAMETERS, **dict(given.hyperparameter)}

    def train_seed(seed: int) -> Path:
        folder = (given.work / f"seed-{seed}").resolve()
        return train(prepared, folder, {**hyperparameters, "seed": seed})

    return _train_and_score(given, "seed", train_seed)


def _distilled(given: argparse.Namespace, teachers: Sequence[Path]) -> None:
    """Each of the models, gone on with what all of them make of the training text."""
    texts = distil(teachers, given.data.resolve(), (given.work / "distilled").resolve())
    archives = [pack(model) for model in teachers]
    prepared = prepare(texts, given.work / "prepared-distilled", f"--initial-model={archives[0]}")
    hyperparameters = {**STUDENT_HYPERPARAMETERS, **dict(given.hyperparameter)}

    def train_student(seed: int) -> Path:
        folder = (given.work / f"student-{seed}").resolve()
        return train(prepared, folder, {**hyperparameters, "seed": seed}, archives[seed - 1])

    _train_and_score(given, "student", train_student)


def _train_and_score(
    given: argparse.Namespace, name: str, train_one: Callable[[int], Path]
) -> list[Path]:
    texts = [_lines(given.data / f"test.{language}") for language in ("en", "de")]
    models, scores = [], []
    for seed in range(1, given.seeds + 1):
        models.append(train_one(seed))
        scores.append(score(models[-1], *texts))
        _report(f"{name} {seed}", models[-1], scores[-1])
    _conclude(scores)
    return models


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="train, val, test .en and .de")
    add("--work", type=Path, required=True, metavar="DIR", help="keeps what is trained")
    add("--seeds", type=int, default=NUM_SEEDS, metavar="N", help="seeds 1 to N")
    add(
        "--distil",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on with what the models make of the text",
    )
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


def _report(name: str, model: Path, scores: Scores) -> None:
    manifest = json.loads((model / MANIFEST).read_text(encoding="utf-8"))
    print(
        f"{name}: beam {scores.beam:.2f}, int8 {scores.beam_int8:.2f}, "
        f"greedy {scores.greedy:.2f}, greedy before export {scores.greedy_torch:.2f}; "
        f"13a {scores.beam_13a:.2f}, chrF {scores.beam_chrf:.2f}; "
        f"{_size(manifest['num_parameters'])}, "
        f"{manifest['num_batches']:,} batches in {manifest['training_seconds'] / 60:.0f} min",
        flush=True,
    )


def _size(num_parameters: int) -> str:
    above = f" (above the comparison's {MAX_PARAMETERS:,})"
    return f"{num_parameters:,} parameters{above if num_parameters > MAX_PARAMETERS else ''}"


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
