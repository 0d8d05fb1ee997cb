"""What the serving application's answers must be like."""

import io
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.fuzz.cases import Case, Target
from benchmarks.fuzz.verdicts import (
    Answer,
    check_headers,
    check_refusal,
    expect,
    expect_no_server_error,
    parsed,
)
from protocol import recordio
from protocol.translation import JSON_CONTENT_TYPE
from tests.copying_model import LEXICON

PROVOKED = {Target.STARVED: (503, 504)}
TARGET_OF: Mapping[Target, Callable[[str], str]] = {
    Target.WORDS: lambda source: " ".join(LEXICON[word] for word in source.split()),
    Target.SUBWORDS: lambda source: source,
}
"""What the models make of a sentence that they know."""
MAX_SURE_BEAM_SIZE = 2
"""With a larger one these models, whose probabilities are flat, may end a sentence early."""


def check(case: Case, answer: Answer) -> None:
    """Check an answer of the endpoint.

    Raises:
        ViolationError: it is not as it must be.
    """
    check_headers(answer)
    expect_no_server_error(answer, PROVOKED.get(case.target, ()))
    if answer.status >= 400 and not case.is_head:
        check_refusal(answer)
    if case.num_sentences is not None:
        expect(answer.status == 200, f"a good request is answered {answer.status}: {answer.body!r}")
        _check_predictions(case, answer)


def _check_predictions(case: Case, answer: Answer) -> None:
    """Whether there is an answer to every sentence, and each of it to its own."""
    kind = answer.headers["content-type"]
    if kind == recordio.CONTENT_TYPE:
        frames = list(recordio.read_frames(io.BytesIO(answer.body)))
        number = sum(1 for _ in map(recordio.decode_record, frames))
    else:
        found = _predictions(kind, answer.body)
        number = len(found)
        _check_known(case, found)
    expect(number == case.num_sentences, f"{number} answers to {case.num_sentences} sentences")


def _predictions(kind: str, body: bytes) -> list[dict[str, Any]]:
    if kind == JSON_CONTENT_TYPE:
        return list(parsed(body)["predictions"])
    return [dict(parsed(line)) for line in body.splitlines()]


def _check_known(case: Case, found: list[dict[str, Any]]) -> None:
    for (source, asked), prediction in zip(case.sentences, found, strict=True):
        if int(asked.get("beam_size", 1)) <= MAX_SURE_BEAM_SIZE:
            expected = TARGET_OF[case.target](source)
            expect(prediction["target"] == expected, f"{source!r} became {prediction['target']!r}")
        _check_extras(source, asked, prediction)


def _check_extras(source: str, asked: Mapping[str, Any], prediction: Mapping[str, Any]) -> None:
    """Whether what was asked for is there, in its shape, and nothing else."""
    wants = {key: str(value).lower() for key, value in asked.items()}
    num_alternatives = int(wants.get("alternatives", 1)) - 1
    expected = {
        "target",
        *(["matrix"] if wants.get("attention_matrix") == "true" else []),
        *(["score"] if wants.get("scores") == "true" else []),
        *(["alternatives"] if num_alternatives else []),
    }
    expect(prediction.keys() == expected, f"{asked} is answered with {sorted(prediction)}")
    if "matrix" in expected:
        shape = [len(row) for row in prediction["matrix"]]
        words = len(prediction["target"].split())
        expect(shape == [len(source.split())] * words, f"a matrix with rows of {shape}")
        sums = [sum(row) for row in prediction["matrix"]]
        expect(all(abs(total - 1) < 1e-3 for total in sums), f"rows of the matrix sum to {sums}")
    others = prediction.get("alternatives", [])
    expect(len(others) == num_alternatives, f"{len(others)} alternatives to {asked}")
