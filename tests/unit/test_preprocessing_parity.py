"""Word vocabularies and record files are those of the Seq2Seq walk-through's own algorithm."""

import contextlib
import io
import json
import struct
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from preprocessing.__main__ import main
from protocol.record_pb2 import Record

SPECIALS = ["<pad>", "<unk>", "<s>", "</s>"]
SPACES = [chr(code) for code in range(0x110000) if chr(code).isspace()]
WORDS = [
    *SPECIALS,
    "a",
    "b",
    "die",
    "Straße",
    "&apos;s",
    "\x00",
    "\x01\x7f",
    "\u200b",
    "\ufeff",
    "\ufffd",
    "😀",
    "👩\u200d👩\u200d👧",
    "e\u0301",
    "\U0010ffff",
    "x" * 5000,
]


def plain_vocabulary(lines: list[str], num_words: int, min_count: int) -> dict[str, int]:
    counts = Counter(word for line in lines for word in line.split() if word not in SPECIALS)
    ranked = sorted(((n, word) for word, n in counts.items() if n >= min_count), reverse=True)
    words = SPECIALS + [word for _, word in ranked][:num_words]
    return {word: number for number, word in enumerate(words)}


def plain_records(
    pairs: list[tuple[str, str]], source: dict[str, int], target: dict[str, int]
) -> list[tuple[list[int], list[int]]]:
    return [
        ([source.get(w, 1) for w in left.split()], [target.get(w, 1) for w in right.split()])
        for left, right in pairs
        if left.strip() and right.strip()
    ]


def read_lines(content: bytes) -> list[str]:
    with io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors="replace") as text:
        return list(text)


def read_records(path: Path) -> list[tuple[list[int], list[int]]]:
    content, records, start = path.read_bytes(), [], 0
    while start < len(content):
        magic, length = struct.unpack_from("<II", content, start)
        assert magic == 0xCED7230A
        record = Record.FromString(content[start + 8 : start + 8 + length])
        sides = (list(record.features[s].int32_tensor.values) for s in ("source", "target"))
        records.append((next(sides), next(sides)))
        start += 8 + length
        padding = content[start : start + -length % 4]
        assert padding == bytes(-length % 4)
        start += len(padding)
    return records


def plain_json(vocabulary: dict[str, int]) -> bytes:
    return json.dumps(vocabulary, indent=4, ensure_ascii=False).encode()


def check_parity(
    folder: Path,
    source: bytes,
    target: bytes,
    *,
    num_words: int = 50_000,
    min_count: int = 1,
    single: bool = False,
) -> None:
    """Run the command in the folder, once with the training text as validation text too."""
    (folder / "text.source").write_bytes(source)
    (folder / "text.target").write_bytes(target)
    flags = [f"--num-words-{side}={num_words}" for side in ("source", "target")]
    flags += [f"--word-min-count-{side}={min_count}" for side in ("source", "target")]
    flags += ["-single-vocab"] if single else []
    texts = [
        f"--{role}-{side}=text.{side}" for role in ("train", "val") for side in ("source", "target")
    ]
    with contextlib.chdir(folder):
        assert main([*texts, *flags]) == 0

    lines = read_lines(source), read_lines(target)
    if single:
        vocabularies = [plain_vocabulary(lines[0] + lines[1], num_words, min_count)] * 2
    else:
        vocabularies = [plain_vocabulary(side, num_words, min_count) for side in lines]
    assert (folder / "vocab.src.json").read_bytes() == plain_json(vocabularies[0])
    assert (folder / "vocab.trg.json").read_bytes() == plain_json(vocabularies[1])
    expected = plain_records(list(zip(*lines, strict=True)), vocabularies[0], vocabularies[1])
    assert read_records(folder / "train.rec") == expected
    assert (folder / "val.rec").read_bytes() == (folder / "train.rec").read_bytes()


def hostile_bytes() -> st.SearchStrategy[bytes]:
    """Words, every space and line end, any characters, any bytes."""
    word = st.sampled_from(WORDS) | st.text(max_size=8)
    space = st.sampled_from([*SPACES, "\n", "\r", "\r\n"])
    return st.one_of(
        word.map(lambda text: text.encode("utf-8", "surrogatepass")),
        space.map(str.encode),
        st.binary(max_size=6),
    )


