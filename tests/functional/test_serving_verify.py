import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from nmt.translator import Hypothesis, SearchOptions, Translator
from protocol.artifacts import ModelManifest
from protocol.vocabulary import load_vocabulary, save_vocabulary
from serving import verify
from tests.copying_model import SAMPLE_SOURCES, build_subword_model, build_word_model

REPOSITORY = Path(__file__).parents[2]


def pack(model: Path, root: Path) -> None:
    archive = root / "processing" / "input" / "model" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as content:
        for path in sorted(model.iterdir()):
            content.add(path, path.name)


def description(root: Path) -> Path:
    return root / "processing" / "output" / "description"


def failure(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert verify.main({"SAGEMAKER_ROOT": str(root)}) == 1
    assert not (description(root) / "verification.json").exists()
    message = (root / "output" / "message").read_text()
    assert message in capsys.readouterr().err
    assert "\n" not in message
    return message


def test_a_good_candidate_is_described(tmp_path: Path) -> None:
    model = build_word_model(tmp_path / "model")
    pack(model, tmp_path)
    assert verify.main({"SAGEMAKER_ROOT": str(tmp_path)}) == 0
    written = description(tmp_path)
    assert sorted(path.name for path in written.iterdir()) == [
        "manifest.json",
        "verification.json",
        "vocab.src.json",
        "vocab.trg.json",
    ]
    for name in ("manifest.json", "vocab.src.json", "vocab.trg.json"):
        assert (written / name).read_bytes() == (model / name).read_bytes()
    assert json.loads((written / "verification.json").read_text()) == {
        "sentences": [
            {"source": "you are so good !", "target": "du bist so gut !"},
            {"source": "this is so cool", "target": "das ist so kühl"},
            {"source": "you are cool", "target": "du bist kühl"},
        ]
    }
    assert not (tmp_path / "output" / "message").exists()


def test_runs_as_the_processing_job_runs_it(tmp_path: Path) -> None:
    pack(build_subword_model(tmp_path / "model", ["grüne Bäume im Wald"]), tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "serving.verify"],
        cwd=tmp_path,
        env={**os.environ, "SAGEMAKER_ROOT": str(tmp_path), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = json.loads((description(tmp_path) / "verification.json").read_text())
    sentence = {"source": "grüne Bäume im Wald", "target": "grüne Bäume im Wald"}
    assert written == {"sentences": [sentence]}


def test_a_missing_archive_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "one .tar.gz is needed, such as model.tar.gz; found none" in failure(tmp_path, capsys)


def test_a_pretrained_archive_keeps_its_owners_name(tmp_path: Path) -> None:
    pack(build_word_model(tmp_path / "model"), tmp_path)
    folder = tmp_path / "processing" / "input" / "model"
    (folder / "model.tar.gz").rename(folder / "news-2026.tar.gz")

    assert verify.main({"SAGEMAKER_ROOT": str(tmp_path)}) == 0
    assert (description(tmp_path) / "verification.json").exists()


def test_two_archives_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack(build_word_model(tmp_path / "model"), tmp_path)
    folder = tmp_path / "processing" / "input" / "model"
    (folder / "old.tar.gz").write_bytes(b"")

    assert "found model.tar.gz, old.tar.gz" in failure(tmp_path, capsys)


def test_a_file_that_is_no_archive_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "processing" / "input" / "model" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"not a gzip file")
    assert "model.tar.gz cannot be unpacked: not a gzip file" in failure(tmp_path, capsys)


def test_an_archive_that_is_cut_short_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack(build_word_model(tmp_path / "model"), tmp_path)
    archive = tmp_path / "processing" / "input" / "model" / "model.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-500])
    assert "model.tar.gz cannot be unpacked" in failure(tmp_path, capsys)


def test_an_archive_that_points_outside_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "processing" / "input" / "model" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as content:
        member = tarfile.TarInfo("../outside.txt")
        member.size = 4
        content.addfile(member, io.BytesIO(b"evil"))
    assert "cannot be unpacked" in failure(tmp_path, capsys)


def _swap_two_words(model: Path) -> None:
    vocabulary = load_vocabulary(model / "vocab.trg.json")
    tokens = list(vocabulary)
    tokens[4], tokens[5] = tokens[5], tokens[4]
    save_vocabulary(model / "vocab.trg.json", {token: i for i, token in enumerate(tokens)})


def _claim_subwords(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    (model / "manifest.json").write_text(json.dumps({**manifest, "subwords": True}))


def _claim_a_larger_vocabulary(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    ModelManifest(**{**manifest, "source_vocabulary_size": 99}).save(model / "manifest.json")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda model: (model / "manifest.json").unlink(), "manifest.json: cannot be read"),
        (lambda model: (model / "vocab.src.json").write_text("{"), "vocab.src.json: not a JSON"),
        (lambda model: (model / "samples.json").unlink(), "samples.json: cannot be read"),
        (lambda model: (model / "samples.json").write_text("[]"), "samples.json: holds no sent"),
        (lambda model: (model / "samples.json").write_text('["a"]'), "samples.json: must be a"),
        (
            lambda model: (model / "ctranslate2" / "model.bin").write_bytes(b"\0" * 100),
            "ctranslate2: CTranslate2 cannot load it",
        ),
        (
            lambda model: (model / "ctranslate2" / "source_vocabulary.json").unlink(),
            "ctranslate2",
        ),
        (_swap_two_words, "vocab.trg.json does not list the tokens of ctranslate2 in their order"),
        (_claim_subwords, "subwords: true, but subwords.json is missing"),
        (_claim_a_larger_vocabulary, "vocab.src.json has 13 entries, manifest.json says 99"),
    ],
)
def test_a_damaged_part_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[Path], Any],
    message: str,
) -> None:
    model = build_word_model(tmp_path / "model")
    damage(model)
    pack(model, tmp_path)
    assert message in failure(tmp_path, capsys)


