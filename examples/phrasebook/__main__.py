"""The command line: `python -m examples.phrasebook --output FOLDER`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from examples.phrasebook import Corpus, generate, write


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.phrasebook", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder to write the files to")
    output = parser.parse_args(argv).output
    corpus = generate()
    try:
        write(corpus, output)
    except OSError as error:
        print(f"{output}: cannot be written: {error.strerror or error}", file=sys.stderr)
        return 1
    print(_summary(corpus, output))
    return 0


def _summary(corpus: Corpus, output: Path) -> str:
    counts = ", ".join(f"{len(pairs)} {name}" for name, pairs in corpus.splits().items())
    source = {word for pair in corpus.train for word in pair.source.split()}
    target = {word for pair in corpus.train for word in pair.target.split()}
    return f"{output}: {counts} pairs; {len(source)} English and {len(target)} German words"


if __name__ == "__main__":
    sys.exit(main())
