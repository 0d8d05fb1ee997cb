"""Measures `python -m preprocessing` whole; the last line is how much faster it is than plain."""

import argparse
import filecmp
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.processes import BenchmarkError, Cost, measure
from protocol.artifacts import SOURCE_VOCABULARY, TARGET_VOCABULARY, TRAIN_RECORDS

OUTPUTS = (SOURCE_VOCABULARY, TARGET_VOCABULARY, TRAIN_RECORDS)
ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=given.scratch) as folder:
        try:
            texts = _texts(given, Path(folder))
            if given.only_product:
                _report_size(texts, _run_product(texts, Path(folder)))
            else:
                _compare(texts, Path(folder), given.rounds)
        except BenchmarkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.preprocessing", description=__doc__)
    add = parser.add_argument
    add("--corpus", metavar="PREFIX", help="PREFIX.en and PREFIX.de, in place of generated text")
    add("--pairs", type=int, default=500_000, metavar="N", help="pairs to generate")
    add("--rounds", type=int, default=3, metavar="N", help="runs of each, in turn")
    add("--only-product", action="store_true", help="one run of the product, with its memory")
    add("--scratch", type=Path, metavar="FOLDER", help="where to put texts and results meanwhile")
    return parser


def _texts(given: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    if not given.corpus:
        print(f"generating {given.pairs:,} pairs", flush=True)
        given.corpus = folder / "corpus"
        # A process that generates in this one's stead leaves the peaks below to their owners.
        generator = [sys.executable, "-m", "benchmarks.preprocessing.synthetic"]
        measure([*generator, str(given.corpus), str(given.pairs)], folder=ROOT)
    source, target = (Path(f"{given.corpus}.{suffix}").resolve() for suffix in ("en", "de"))
    for path in (source, target):
        if not path.is_file():
            raise BenchmarkError(f"{path}: no such file; CORPUS=PREFIX names PREFIX.en, PREFIX.de")
    return source, target


def _run_product(texts: tuple[Path, Path], folder: Path) -> Cost:
    flags = [f"--train-source={texts[0]}", f"--train-target={texts[1]}"]
    return _run("product", ["preprocessing", *flags], folder)


def _run_plain(texts: tuple[Path, Path], folder: Path) -> Cost:
    return _run("plain", ["benchmarks.preprocessing.plain", *map(str, texts), "."], folder)


def _run(name: str, module: list[str], folder: Path) -> Cost:
    results = folder / name
    results.mkdir(exist_ok=True)
    return measure([sys.executable, "-m", *module], folder=results, environ=_environment())


def _environment() -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _compare(texts: tuple[Path, Path], folder: Path, rounds: int) -> None:
    costs: dict[str, list[Cost]] = {"plain": [], "product": [], "wc -w": []}
    for number in range(1, rounds + 1):
        costs["plain"].append(_run_plain(texts, folder))
        costs["product"].append(_run_product(texts, folder))
        costs["wc -w"].append(measure(["wc", "-w", *map(str, texts)], folder=folder))
        _require_equal_results(folder)
        latest = ", ".join(f"{name} {runs[-1].seconds:.2f} s" for name, runs in costs.items())
        print(f"round {number} of {rounds}: {latest}", flush=True)
    print(f"\n{costs['wc -w'][0].output.split()[-2]} words; results equal byte for byte\n")
    _print_table(costs)
    medians = {name: _median(runs) for name, runs in costs.items()}
    print(f"\nproduct to wc -w: {medians['product'] / medians['wc -w']:.2f} times its time")
    print(f"ratio {medians['plain'] / medians['product']:.2f}")


def _require_equal_results(folder: Path) -> None:
    for name in OUTPUTS:
        if not filecmp.cmp(folder / "plain" / name, folder / "product" / name, shallow=False):
            raise BenchmarkError(f"{name} differs from the plain algorithm's")


def _print_table(costs: Mapping[str, Sequence[Cost]]) -> None:
    print(f"{'':<8} {'median':>9} {'range':>18} {'peak memory':>12}")
    for name, runs in costs.items():
        seconds = [run.seconds for run in runs]
        span = f"{min(seconds):.2f} to {max(seconds):.2f} s"
        peak = max(run.peak_bytes for run in runs) / 1e6
        print(f"{name:<8} {_median(runs):>7.2f} s {span:>18} {peak:>9,.0f} MB")


def _median(runs: Sequence[Cost]) -> float:
    return statistics.median(run.seconds for run in runs)


def _report_size(texts: tuple[Path, Path], cost: Cost) -> None:
    size = sum(path.stat().st_size for path in texts)
    print(cost.output)
    print(f"text of {size / 1e9:.2f} GB, whole process {cost.seconds:.1f} s")
    print(f"peak memory {cost.peak_bytes / 1e6:,.0f} MB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
