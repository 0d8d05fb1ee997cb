"""The walk-through's algorithm, restated plainly: one process, a Python object for each word.

`python -m benchmarks.preprocessing.plain SOURCE TARGET FOLDER` writes the files that the command
under measurement must match byte for byte.
"""

import json
import struct
import sys
from collections import Counter
from pathlib import Path

from protocol.record_pb2 import Record

SPECIALS = ("<pad>", "<unk>", "<s>", "</s>")
NUM_WORDS = 50_000


def make_vocabulary(text: Path) -> dict[str, int]:
    counts: Counter[str] = Counter()
    with text.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            counts.update(word for word in line.split() if word not in SPECIALS)
    ranked = sorted(((count, word) for word, count in counts.items()), reverse=True)
    words = [*SPECIALS, *(word for _, word in ranked[:NUM_WORDS])]
    return {word: number for number, word in enumerate(words)}


def write_vocabulary(path: Path, vocabulary: dict[str, int]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        json.dump(vocabulary, stream, indent=4, ensure_ascii=False)


def make_record(pair: list[list[str]], vocabularies: list[dict[str, int]]) -> bytes:
    record = Record()
    for name, words, ids in zip(("source", "target"), pair, vocabularies, strict=True):
        record.features[name].int32_tensor.values.extend([ids.get(word, 1) for word in words])
    return record.SerializeToString(deterministic=True)


def main(source: Path, target: Path, folder: Path) -> None:
    vocabularies = [make_vocabulary(source), make_vocabulary(target)]
    write_vocabulary(folder / "vocab.src.json", vocabularies[0])
    write_vocabulary(folder / "vocab.trg.json", vocabularies[1])
    with (
        source.open(encoding="utf-8", errors="replace") as source_lines,
        target.open(encoding="utf-8", errors="replace") as target_lines,
        (folder / "train.rec").open("wb") as records,
    ):
        for pair in zip(source_lines, target_lines, strict=True):
            words = [line.split() for line in pair]
            if all(words):
                payload = make_record(words, vocabularies)
                records.write(struct.pack("<II", 0xCED7230A, len(payload)) + payload)
                records.write(b"\0" * (-len(payload) % 4))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