@st.composite
def hostile_texts(draw: st.DrawFn) -> tuple[bytes, bytes]:
    # The first pair has text on both sides: a corpus without any pair is refused.
    sides = [b"first\n" + b"".join(draw(st.lists(hostile_bytes(), max_size=40))) for _ in range(2)]
    num_lines = max(len(read_lines(side)) for side in sides)
    for index in range(2):
        while len(read_lines(sides[index])) < num_lines:
            sides[index] += draw(st.sampled_from([b"more\n", b"\n", b" \r\n", b"</s>\r"]))
    return sides[0], sides[1]


@pytest.fixture(params=["small blocks", "large blocks"])
def block_sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With small ones every line, line end and word meets a border of something."""
    if request.param == "small blocks":
        monkeypatch.setattr("preprocessing.text_blocks.BLOCK_BYTES", 5)
        monkeypatch.setattr("preprocessing.token_store.WORDS_TOGETHER", 7)
        monkeypatch.setattr("preprocessing.token_store.LINES_PER_BLOCK", 3)


@pytest.mark.usefixtures("block_sizes")
@given(
    texts=hostile_texts(),
    num_words=st.integers(0, 12) | st.just(50_000),
    min_count=st.integers(0, 3),
    single=st.booleans(),
)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_hostile_text_gives_the_walkthroughs_files(
    tmp_path: Path, texts: tuple[bytes, bytes], num_words: int, min_count: int, single: bool
) -> None:
    check_parity(tmp_path, *texts, num_words=num_words, min_count=min_count, single=single)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: f"U+{ord(space):04X}")
def test_every_unicode_space_separates_words(tmp_path: Path, space: str) -> None:
    text = f"a{space}b{space}{space}c"
    num_lines = len(read_lines(text.encode()))
    target = "x y\n" * num_lines
    check_parity(tmp_path, text.encode(), target.encode())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("final", [True, False])
def test_lines_end_where_text_mode_ends_them(tmp_path: Path, end: str, final: bool) -> None:
    source = end.join(["one two", "", "three\x0bfour\u2028five", " "]) + (end if final else "")
    target = end.join(["eins zwei", "leer", "drei", "vier"]) + (end if final else "")
    check_parity(tmp_path, source.encode(), target.encode())


def test_words_of_skipped_pairs_are_counted_as_in_the_walkthrough(tmp_path: Path) -> None:
    check_parity(tmp_path, b"a\nlonely\n", b"b\n \n")
    assert "lonely" in json.loads((tmp_path / "vocab.src.json").read_text(encoding="utf-8"))


def test_text_longer_than_one_block_keeps_its_order(tmp_path: Path) -> None:
    source = "".join(f"w{i % 97} v{i % 89}\n" if i % 7 else "\n" for i in range(20_000))
    target = "".join(f"z{i % 101}\n" if i % 11 else "\t\n" for i in range(20_000))
    check_parity(tmp_path, source.encode(), target.encode(), num_words=60)


def test_a_very_long_line(tmp_path: Path) -> None:
    source = " ".join(f"w{i % 1000}" for i in range(200_000)) + "\n" + "x" * 1_000_000
    check_parity(tmp_path, source.encode(), b"lang\nlang")


def test_equal_counts_are_ordered_by_word_descending(tmp_path: Path) -> None:
    check_parity(tmp_path, "b a c a Z ä\n".encode(), b"x\n")
    words = list(json.loads((tmp_path / "vocab.src.json").read_text(encoding="utf-8")))
    assert words == [*SPECIALS, "a", "ä", "c", "b", "Z"]


def test_existing_vocabularies_are_used_and_not_rewritten(tmp_path: Path) -> None:
    for side, words in (("source", ["b", "a"]), ("target", ["y"])):
        vocabulary = {word: number for number, word in enumerate([*SPECIALS, *words])}
        (tmp_path / f"{side}.json").write_bytes(plain_json(vocabulary))
    (tmp_path / "text.source").write_text("a b c\n")
    (tmp_path / "text.target").write_text("x y\n")
    with contextlib.chdir(tmp_path):
        texts = ["-ts", "text.source", "-tt", "text.target", "-to", "out.rec"]
        vocabularies = ["--vocab-source-json", "source.json", "--vocab-target-json", "target.json"]
        assert main([*texts, *vocabularies]) == 0
    assert read_records(tmp_path / "out.rec") == [([5, 4, 1], [1, 4])]
    assert not (tmp_path / "vocab.src.json").exists()
