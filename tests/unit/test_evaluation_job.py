"""The evaluation job as SageMaker runs it, with models that write what they read."""

import json
import re
import tarfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from evaluation.job import main
from protocol.artifacts import LEARNING_CURVE
from tests.copying_model import LEXICON, build_word_model

PAIRS = [
    ("you are so good !", "du bist so gut !"),
    ("this is so cool", "das ist so kühl"),
    ("you are cool", "du bist kühl"),
    ("this is good", "das ist gut"),
    ("is this <so> cool ?", "ist das <so> kühl ?"),
] * 12
WORSE = {**LEXICON, "are": "ist", "is": "bist", "so": "kühl"}
CURVE = {
    "training": [{"step": 100, "loss": 3.5, "learning_rate": 0.1}],
    "validation": [
        {"step": 100, "perplexity": 9.5, "accuracy": 0.4, "bleu": None, "improved": True},
        {"step": 200, "perplexity": float("nan"), "accuracy": 0.5, "bleu": 20.5, "improved": True},
    ],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A job's folders with a test set and a candidate that knows it."""
    folder = tmp_path / "ml" / "processing" / "input" / "test"
    folder.mkdir(parents=True)
    for place, name in enumerate(("source.txt", "target.txt")):
        (folder / name).write_text("".join(f"{pair[place]}\n" for pair in PAIRS), encoding="utf-8")
    pack(tmp_path / "good", tmp_path / "ml", "candidate", LEXICON)
    return tmp_path / "ml"


def pack(folder: Path, root: Path, role: str, lexicon: dict[str, str]) -> None:
    model = build_word_model(folder, lexicon)
    (model / LEARNING_CURVE).write_text(json.dumps(CURVE))
    archive = root / "processing" / "input" / role / "model.tar.gz"
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz", compresslevel=1) as content:
        content.add(model, arcname=".")


def run(root: Path, *options: str, test_set: str = "validation", baseline: str = "none") -> int:
    named = ["--execution", "executions/e1", "--test-set", test_set, "--baseline", baseline]
    return main([*named, *options], {"SAGEMAKER_ROOT": str(root)})


def written(root: Path) -> dict[str, Any]:
    path = root / "processing" / "output" / "evaluation" / "evaluation.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    return found


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def message(root: Path) -> str:
    return (root / "output" / "message").read_text(encoding="utf-8")


def test_a_first_model_is_scored_and_accepted(root: Path) -> None:
    assert run(root) == 0
    found = written(root)
    assert found["verdict"]["promote"] is True
    bleu = found["candidate"]["bleu"]
    reason = f"BLEU {bleu:.2f}; not compared with a served model: there is none yet"
    assert found["verdict"]["reason"] == reason
    assert 50 < bleu < 100
    assert found["candidate"]["chrf"] > 60
    assert found["candidate"]["length_ratio"] == pytest.approx(1, abs=0.2)
    assert found["candidate"]["unknown_source_share"] == pytest.approx(2 / 20)
    assert found["signatures"]["bleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|")
    assert found["signatures"]["chrf"].startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|")
    assert (found["served"], found["served_model"]) == (None, None)
    assert found["test_set"]["origin"] == "validation"
    assert found["test_set"]["num_sentences"] == len(PAIRS)
    assert found["by_length"][0]["words"] == "1 to 10"
    assert found["model"]["training_job"] == "copying-model"
    assert found["learning_curve"]["validation perplexity"] == [[100.0, 9.5]]


def test_every_translation_is_written_and_some_are_shown(root: Path) -> None:
    pack(root.parent / "other", root, "served", WORSE)
    assert run(root, baseline="served") == 0
    folder = root / "processing" / "output" / "evaluation"
    lines = (folder / "translations.jsonl").read_text(encoding="utf-8").splitlines()
    translations = [json.loads(line) for line in lines]
    assert [line["source"] for line in translations] == [source for source, _ in PAIRS]
    assert translations[1]["candidate"] == translations[1]["reference"]
    assert translations[1]["served"] == "das bist kühl kühl"
    found = written(root)
    assert len(found["samples"]) == len(found["worst"]) == 10
    assert {sentence["source"] for sentence in found["worst"]} == {"is this <so> cool ?"}


def test_a_better_candidate_is_accepted_over_the_served_model(root: Path) -> None:
    pack(root.parent / "other", root, "served", WORSE)
    assert run(root, baseline="served") == 0
    found = written(root)
    assert found["verdict"]["promote"] is True
    assert "above the served model's" in found["verdict"]["reason"]
    assert found["comparison"]["bleu_difference"] > 10
    assert found["served_model"]["training_job"] == "copying-model"


def test_a_worse_candidate_is_refused_with_the_numbers(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "processing" / "input" / "candidate").rename(root / "processing" / "input" / "served")
    pack(root.parent / "other", root, "candidate", WORSE)
    assert run(root, baseline="served") == 0
    found = written(root)
    verdict = found["verdict"]
    assert verdict["promote"] is False
    candidate, served = found["candidate"]["bleu"], found["served"]["bleu"]
    assert verdict["reason"].startswith(
        f"BLEU {candidate:.2f} is {served - candidate:.2f} below the served model's {served:.2f}, "
        "more than gate_max_loss (0.5), and that is no chance (p = 0.001, paired bootstrap of"
    )
    assert found["comparison"]["num_resamples"] == 1000
    assert "bs:1000|seed:12345" in found["comparison"]["signature"]
    assert f"refused: {verdict['reason']}" in capsys.readouterr().out


def test_the_floor_holds_without_a_served_model(root: Path) -> None:
    assert run(root, "--gate-min-bleu", "99.5") == 0
    verdict = written(root)["verdict"]
    assert verdict["promote"] is False
    assert verdict["reason"].endswith("is below gate_min_bleu (99.5)")


@pytest.mark.parametrize(
    ("baseline", "told"),
    [("same", "this is the one"), ("other-engine", "engine builtin"), ("forced", "force was")],
)
def test_why_nothing_is_compared_is_told(root: Path, baseline: str, told: str) -> None:
    assert run(root, baseline=baseline) == 0
    found = written(root)
    assert told in found["verdict"]["reason"]
    assert told in found["comparison"]["not_compared"]


def test_without_a_test_set_nothing_is_judged(root: Path) -> None:
    assert run(root, test_set="none") == 0
    found = written(root)
    assert found["verdict"]["promote"] is True
    assert found["verdict"]["reason"].startswith("not judged: the model was given without a test")
    assert "candidate" not in found
    assert found["model"]["training_job"] == "copying-model"


def test_a_floor_that_nothing_can_be_measured_against_refuses_and_says_what_to_give(
    root: Path,
) -> None:
    assert run(root, "--gate-min-bleu", "12.5", test_set="none") == 0
    verdict = written(root)["verdict"]
    assert verdict["promote"] is False
    assert verdict["reason"].startswith("not judged: the model was given without a test set")
    assert verdict["reason"].endswith(
        "whether it reaches gate_min_bleu (12.5) is unknown; give corpus.test_source and "
        'corpus.test_target, or "force": true'
    )


def test_a_served_model_that_cannot_be_used_refuses_and_says_how_to_go_on(root: Path) -> None:
    archive = root / "processing" / "input" / "served" / "old.tar.gz"
    archive.parent.mkdir()
    archive.write_bytes(b"no archive")
    assert run(root, baseline="served") == 0
    verdict = written(root)["verdict"]
    assert verdict["promote"] is False
    assert "old.tar.gz cannot be unpacked" in verdict["reason"]
    assert '"force" skips it' in verdict["reason"]


class Page(HTMLParser):
    """What a browser would have to fetch, and the tags that are open."""

    VOID = ("meta", "br", "rect", "polyline")

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.kinds: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.kinds.add(tag)
        self.fetched += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.kinds.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def test_the_report_stands_alone_and_escapes_what_people_wrote(root: Path) -> None:
    pack(root.parent / "other", root, "served", WORSE)
    assert run(root, baseline="served") == 0
    text = (root / "processing" / "output" / "evaluation" / "report.html").read_text("utf-8")
    page = Page()
    page.feed(text)
    assert (page.open, page.fetched) == ([], [])
    assert not re.search(r"https?://|url\(|@import", text)
    assert {"svg", "polyline", "table", "style"} <= page.kinds
    assert "is this &lt;so&gt; cool ?" in text
    assert "<so>" not in text
    assert "validation BLEU" in text
    for kind in ("candidate", "served"):
        assert re.search(rf'<rect class="{kind}" x="[\d.]+"', text)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("test/target.txt", b"eins\nzwei\n", "source.txt has 60 lines but target.txt 2"),
        ("test/target.txt", b"\xff\n", "target.txt: not UTF-8"),
        ("test/source.txt", None, "source.txt: cannot be read: No such file or directory"),
        ("candidate/model.tar.gz", b"x", "model.tar.gz cannot be unpacked: not a gzip file"),
        (
            "candidate/model.tar.gz",
            None,
            "candidate: one .tar.gz is needed, such as model.tar.gz; found none",
        ),
    ],
)
def test_what_cannot_be_used_is_the_exit_message(
    root: Path, name: str, content: bytes | None, reason: str
) -> None:
    path = root / "processing" / "input" / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    assert run(root) == 1
    assert message(root).startswith(reason)
    assert not (root / "processing" / "output" / "evaluation" / "evaluation.json").exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--gate-min-bleu", "101"], "argument --gate-min-bleu: must be a number from 0 to 100"),
        (["--gate-max-loss", "nan"], "argument --gate-max-loss: must be a number from 0 to 100"),
        (["--gate-max-loss-by-chance", "-1"], "argument --gate-max-loss-by-chance: must be a num"),
        (["--test-set", "tset"], "argument --test-set: invalid"),
        (["--unknown"], "unrecognized arguments: --unknown"),
    ],
)
def test_wrong_arguments_are_the_exit_message(root: Path, options: list[str], reason: str) -> None:
    assert run(root, *options) == 1
    assert message(root).startswith(reason)


def test_a_defect_of_ours_reaches_the_exit_message_too(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.job.evaluate", lambda *_: 1 / 0)
    assert run(root) == 1
    assert message(root) == "ZeroDivisionError: division by zero"
