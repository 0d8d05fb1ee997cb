"""Measures training beside other engines; the last line is how much faster the product is.

Every contender is a process of its own, and they take turns. All get one allocator environment,
in which a plain loop loses no time to page faults either, and one policy of waiting threads.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.processes import BenchmarkError, measure
from benchmarks.training import setting
from benchmarks.training.texts import ROOT, prepare
from training.device import computes_in_bfloat16

PEER_PYTHON = ROOT / ".bench-venv" / "bin" / "python"
ALLOCATOR = (
    "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4294967296:"
    "glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=268435456"
)
WAIT_POLICY = os.environ.get("OMP_WAIT_POLICY", "passive")
"""Threads that spin while they wait take a shared machine's cores from those that work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """An engine and the precision it trains in."""

    name: str
    module: str
    precision: str = "float32"
    python: Path = PEER_PYTHON


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What one process reached and what it cost."""

    tokens_per_second: float
    padding: float | None
    peak_bytes: int


OURS = Contender(name="product", module="product", python=Path(sys.executable))
OURS_BFLOAT16 = Contender(
    name="product", module="product", precision="bfloat16", python=Path(sys.executable)
)
PEERS = (
    Contender(name="EOLE", module="eole_engine"),
    Contender(name="Marian (Hugging Face)", module="marian"),
    Contender(name="nn.Transformer", module="plain_transformer"),
)
PEERS_BFLOAT16 = (
    Contender(name="EOLE", module="eole_engine", precision="bfloat16"),
    Contender(name="Marian (Hugging Face)", module="marian", precision="bfloat16"),
    Contender(name="nn.Transformer", module="plain_transformer", precision="bfloat16"),
)
Runs = dict[Contender, list[Run]]


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    bfloat16 = computes_in_bfloat16("auto", torch.device("cpu"))
    contenders = [OURS, *([OURS_BFLOAT16] if bfloat16 else []), *PEERS]
    contenders += PEERS_BFLOAT16 if given.peers_bfloat16 else []
    with tempfile.TemporaryDirectory(dir=given.scratch) as folder:
        try:
            print(prepare(given.data, Path(folder)), flush=True)
            _print_setting()
            runs = _take_turns(contenders, Path(folder), given.rounds)
        except BenchmarkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    _print_table(runs)
    _print_ratios(runs)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, metavar="DIR", help="with train.en and train.de; else generated text")
    add("--rounds", type=int, default=3, metavar="N", help="runs of each, in turn")
    add("--peers-bfloat16", action="store_true", help="run the peers in bfloat16 too")
    add("--scratch", type=Path, metavar="FOLDER", help="where to put files meanwhile")
    return parser


def _print_setting() -> None:
    print(
        f"{setting.NUM_LAYERS}+{setting.NUM_LAYERS} layers of {setting.DIM}, feed-forward "
        f"{setting.FEED_FORWARD_DIM}, {setting.NUM_HEADS} heads; {setting.BATCH_TOKENS} target "
        f"positions a batch; dropout {setting.DROPOUT} on embeddings and outputs of layer parts;\n"
        f"{setting.NUM_TIMED} updates after {setting.NUM_WARMUP} to warm up; torch "
        f"{torch.__version__}, {_num_threads()} threads, OMP_WAIT_POLICY="
        f"{WAIT_POLICY}, GLIBC_TUNABLES={ALLOCATOR}",
        flush=True,
    )


def _num_threads() -> int:
    return int(os.environ.get("OMP_NUM_THREADS", len(os.sched_getaffinity(0))))


def _take_turns(contenders: list[Contender], folder: Path, rounds: int) -> Runs:
    runs: Runs = {contender: [] for contender in contenders}
    for number in range(1, rounds + 1):
        for contender, done in runs.items():
            done.append(_run(contender, folder))
            print(
                f"round {number} of {rounds}: {contender.name}, {contender.precision}: "
                f"{done[-1].tokens_per_second:,.0f} target tokens a second",
                flush=True,
            )
    return runs


def _run(contender: Contender, folder: Path) -> Run:
    environ = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": str(_num_threads()),
        "OMP_WAIT_POLICY": WAIT_POLICY,
        "GLIBC_TUNABLES": ALLOCATOR,
    }
    module = f"benchmarks.training.{contender.module}"
    command = [str(contender.python), "-m", module, str(folder), contender.precision]
    cost = measure(command, folder=folder, environ=environ)
    speed: dict[str, Any] = json.loads(cost.output.splitlines()[-1])
    return Run(
        tokens_per_second=speed["tokens_per_second"],
        padding=speed["padding"],
        peak_bytes=cost.peak_bytes,
    )


def _median(runs: Sequence[Run]) -> float:
    return statistics.median(run.tokens_per_second for run in runs)


def _print_table(runs: Runs) -> None:
    print("\n| contender | precision | target tokens/s | range | peak memory | padding |")
    print("|---|---|---|---|---|---|")
    for contender, done in runs.items():
        speeds = [run.tokens_per_second for run in done]
        padding = done[0].padding
        print(
            f"| {contender.name} | {contender.precision} | {_median(done):,.0f} | "
            f"{min(speeds):,.0f} to {max(speeds):,.0f} | "
            f"{max(run.peak_bytes for run in done) / 1e6:,.0f} MB | "
            f"{'not told' if padding is None else f'{padding:.1%}'} |"
        )


def _print_ratios(runs: Runs) -> None:
    """The product's medians over that of the fastest of all others, in whatever precision."""
    ours = {contender: done for contender, done in runs.items() if contender.name == OURS.name}
    fastest = max(
        (contender for contender in runs if contender not in ours),
        key=lambda contender: _median(runs[contender]),
    )
    print(f"\nthe fastest peer is {fastest.name}, {fastest.precision}")
    for contender, done in ours.items():
        ratio = _median(done) / _median(runs[fastest])
        print(f"{contender.precision} ratio {ratio:.2f}")
    print(f"ratio {ratio:.2f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
