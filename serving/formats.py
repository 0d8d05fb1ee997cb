"""What a wire format has to do: sentences out of a body, and an answer out of hypotheses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nmt.translator import Hypothesis
from protocol.translation import ErrorCode, Instance, Prediction, RequestError
from serving.model import ServedModel
from serving.sentences import Sentence, SentenceReader

Found = Sequence[Sequence[Sequence[Hypothesis]]]
"""Of each sentence, of each of its parts, the hypotheses, best first."""


@dataclass(frozen=True, slots=True)
class Served:
    """The model that is served, and how its sentences are read."""

    model: ServedModel
    reader: SentenceReader
    max_instances: int


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format; both functions may run in any thread."""

    content_type: str
    read: Callable[[Served, bytes], list[Sentence]]
    """Raises RequestError, which names the place."""
    write: Callable[[Served, Sequence[Sentence], Found], bytes]


def read_each(
    served: Served, instances: Sequence[Instance], place: Callable[[int], str]
) -> list[Sentence]:
    """Check and cut all instances.

    Raises:
        RequestError: there are too many, or one asks for too much; then `place` names it.
    """
    check_number(served, len(instances))
    sentences: list[Sentence] = []
    for index, instance in enumerate(instances):
        try:
            sentences.append(served.reader.read(instance))
        except RequestError as error:
            raise RequestError(f"{place(index)}: {error.message}", error.code) from error
    check_number(served, sum(len(sentence.parts) for sentence in sentences))
    return sentences


def check_number(served: Served, number: int) -> None:
    """Refuse more sentences than one request may hold.

    Raises:
        RequestError: `too_large`.
    """
    if number > served.max_instances:
        raise RequestError(
            f"the request holds {number} sentences; at most {served.max_instances} are taken",
            ErrorCode.TOO_LARGE,
        )


def predictions(served: Served, sentences: Sequence[Sentence], found: Found) -> list[Prediction]:
    """What callers of the textual formats get."""
    return [
        served.model.prediction(sentence, parts)
        for sentence, parts in zip(sentences, found, strict=True)
    ]
