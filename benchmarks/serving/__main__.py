"""Measures the serving process beside CTranslate2 itself; the last line is the worse share.

64 HTTP clients send single sentences. The clients share the cores with what they measure, so they
are plain sockets in one process, whose own time is reported. Rounds take turns; medians count.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import BenchmarkError, measure
from benchmarks.serving import clients, texts
from benchmarks.serving.copying import SIZES, Size, build
from benchmarks.serving.process import ROOT, serving
from nmt.tokenizer import load_tokenizer

PEER_PYTHON = ROOT / ".bench-venv" / "bin" / "python"
NUM_CLIENTS = 64
NUM_WARMUP = 128
NUM_LONE = 50
NUM_STARTS = 5
BATCH_SIZES = ("16", "32", "64", "128")
BEAM_SIZES = (1, 5)


@dataclass(kw_only=True, slots=True)
class Measured:
    """At one beam size; a number for each round."""

    one_call: list[float] = field(default_factory=list)
    in_order: list[float] = field(default_factory=list)
    chosen: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    marian: list[float] = field(default_factory=list)
    client_share: list[float] = field(default_factory=list)
    """Of one core's time."""
    engine_lone: list[float] = field(default_factory=list)
    served_lone: list[float] = field(default_factory=list)
    """Median milliseconds of a sentence alone."""
    resident_bytes: list[int] = field(default_factory=list)
    batch_size: str = ""
    """Which served CTranslate2's one call best, in the first round."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Benchmark:
    """What is measured with."""

    root: Path
    """With the model in `model`."""
    folder: Path
    sentences: dict[int, Sequence[str]]
    """By beam size."""
    peer: Size | None
    num_peer_sentences: int

    def round(self, beam_size: int, measured: Measured) -> None:
        """Measure everyone once."""
        path = self.folder / f"beam-{beam_size}.txt"
        path.write_text("\n".join(self.sentences[beam_size]) + "\n", encoding="utf-8")
        self._engine(path, beam_size, measured)
        self._served(path, beam_size, measured)
        if self.peer is not None:
            measured.marian.append(self._marian(self.peer, beam_size))

    def _engine(self, path: Path, beam_size: int, measured: Measured) -> None:
        sizes = measured.batch_size or ",".join(BATCH_SIZES)
        model = str(self.root / "model")
        arguments = [model, str(path), str(beam_size), sizes, str(NUM_CLIENTS)]
        speed = json.loads(_output([sys.executable, "-m", "benchmarks.serving.engine", *arguments]))
        best = max(speed["one_call"], key=speed["one_call"].get)
        measured.batch_size = best
        measured.one_call.append(speed["one_call"][best])
        measured.in_order.append(speed["in_order"])
        measured.chosen.append(speed["chosen"])
        measured.engine_lone.append(1000 * statistics.median(speed["lone_seconds"]))

    def _served(self, path: Path, beam_size: int, measured: Measured) -> None:
        lone = clients.requests(self.sentences[beam_size][:NUM_LONE], beam_size)
        with serving(self.root) as process:
            arguments = [str(process.port), str(path), str(beam_size), str(NUM_CLIENTS)]
            command = [sys.executable, "-m", "benchmarks.serving.clients", *arguments]
            load = json.loads(_output([*command, str(NUM_WARMUP)]))
            measured.resident_bytes.append(process.resident_bytes())
            alone = clients.send_all(process.port, lone, 1)
        measured.served.append(load["num_answers"] / load["seconds"])
        measured.client_share.append(load["client_cpu_seconds"] / load["seconds"])
        measured.served_lone.append(1000 * statistics.median(alone.latencies))

    def _marian(self, size: Size, beam_size: int) -> float:
        tokenizer = load_tokenizer(self.root / "model")
        chosen = self.sentences[beam_size][: self.num_peer_sentences]
        lengths = json.dumps([len(tokenizer.pieces(sentence)) for sentence in chosen])
        numbers = (
            beam_size,
            size.num_layers,
            size.dim,
            size.num_heads,
            size.feed_forward_dim,
            size.vocabulary_size,
        )
        module = "benchmarks.serving.marian"
        return float(_output([str(PEER_PYTHON), "-m", module, lengths, *map(str, numbers)]))


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    size = None if given.model else SIZES[given.size]
    number = max(given.sentences)
    lines = texts.from_file(given.text, number) if given.text else texts.generated(number)
    with tempfile.TemporaryDirectory(dir=given.scratch) as scratch:
        folder = Path(scratch)
        try:
            root = _root(folder, given.model, size, lines)
            benchmark = Benchmark(
                root=root,
                folder=folder,
                sentences={
                    beam: lines[:count]
                    for beam, count in zip(BEAM_SIZES, given.sentences, strict=True)
                },
                peer=None if given.no_peer else size,
                num_peer_sentences=given.peer_sentences,
            )
            _print_setting(benchmark, given.model, size, lines)
            measured = _take_turns(benchmark, given.rounds)
            starts = _starts(folder, lines)
        except (BenchmarkError, clients.ClientError) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    _print_results(measured)
    print(
        f"demo model: /ping 200 after {_middle(starts):.2f} s ({min(starts):.2f} to "
        f"{max(starts):.2f}, {NUM_STARTS} starts)"
    )
    print(f"ratio {min(_share(found) for found in measured.values()):.2f}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    add = parser.add_argument
    add("--model", type=Path, metavar="DIR", help="a model as a training job packed it, unpacked")
    add("--size", choices=list(SIZES), default="small", help="of the model that is made otherwise")
    add("--text", type=Path, metavar="FILE", help="sentences, one a line; else generated")
    add("--sentences", type=int, nargs=2, default=(4000, 1000), metavar="N", help="per beam size")
    add("--rounds", type=int, default=3, metavar="N", help="of everyone, in turn")
    add("--no-peer", action="store_true", help="leave out Hugging Face's Marian")
    add("--peer-sentences", type=int, default=32, metavar="N", help="for Marian, which is slow")
    add("--scratch", type=Path, metavar="FOLDER", help="where to put files meanwhile")
    return parser


def _root(folder: Path, model: Path | None, size: Size | None, lines: Sequence[str]) -> Path:
    root = folder / "root"
    root.mkdir()
    if size is None:
        (root / "model").symlink_to((model or folder).resolve())
    else:
        build(root / "model", size, lines)
    return root


def _take_turns(benchmark: Benchmark, rounds: int) -> dict[int, Measured]:
    measured = {beam_size: Measured() for beam_size in BEAM_SIZES}
    for number in range(1, rounds + 1):
        for beam_size, found in measured.items():
            benchmark.round(beam_size, found)
            print(
                f"round {number} of {rounds}, beam {beam_size}: CTranslate2 "
                f"{found.one_call[-1]:,.0f}, served {found.served[-1]:,.0f} sentences a second",
                flush=True,
            )
    return measured


def _starts(folder: Path, lines: Sequence[str]) -> list[float]:
    """How long the demo's model takes to be ready."""
    build(folder / "demo" / "model", SIZES["demo"], lines)
    seconds = []
    for _ in range(NUM_STARTS):
        with serving(folder / "demo") as process:
            seconds.append(process.start_seconds)
    return seconds


