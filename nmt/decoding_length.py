"""How long a hypothesis may grow where nobody says so."""

PIECES_PER_SOURCE_PIECE = 2
FURTHER_PIECES = 10
MAX_DECODING_LENGTH = 1024
"""Of an endpoint that is not told otherwise."""


def decoding_length(num_source_pieces: int, *, usual: int, limit: int) -> int:
    """Enough for a source of that many pieces; it depends on nothing beside the source.

    There are few different lengths, so that sentences can share calls, which have one for all.

    Args:
        num_source_pieces: of one sentence.
        usual: the model's own length, which is doubled until it is enough.
        limit: of the endpoint or the model.
    """
    needed = min(limit, PIECES_PER_SOURCE_PIECE * num_source_pieces + FURTHER_PIECES)
    length = max(usual, 1)
    while length < needed:
        length *= 2
    return min(length, limit)
