"""Sentences as x-recordio-protobuf and back, with the current model's vocabularies."""

from collections.abc import Mapping, Sequence
from io import BytesIO

from client.failures import ClientError
from protocol import recordio
from protocol.vocabulary import BOS_ID, EOS_ID, PAD_ID, SPECIAL_SYMBOLS, UNK_ID, tokens_by_id

_SILENT_IDS = {PAD_ID, BOS_ID, EOS_ID}


def encode(sentences: Sequence[str], vocabulary: Mapping[str, int]) -> bytes:
    """One record a sentence, its words split at white space."""
    stream = BytesIO()
    for sentence in sentences:
        ids = [_id(word, vocabulary) for word in sentence.split()]
        recordio.write_frame(stream, recordio.encode_record(ids, []))
    return stream.getvalue()


def decode(body: bytes, vocabulary: Mapping[str, int]) -> list[tuple[str, bool]]:
    """The target sentences in the order of the records, and whether each was cut.

    Raises:
        ClientError: the bytes are no records, or an id is not in the vocabulary.
    """
    words = dict(enumerate(tokens_by_id(vocabulary)))
    try:
        records = [recordio.decode_record(frame) for frame in recordio.read_frames(BytesIO(body))]
        return [(_sentence(record.target, words), record.is_truncated) for record in records]
    except recordio.RecordIOError as error:
        raise ClientError(f"the service's answer is not recordio-protobuf: {error}") from error
    except KeyError as error:
        raise ClientError("the answer has ids that the target vocabulary lacks") from error


def _sentence(ids: Sequence[int], words: Mapping[int, str]) -> str:
    return " ".join(words[i] for i in ids if i not in _SILENT_IDS)


def _id(word: str, vocabulary: Mapping[str, int]) -> int:
    """A special symbol that the user typed is a word like any other, and unknown."""
    return UNK_ID if word in SPECIAL_SYMBOLS else vocabulary.get(word, UNK_ID)
