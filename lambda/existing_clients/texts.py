"""Texts of several lines through a model of sentences, with their lines as they were."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from existing_clients.adapter import Translate


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What is translated, between the white space that stays."""

    start: str
    sentence: str
    end: str

    @classmethod
    def of(cls, text: str) -> "Line":
        sentence = text.strip()
        start = text[: len(text) - len(text.lstrip())] if sentence else text
        end = text[len(text.rstrip()) :] if sentence else ""
        return cls(start=start, sentence=sentence, end=end)


def translate_texts(
    texts: Sequence[str],
    translate: Translate,
    configuration: Mapping[str, Any],
    *,
    by_line: bool = True,
) -> list[tuple[str, ...]]:
    """The hypotheses for each text, best first; all texts go out as instances of one request.

    Args:
        texts: in any number; empty lines stay and are not sent.
        translate: gets one instance for each line.
        configuration: of every instance.
        by_line: whether each line is an instance of its own; otherwise each text is.

    Raises:
        RequestError: the service refused or failed.
    """
    layouts = [_lines(text, by_line=by_line) for text in texts]
    sentences = [line.sentence for lines in layouts for line in lines if line.sentence]
    instances = [{"data": sentence, "configuration": configuration} for sentence in sentences]
    predictions = translate(instances) if instances else []
    if len(predictions) != len(instances):
        raise ValueError(f"{len(instances)} instances, but {len(predictions)} predictions")
    remaining = iter([_hypotheses(prediction) for prediction in predictions])
    return [_joined(lines, remaining) for lines in layouts]


def _lines(text: str, *, by_line: bool) -> list[Line]:
    return [Line.of(part) for part in (text.splitlines(keepends=True) if by_line else [text])]


def _hypotheses(prediction: Mapping[str, Any]) -> list[str]:
    others = prediction.get("alternatives", [])
    return [str(prediction["target"]), *(str(other["target"]) for other in others)]


def _joined(lines: Sequence[Line], remaining: Iterator[list[str]]) -> tuple[str, ...]:
    """The whole text in each line's best hypothesis, then in each line's second, and so on.

    A line with fewer hypotheses than another takes part with its best.
    """
    choices = [next(remaining) if line.sentence else [""] for line in lines]
    count = max(map(len, choices), default=1)
    return tuple(
        "".join(
            f"{line.start}{choice[index] if index < len(choice) else choice[0]}{line.end}"
            for line, choice in zip(lines, choices, strict=True)
        )
        for index in range(count)
    )
