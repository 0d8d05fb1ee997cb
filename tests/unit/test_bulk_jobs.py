"""From lines to shards, and from answers to lines, with the model in between a dictionary."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk import lines
from bulk.errors import BulkError
from bulk.join import JoinSettings, join
from bulk.lines import JsonLinesForm, Kind, Line, TextForm, read_lines
from bulk.objects import ObjectStore
from bulk.split import SplitSettings, split
from protocol.recordio import decode_record, encode_record, read_frames, write_frame
from protocol.vocabulary import SPECIAL_SYMBOLS
from tests.copying_model import LEXICON, build_subword_model, build_word_model
from tests.stored_objects import StoredObjects

MODEL = "s3://own/executions/e/model/job/output/model.tar.gz"
WORK = "s3://own/bulk-work/executions"
SOURCE_IDS = {word: number for number, word in enumerate([*SPECIAL_SYMBOLS, *LEXICON])}
TARGETS = [*SPECIAL_SYMBOLS, *dict.fromkeys(t for t in LEXICON.values() if t != "</s>")]


class Bulk:
    """A bucket, a model, and what a transform job would do to its shards."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.s3 = StoredObjects()
        self._store = ObjectStore(self.s3)
        self._folder = folder
        self._model = folder / "input"
        self._model.mkdir()
        with tarfile.open(self._model / "model.tar.gz", "w:gz") as archive:
            archive.add(model, arcname=".")
        self._runs = 0

    def put(self, name: str, content: str | bytes) -> str:
        uri = f"s3://own/bulk/{name}"
        self.s3.contents[uri] = content.encode() if isinstance(content, str) else content
        return uri

    def get(self, name: str) -> bytes:
        return self.s3.contents[f"s3://own/bulk/{name}"]

    def manifest(self, name: str) -> dict[str, Any]:
        return dict(json.loads(self.get(f"{name}.manifest.json")))

    def split(self, uri: str, *, shard_lines: int = 3, output: str = "") -> list[str]:
        """The names of the shards that are to be translated."""
        settings = SplitSettings(
            input=uri,
            output=output or uri[: uri.rindex("/") + 1],
            execution_folder=f"{WORK}/e",
            model_data=MODEL,
            target_language="xx",
            shard_lines=shard_lines,
        )
        split(settings, self._store, self._model, self._scratch())
        prefix, *names = json.loads(self.s3.contents[f"{WORK}/e/shards.manifest"])
        summary = json.loads(self.s3.contents[f"{WORK}/e/split.json"])
        assert summary["missing"] == len(names)
        assert f"{prefix['prefix']}".replace("/source/", "/target/") == summary["answers"]
        return [prefix["prefix"] + name for name in names]

    def answer(self, shards: list[str], *, suffix: bytes = b"", cut_from: int = 100) -> None:
        """Answer with translations, of which those with so many ids are called truncated."""
        for uri in shards:
            answered = io.BytesIO()
            for payload in read_frames(io.BytesIO(self.s3.contents[uri])):
                ids = translated(decode_record(payload).source)
                record = encode_record((), ids, is_truncated=len(ids) >= cut_from)
                write_frame(answered, record)
            where = uri.replace("/source/", "/target/") + ".out"
            self.s3.contents[where] = answered.getvalue() + suffix

    def join(self, seconds: float = 2.0) -> dict[str, Any]:
        settings = JoinSettings(
            execution_folder=f"{WORK}/e",
            model_data=MODEL,
            target_language="xx",
            transform_seconds=seconds,
        )
        join(settings, self._store, self._model, self._scratch())
        return dict(json.loads(self.s3.contents[f"{WORK}/e/joined.json"]))

    def _scratch(self) -> Path:
        self._runs += 1
        folder = self._folder / f"scratch-{self._runs}"
        folder.mkdir()
        return folder


def translated(ids: tuple[int, ...]) -> list[int]:
    words = list(SOURCE_IDS)
    return [TARGETS.index(LEXICON.get(words[number], "<unk>")) for number in ids]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_word_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def bulk(tmp_path: Path, model: Path) -> Bulk:
    return Bulk(tmp_path, model)


