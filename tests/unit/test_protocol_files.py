import dataclasses
import json
from pathlib import Path

import pytest

from protocol.artifacts import ManifestError, ModelManifest
from protocol.verification import Verification
from protocol.vocabulary import VocabularyError, load_vocabulary, save_vocabulary, tokens_by_id

SPECIALS = {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3}
MANIFEST = ModelManifest(
    source_language="en",
    target_language="de",
    training_job="translation-1",
    created_at="2026-01-02T03:04:05+00:00",
    metrics={"validation:bleu": 12.5},
    hyperparameters={"batch_size": "64"},
    num_parameters=10,
    source_vocabulary_size=6,
    target_vocabulary_size=7,
    max_source_length=60,
    max_decoding_length=60,
    beam_size=5,
)


def test_vocabularies_are_written_as_the_walk_through_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "vocab.src.json"

    save_vocabulary(path, SPECIALS | {"schön": 4})

    assert path.read_text(encoding="utf-8").splitlines()[5] == '    "schön": 4'
    assert tokens_by_id(load_vocabulary(path)) == ["<pad>", "<unk>", "<s>", "</s>", "schön"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "a JSON object from token to integer id"),
        ("{", "not a JSON vocabulary"),
        ('{"<pad>": "0"}', "a JSON object from token to integer id"),
        (json.dumps(SPECIALS | {"a": 5}), "ids must be 0 to 4, each used once"),
        ('{"a": 0, "b": 1, "c": 2, "d": 3}', "ids 0 to 3 must be <pad> <unk> <s> </s>"),
    ],
)
def test_an_unusable_vocabulary_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "vocab.trg.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(VocabularyError, match=message) as error:
        load_vocabulary(path)
    assert str(path) in str(error.value)


def test_a_missing_vocabulary_is_named(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="absent.json: cannot be read: No such file"):
        load_vocabulary(tmp_path / "absent.json")


def test_a_manifest_survives_a_round_trip(tmp_path: Path) -> None:
    MANIFEST.save(tmp_path / "manifest.json")

    assert ModelManifest.load(tmp_path / "manifest.json") == MANIFEST


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 2}, "format version 2, this service reads 1"),
        ({"colour": "blue"}, "unknown keys colour"),
        ({"beam_size": ...}, "beam_size"),
    ],
)
def test_an_unusable_manifest_is_named(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    content = dataclasses.asdict(MANIFEST) | change
    content = {key: value for key, value in content.items() if value is not ...}
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ManifestError, match=message):
        ModelManifest.load(path)


def test_a_verification_is_never_empty() -> None:
    with pytest.raises(ValueError, match="1 to 5 sentences, not 0"):
        Verification.of([], [])
    with pytest.raises(ValueError, match="the candidate's translation of 'hello' is empty"):
        Verification.of(["hello"], [" "])


def test_a_verification_is_written_for_the_state_machine(tmp_path: Path) -> None:
    path = tmp_path / "verification.json"

    Verification.of(["hello"], ["hallo"]).save(path)

    assert json.loads(path.read_text(encoding="utf-8")) == {
        "sentences": [{"source": "hello", "target": "hallo"}]
    }