def _output(command: Sequence[str]) -> str:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return measure(command, folder=ROOT, environ=environ).output.splitlines()[-1]


def _share(found: Measured) -> float:
    return _middle(found.served) / _middle(found.one_call)


def _middle(values: Sequence[float]) -> float:
    return statistics.median(values)


def _print_setting(
    benchmark: Benchmark, model: Path | None, size: Size | None, lines: Sequence[str]
) -> None:
    tokenizer = load_tokenizer(benchmark.root / "model")
    mean = statistics.mean(len(tokenizer.pieces(line)) for line in lines)
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; "
        f"{model or f'a model that copies its source: {size}'}\n"
        f"{len(lines):,} sentences of {mean:.1f} pieces in the mean; {NUM_CLIENTS} clients",
        flush=True,
    )


def _print_results(measured: dict[int, Measured]) -> None:
    for beam_size, found in measured.items():
        one_call = _middle(found.one_call)
        rows = [
            (f"CTranslate2, one call, batches of {found.batch_size} by length", found.one_call),
            ("CTranslate2, batches of 32 in order of arrival", found.in_order),
            (f"CTranslate2, batches chosen out of {NUM_CLIENTS}", found.chosen),
            (f"served to {NUM_CLIENTS} HTTP clients", found.served),
            ("Marian (Hugging Face), float32", found.marian),
        ]
        print(f"\nbeam {beam_size}, sentences a second:")
        for name, values in rows:
            if values:
                middle = _middle(values)
                print(
                    f"  {name:55}{middle:10,.1f} ({min(values):,.1f} to {max(values):,.1f})"
                    f"{middle / one_call:8.2f}"
                )
        added = _middle(found.served_lone) - _middle(found.engine_lone)
        print(
            f"  a lone request {_middle(found.served_lone):.2f} ms, CTranslate2 itself "
            f"{_middle(found.engine_lone):.2f} ms: {added:.2f} ms more\n"
            f"  clients took {_middle(found.client_share):.0%} of a core; resident memory "
            f"{_middle(found.resident_bytes) / 2**20:,.0f} MiB"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