def test_every_line_has_its_answer_in_its_place(bulk: Bulk) -> None:
    uri = bulk.put("news.txt", "you are cool\n\nthis is strange !\n   \nare </s> you\r\nso good")
    shards = bulk.split(uri)
    assert len(shards) == 2
    bulk.answer(shards)
    summary = bulk.join()
    assert bulk.get("news.txt.de").decode() == (
        "du bist kühl\n\ndas ist <unk> !\n\nbist <unk> du\nso gut\n"
    )
    assert summary["outputs"] == ["s3://own/bulk/news.txt.de"]
    assert (summary["lines"], summary["sentences"], summary["missing_shards"]) == (6, 4, 0)
    assert summary["transform"] == {
        "sentences": 4,
        "seconds": 2.0,
        "sentences_per_second": 2.0,
    }
    manifest = bulk.manifest("news.txt.de")
    assert manifest["sha256"] == hashlib.sha256(bulk.get("news.txt.de")).hexdigest()
    assert (manifest["input"], manifest["model"]) == (uri, MODEL)
    assert manifest["target_language"] == "de"
    assert manifest["failures"] == []
    assert (manifest["truncated_lines"], manifest["truncated"]) == (0, [])


def test_lines_that_cannot_be_translated_are_named_and_move_no_other(bulk: Bulk) -> None:
    long = " ".join(["you"] * 1025)
    content = b"you\n" + long.encode() + b"\n\xff\xfe\ngood\n"
    bulk.answer(bulk.split(bulk.put("news.txt", content)))
    summary = bulk.join()
    assert bulk.get("news.txt.de").decode() == "du\n\n\ngut\n"
    assert summary["failed_lines"] == 2
    first, second = bulk.manifest("news.txt.de")["failures"]
    assert first == {
        "line": 2,
        "reason": "the sentence has 1025 pieces; at most 1024 are translated",
    }
    assert second["line"] == 3
    assert second["reason"].startswith("the line is not UTF-8")


def test_json_lines_give_json_lines(bulk: Bulk) -> None:
    content = (
        '{"source": "you are cool"}\n\n{"source": ""}\n{"data": "you"}\nno JSON\n'
        '{"source": "so", "configuration": {"beam_size": 2}}\n{"source": "good\\n"}\n'
    )
    packed = gzip.compress(content.encode())
    bulk.answer(bulk.split(bulk.put("news.jsonl.gz", packed)))
    bulk.join()
    found = gzip.decompress(bulk.get("news.jsonl.de.gz")).decode().split("\n")
    assert found[0] == '{"target": "du bist kühl"}'
    assert (found[1], found[2]) == ("", '{"target": ""}')
    assert json.loads(found[3])["error"].startswith("the line: unknown key 'data'")
    assert json.loads(found[4])["error"].startswith("the line is not JSON")
    assert "configuration" in json.loads(found[5])["error"]
    assert found[6:] == ['{"target": "gut"}', ""]
    lines_of_failures = [one["line"] for one in bulk.manifest("news.jsonl.de.gz")["failures"]]
    assert lines_of_failures == [4, 5, 6]


@pytest.mark.parametrize("form", ["txt", "jsonl"])
def test_translations_that_were_cut_are_told(bulk: Bulk, form: str) -> None:
    texts = ["you", "", "you are cool", "so good", "this is cool"]
    lines_of = {"txt": texts, "jsonl": [json.dumps({"source": text}) for text in texts]}
    shards = bulk.split(bulk.put(f"news.{form}", "\n".join(lines_of[form])))
    bulk.answer(shards, cut_from=3)
    bulk.join()
    manifest = bulk.manifest(f"news.{form}.de")
    assert (manifest["truncated_lines"], manifest["truncated"]) == (2, [3, 5])
    found = bulk.get(f"news.{form}.de").decode().splitlines()
    if form == "txt":
        assert found == ["du", "", "du bist kühl", "so gut", "das ist kühl"]
    else:
        marks = [json.loads(line).get("truncated") for line in found]
        assert marks == [None, None, True, None, True]


