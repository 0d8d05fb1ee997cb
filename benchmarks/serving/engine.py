"""CTranslate2 alone, on the pieces of the sentences: MODEL TEXTS BEAM_SIZE BATCH_SIZES."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import ctranslate2

from nmt.tokenizer import load_tokenizer
from nmt.translator import available_cores
from protocol.artifacts import CTRANSLATE2_FOLDER, MANIFEST, ModelManifest

NUM_WARMUP = 64
NUM_LONE = 50
SERVING_BATCH_SIZE = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineSpeed:
    """Sentences a second, and seconds of a sentence alone."""

    one_call: dict[str, float]
    """By `max_batch_size`: all sentences in one call, which sorts them by length."""
    in_order: float
    """In batches as large as the serving process makes them, in order of arrival."""
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

    def translate_in_order(self, sources: Sequence[list[str]]) -> None:
        """In batches as they come, all of them under way at once."""
        under_way = [
            self._translator.translate_batch(
                sources[start : start + SERVING_BATCH_SIZE],
                beam_size=self._beam_size,
                max_decoding_length=self._limit,
                max_input_length=0,
                asynchronous=True,
            )
            for start in range(0, len(sources), SERVING_BATCH_SIZE)
        ]
        for results in under_way:
            for result in results:
                result.result()


def main(arguments: Sequence[str]) -> None:
    folder, path, beam_size, batch_sizes = arguments
    tokenizer = load_tokenizer(Path(folder))
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    sources = [list(tokenizer.pieces(line)) for line in lines]
    engine = Engine(Path(folder), int(beam_size))
    engine.translate(sources[:NUM_WARMUP], max_batch_size=SERVING_BATCH_SIZE)
    speed = EngineSpeed(
        one_call={
            size: len(sources)
            / _seconds(partial(engine.translate, sources, max_batch_size=int(size)))
            for size in batch_sizes.split(",")
        },
        in_order=len(sources) / _seconds(partial(engine.translate_in_order, sources)),
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
