"""CTranslate2 alone, on the pieces of the sentences.

MODEL TEXTS BEAM_SIZE BATCH_SIZES NUM_CLIENTS.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import ctranslate2

from nmt.tokenizer import load_tokenizer
from nmt.translator import available_cores
from protocol.artifacts import CTRANSLATE2_FOLDER, MANIFEST, ModelManifest
from serving.batching import batch_size
from serving.jobs import Job, choose

NUM_WARMUP = 64
NUM_LONE = 50
ORDERED_BATCH_SIZE = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineSpeed:
    """Sentences a second, and seconds of a sentence alone."""

    one_call: dict[str, float]
    """By `max_batch_size`: all sentences in one call, which sorts them by length."""
    in_order: float
    """In batches of `ORDERED_BATCH_SIZE` in order of arrival."""
    chosen: float
    """In the batches that the serving process makes of what its clients have under way."""
    lone_seconds: list[float]


class Engine:
    """A translator with the settings that serve it best."""

    def __init__(self, folder: Path, beam_size: int) -> None:
        self._beam_size = beam_size
        self._limit = ModelManifest.load(folder / MANIFEST).max_decoding_length
        self._translator = ctranslate2.Translator(
            str(folder / CTRANSLATE2_FOLDER),
            compute_type="int8",
            inter_threads=available_cores(),
            intra_threads=1,
        )

    def translate(self, batch: Sequence[list[str]], *, max_batch_size: int = 0) -> None:
        """All in one call, which sorts them by length."""
        self._translator.translate_batch(
            batch,
            beam_size=self._beam_size,
            max_decoding_length=self._limit,
            max_input_length=0,
            max_batch_size=max_batch_size,
        )

    def translate_batches(self, batches: Sequence[Sequence[list[str]]]) -> None:
        """Each in a call, all of them under way at once."""
        under_way = [
            self._translator.translate_batch(
                batch,
                beam_size=self._beam_size,
                max_decoding_length=self._limit,
                max_input_length=0,
                asynchronous=True,
            )
            for batch in batches
        ]
        for results in under_way:
            for result in results:
                result.result()


def in_order(sources: Sequence[list[str]]) -> list[Sequence[list[str]]]:
    """Batches of sentences as they come, whatever their lengths."""
    return [
        sources[start : start + ORDERED_BATCH_SIZE]
        for start in range(0, len(sources), ORDERED_BATCH_SIZE)
    ]


def chosen(
    sources: Sequence[list[str]], *, num_clients: int, num_workers: int, beam_size: int
) -> list[Sequence[list[str]]]:
    """Batches as the serving process chooses them when each client waits for one sentence.

    What the other translators work on cannot be chosen from; a client that has its answer asks
    for the next sentence at once.
    """
    size = batch_size(num_clients, num_workers=num_workers, width=beam_size)
    coming = iter([Job(source, None, width=beam_size) for source in sources])
    waiting = list(islice(coming, max(num_clients - size * (num_workers - 1), size)))
    batches: list[Sequence[list[str]]] = []
    while waiting:
        batch = choose(waiting, size)
        taken = {id(job) for job in batch}
        waiting = [job for job in waiting if id(job) not in taken]
        waiting += islice(coming, len(batch))
        batches.append([list(job.source) for job in batch])
    return batches


def main(arguments: Sequence[str]) -> None:
    folder, path, beam_size, batch_sizes, num_clients = arguments
    tokenizer = load_tokenizer(Path(folder))
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    sources = [list(tokenizer.pieces(line)) for line in lines]
    engine = Engine(Path(folder), int(beam_size))
    engine.translate(sources[:NUM_WARMUP], max_batch_size=ORDERED_BATCH_SIZE)
    as_served = chosen(
        sources,
        num_clients=int(num_clients),
        num_workers=available_cores(),
        beam_size=int(beam_size),
    )
    speed = EngineSpeed(
        one_call={
            size: len(sources)
            / _seconds(partial(engine.translate, sources, max_batch_size=int(size)))
            for size in batch_sizes.split(",")
        },
        in_order=len(sources) / _seconds(partial(engine.translate_batches, in_order(sources))),
        chosen=len(sources) / _seconds(partial(engine.translate_batches, as_served)),
        lone_seconds=[
            _seconds(partial(engine.translate, [source])) for source in sources[:NUM_LONE]
        ],
    )
    print(json.dumps(asdict(speed)))


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(sys.argv[1:])