def test_compressed_results_of_equal_inputs_are_equal(bulk: Bulk) -> None:
    uri = bulk.put("news.gz", gzip.compress(b"you\n"))
    bulk.answer(bulk.split(uri))
    bulk.join()
    first = bulk.get("news.de.gz")
    bulk.split(uri)
    bulk.join()
    assert bulk.get("news.de.gz") == first


def test_a_second_execution_translates_only_what_is_missing(bulk: Bulk) -> None:
    uri = bulk.put("news.txt", "you\n" * 10)
    shards = bulk.split(uri)
    assert len(shards) == 4
    bulk.answer(shards[:1] + shards[2:])
    summary = bulk.join()
    (failed,) = summary["failed_shards"]
    name = shards[1].rpartition("/")[2].removesuffix(".rec")
    assert failed == {"input": uri, "shard": name, "reason": "has no answers"}
    assert summary["outputs"] == []
    assert "s3://own/bulk/news.txt.de" not in bulk.s3.contents
    assert bulk.manifest("news.txt.de")["missing_shards"] == 1

    bulk.s3.writes.clear()
    assert bulk.split(uri) == shards[1:2]
    assert not [written for written in bulk.s3.writes if "/source/" in written]
    bulk.answer(shards[1:2])
    assert bulk.join()["transform"]["sentences"] == 3
    assert bulk.get("news.txt.de") == b"du\n" * 10
    assert bulk.split(uri) == []
    assert bulk.join(0.0)["transform"]["sentences_per_second"] is None


def test_shards_that_a_lifecycle_rule_removed_are_made_again(bulk: Bulk) -> None:
    uri = bulk.put("news.txt", "you\n" * 10)
    shards = bulk.split(uri)
    bulk.answer(shards[:1])
    for gone in (shards[2], shards[3].replace("/source/", "/lines/").replace(".rec", ".json")):
        del bulk.s3.contents[gone]
        assert bulk.split(uri) == shards[1:]
        assert gone in bulk.s3.contents
    bulk.answer(shards)
    assert bulk.join()["missing_shards"] == 0


def test_another_content_or_size_of_shards_is_split_anew(bulk: Bulk) -> None:
    uri = bulk.put("news.txt", "you\nare\n")
    first = bulk.split(uri)
    assert bulk.split(uri) == first
    assert bulk.split(uri, shard_lines=1)[0] != first[0]
    bulk.put("news.txt", "you\nso\n")
    assert bulk.split(uri)[0] not in first


def test_another_model_uses_other_shards(bulk: Bulk, tmp_path: Path) -> None:
    uri = bulk.put("news.txt", "you\n")
    (first,) = bulk.split(uri)
    other = build_word_model(tmp_path / "other", seed=1)
    with tarfile.open(tmp_path / "input/model.tar.gz", "w:gz") as archive:
        archive.add(other, arcname="")
    (second,) = bulk.split(uri)
    assert first.split("/")[4] != second.split("/")[4]


@pytest.mark.parametrize("change", ["one more", "no records", "one less"])
def test_answers_that_do_not_fit_are_thrown_away(bulk: Bulk, change: str) -> None:
    uri = bulk.put("news.txt", "you\nare\n")
    shards = bulk.split(uri)
    one = io.BytesIO()
    write_frame(one, encode_record((), (4,)))
    bulk.answer(shards, suffix={"one more": one.getvalue(), "no records": b"xyz"}.get(change, b""))
    where = shards[0].replace("/source/", "/target/") + ".out"
    if change == "one less":
        bulk.s3.contents[where] = one.getvalue()
    summary = bulk.join()
    assert summary["missing_shards"] == 1
    assert summary["failed_shards"][0]["reason"].startswith("has ")
    assert where not in bulk.s3.contents
    assert bulk.split(uri) == shards


