"""`python -m serving.verify`: a candidate's smoke test, answered by the serving code itself.

Reads the candidate's archive and writes what promotion needs to know of it: manifest,
vocabularies, and its translations of a few sentences.
"""

import asyncio
import dataclasses
import io
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from protocol import recordio
from protocol.artifacts import (
    MANIFEST,
    SOURCE_VOCABULARY,
    TARGET_VOCABULARY,
    VERIFICATION,
)
from protocol.exit_message import fail
from protocol.model_archive import unpack_only_archive
from protocol.translation import JSON_CONTENT_TYPE
from protocol.verification import MAX_SENTENCES, Verification
from protocol.vocabulary import UNK_ID, tokens_by_id
from serving.endpoint import Endpoint, load_tried_model
from serving.http_messages import HttpRequest, HttpResponse
from serving.model import ServedModel
from serving.settings import ServingSettings, SettingsError

COMMON_LENGTHS = range(3, 13)
"""Words of the sentences that are tried first: long enough to say something, and quick."""
ROW_SUM_TOLERANCE = 1e-6
READY_TRIES = 600
READY_PAUSE_SECONDS = 0.1
STOP_SECONDS = 5

logger = logging.getLogger("serving.verify")


class VerificationError(ValueError):
    """The candidate must not be promoted; the message says why."""


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Verify the candidate; 0 when it may be promoted, 1 with the reason in `output/message`."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        settings = ServingSettings.from_environment(environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        verify(settings)
    except Exception as error:
        expected = isinstance(error, ValueError)
        if not expected:
            logger.exception("the verification itself failed")
        reason = str(error) if expected else f"{type(error).__name__}: {error}"
        return fail(settings.root, reason)
    return 0


def verify(settings: ServingSettings) -> None:
    """Check the candidate under the root folder and write its description.

    Raises:
        ValueError: the archive, the model or its answers are not as they must be.
    """
    processing = settings.root / "processing"
    with tempfile.TemporaryDirectory() as scratch:
        unpacked = dataclasses.replace(settings, root=Path(scratch))
        unpack_only_archive(processing / "input" / "model", unpacked.model_folder)
        model = load_tried_model(unpacked)
        sources = choose_samples(model.samples)
        targets = asyncio.run(_answers(unpacked, model, sources))
        verification = Verification.of(sources, targets)
        _describe(unpacked.model_folder, verification, processing / "output" / "description")
    logger.info("verified with %d sentences", len(sources))


def choose_samples(samples: Sequence[str]) -> list[str]:
    """Up to five distinct sentences, those of a common length first, then the shortest."""
    distinct = list(dict.fromkeys(" ".join(sample.split()) for sample in samples))

    def rank(sentence: str) -> tuple[bool, int]:
        num_words = len(sentence.split())
        common = num_words in COMMON_LENGTHS
        return (not common, 0 if common else num_words)

    return sorted(filter(None, distinct), key=rank)[:MAX_SENTENCES]


async def _answers(
    settings: ServingSettings, model: ServedModel, sources: Sequence[str]
) -> list[str]:
    """The translations, once all three forms of asking for them have given the same."""
    endpoint = Endpoint(settings, load=lambda _settings: model)
    endpoint.start()
    try:
        await _until_ready(endpoint)
        plain = await _json_predictions(endpoint, sources, attention=False)
        attentive = await _json_predictions(endpoint, sources, attention=True)
        ids = await _record_targets(endpoint, model, sources)
    finally:
        await endpoint.stop(STOP_SECONDS)
    targets = [str(prediction["target"]) for prediction in plain]
    _compare("attention", sources, targets, [str(found["target"]) for found in attentive])
    _compare("protobuf", sources, targets, _texts(model, ids))
    for source, found in zip(sources, attentive, strict=True):
        _check_matrix(source, str(found["target"]), found["matrix"])
    return targets


async def _call(endpoint: Endpoint, request: HttpRequest) -> HttpResponse:
    answer: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()
    endpoint.handle(request, answer.set_result)
    return await answer


async def _until_ready(endpoint: Endpoint) -> None:
    for _ in range(READY_TRIES):
        if (await _call(endpoint, HttpRequest("GET", "/ping"))).status == 200:
            return
        await asyncio.sleep(READY_PAUSE_SECONDS)
    raise VerificationError("the serving process did not become ready")


async def _json_predictions(
    endpoint: Endpoint, sources: Sequence[str], *, attention: bool
) -> list[dict[str, Any]]:
    configuration = {"attention_matrix": str(attention).lower()}
    instances = [{"data": source, "configuration": configuration} for source in sources]
    body = json.dumps({"instances": instances}).encode()
    answer = await _invoke(endpoint, JSON_CONTENT_TYPE, body)
    predictions: list[dict[str, Any]] = json.loads(answer)["predictions"]
    return predictions


async def _record_targets(
    endpoint: Endpoint, model: ServedModel, sources: Sequence[str]
) -> list[tuple[int, ...]]:
    stream = io.BytesIO()
    for source in sources:
        pieces = model.tokenizer.segment(source).pieces
        ids = [model.source_vocabulary.get(piece, UNK_ID) for piece in pieces]
        recordio.write_frame(stream, recordio.encode_record(ids, ()))
    answer = await _invoke(endpoint, recordio.CONTENT_TYPE, stream.getvalue())
    frames = recordio.read_frames(io.BytesIO(answer))
    return [recordio.decode_record(payload).target for payload in frames]


async def _invoke(endpoint: Endpoint, content_type: str, body: bytes) -> bytes:
    answer = await _call(endpoint, HttpRequest("POST", "/invocations", content_type, "", body))
    if answer.failure is not None:
        raise answer.failure
    if answer.status != 200:
        text = answer.body.decode("utf-8", "replace")
        raise VerificationError(f"{content_type}: the candidate answered {answer.status}: {text}")
    return answer.body


def _texts(model: ServedModel, targets: Sequence[Sequence[int]]) -> list[str]:
    pieces = tokens_by_id(model.target_vocabulary)
    return [model.tokenizer.assemble([pieces[i] for i in ids]).text for ids in targets]


def _compare(
    form: str, sources: Sequence[str], expected: Sequence[str], found: Sequence[str]
) -> None:
    if len(found) != len(expected):
        raise VerificationError(f"{form}: {len(found)} answers to {len(expected)} sentences")
    for source, one, other in zip(sources, expected, found, strict=True):
        if one != other:
            raise VerificationError(
                f"{source!r} is translated as {one!r}, but with {form} as {other!r}"
            )


def _check_matrix(source: str, target: str, matrix: Sequence[Sequence[float]]) -> None:
    shape = [len(row) for row in matrix]
    if shape != [len(source.split())] * len(target.split()):
        raise VerificationError(
            f"{source!r}: the attention matrix has rows of {shape} numbers "
            f"for {len(target.split())} target and {len(source.split())} source words"
        )
    if any(abs(sum(row) - 1) > ROW_SUM_TOLERANCE for row in matrix):
        raise VerificationError(f"{source!r}: a row of the attention matrix does not sum to 1")


def _describe(model_folder: Path, verification: Verification, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, SOURCE_VOCABULARY, TARGET_VOCABULARY):
        partial = folder / f"{name}.partial"
        shutil.copyfile(model_folder / name, partial)
        partial.replace(folder / name)
    verification.save(folder / VERIFICATION)


if __name__ == "__main__":
    sys.exit(main())