def test_an_empty_translation_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = build_word_model(tmp_path / "model", samples=("you are cool", "nothing"))
    pack(model, tmp_path)
    assert "translation of 'nothing' is empty" in failure(tmp_path, capsys)


def _without_last(hypothesis: Hypothesis) -> Hypothesis:
    """What a search with attention gives is a piece shorter."""
    if hypothesis.attention is None:
        return hypothesis
    return Hypothesis(hypothesis.pieces[:-1], hypothesis.attention[:-1])


def test_answers_that_disagree_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Translator.search

    def forgetful(
        self: Translator, sources: Sequence[Sequence[str]], options: SearchOptions, **others: Any
    ) -> list[list[Hypothesis]]:
        found = search(self, sources, options, **others)
        return [[_without_last(hypothesis) for hypothesis in hypotheses] for hypotheses in found]

    monkeypatch.setattr(Translator, "search", forgetful)
    pack(build_word_model(tmp_path / "model"), tmp_path)
    message = failure(tmp_path, capsys)
    assert message == (
        "'you are so good !' is translated as 'du bist so gut !', "
        "but with attention as 'du bist so gut'"
    )


def test_a_failure_of_the_engine_is_a_reason_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = ("you are cool", "you " * 100)
    pack(build_word_model(tmp_path / "model", samples=samples), tmp_path)
    assert failure(tmp_path, capsys).startswith("RuntimeError: No position encodings")


def test_a_long_reason_is_cut_to_a_kilobyte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = ("you " * 5000,)
    pack(build_word_model(tmp_path / "model", samples=samples), tmp_path)
    assert len(failure(tmp_path, capsys)) <= 1024


def test_samples_are_few_distinct_and_of_common_length() -> None:
    chosen = verify.choose_samples(
        ["a", "x " * 20, "one two three", " one  two three", "four five six seven", "b", "", "c d"]
    )
    assert chosen == ["one two three", "four five six seven", "a", "b", "c d"]
    assert verify.choose_samples(SAMPLE_SOURCES) == list(SAMPLE_SOURCES)