def test_a_folder_is_translated_without_its_results(bulk: Bulk) -> None:
    for name in ("a.txt", "deep/b.txt.gz", "deep/"):
        bulk.put(f"in/{name}", gzip.compress(b"you\n") if name.endswith("gz") else b"are\n")
    for _ in range(2):
        bulk.answer(bulk.split("s3://own/bulk/in/"))
        summary = bulk.join()
        assert summary["outputs"] == [
            "s3://own/bulk/in/a.txt.de",
            "s3://own/bulk/in/deep/b.txt.de.gz",
        ]
    bulk.answer(bulk.split("s3://own/bulk/in/", output="s3://own/bulk/out/"))
    bulk.join()
    assert gzip.decompress(bulk.get("out/deep/b.txt.de.gz")) == b"du\n"


def test_a_file_of_the_owners_is_never_overwritten(bulk: Bulk) -> None:
    uri = bulk.put("news.txt", "you\n")
    bulk.put("news.txt.de", "a human's translation\n")
    with pytest.raises(BulkError, match="news.txt.de: a file that no bulk translation wrote"):
        bulk.split(uri)


def test_what_cannot_be_read_is_named(bulk: Bulk) -> None:
    with pytest.raises(BulkError, match="there is no such object; a folder is given with a slash"):
        bulk.split("s3://own/bulk/nothing.txt")
    with pytest.raises(BulkError, match="there is no file to translate"):
        bulk.split("s3://own/bulk/nothing/")
    with pytest.raises(BulkError, match="news.gz: is not a whole .gz file"):
        bulk.split(bulk.put("news.gz", gzip.compress(b"you\n" * 1000)[:-20]))


def test_a_file_of_no_lines_or_of_no_sentence_gives_its_like(bulk: Bulk) -> None:
    for name, content in (("empty.txt", ""), ("blank.txt", "\n\n")):
        assert bulk.split(bulk.put(name, content)) == []
        bulk.join(0.0)
        assert bulk.get(f"{name}.de").decode() == content


def test_subwords_are_joined_to_text_as_the_endpoint_does(tmp_path: Path) -> None:
    sentences = ["where is the lowest lowland ?", "the slow owl"]
    model = build_subword_model(tmp_path / "model", sentences)
    bulk = Bulk(tmp_path, model)
    shards = bulk.split(bulk.put("news.txt", "\n".join(sentences)))
    for uri in shards:
        answered = io.BytesIO()
        for payload in read_frames(io.BytesIO(bulk.s3.contents[uri])):
            write_frame(answered, encode_record((), decode_record(payload).source))
        bulk.s3.contents[uri.replace("/source/", "/target/") + ".out"] = answered.getvalue()
    bulk.join()
    assert bulk.get("news.txt.de").decode() == "\n".join([*sentences, ""])


@given(st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line)))
@settings(max_examples=50, deadline=None)
def test_as_many_lines_are_read_as_there_are(contents: list[bytes]) -> None:
    stream = io.BytesIO(b"".join(content + b"\n" for content in contents))
    assert len(list(read_lines(stream, TextForm()))) == len(contents)


def test_a_line_without_end_is_skipped_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 10)
    found = list(read_lines(io.BytesIO(b"0123456789\n" + b"x" * 35 + b"\nyou\n"), TextForm()))
    assert [line.kind for line in found] == [Kind.SENTENCE, Kind.FAILED, Kind.SENTENCE]


def test_a_byte_order_mark_is_no_part_of_the_first_word() -> None:
    found = list(read_lines(io.BytesIO(b"\xef\xbb\xbfyou\n\xef\xbb\xbfyou\n"), TextForm()))
    assert found[0] == Line(Kind.SENTENCE, "you")
    assert found[1] == Line(Kind.SENTENCE, "\ufeffyou")


def test_json_may_hold_what_ends_a_line_elsewhere() -> None:
    found = JsonLinesForm().read('{"source": "you\u2028are"}'.encode())
    assert found == Line(Kind.SENTENCE, "you\u2028are")
