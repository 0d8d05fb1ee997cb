"""The walk-through's `create_vocab_proto.py`: same flags, same files."""

import sys
from collections.abc import Sequence

from preprocessing.arguments import script_settings
from preprocessing.errors import PreprocessingError, reason_in_one_line
from preprocessing.pipeline import run
from protocol.vocabulary import VocabularyError


def main(arguments: Sequence[str]) -> int:
    """Run once; an error is one line on standard error and leaves no output behind."""
    try:
        print(run(script_settings(arguments)))
    except (PreprocessingError, VocabularyError, OSError) as error:
        print(f"error: {reason_in_one_line(error)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
