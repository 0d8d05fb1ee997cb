import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.normalizers import NFC
from tokenizers.pre_tokenizers import ByteLevel

from nmt.subwords import learn_subwords
from nmt.tokenizer import SubwordTokenizer, TokenizerError, load_tokenizer
from protocol.vocabulary import SPECIAL_SYMBOLS

LINES = [
    "can you drive a car ? drive cars , driver !",
    "kannst du ein Auto fahren ? Fahrer fahren Autos .",
    "größer, schöner, größte Straße « 😀😀 👩\u200d👩\u200d👧",
    "</s> <s> <pad> <unk> x</s>x <s><s> 日本語 日本",
] * 3
REPOSITORY = Path(__file__).resolve().parents[2]
LEARN = """
import sys
from collections import Counter
from pathlib import Path
from nmt.subwords import learn_subwords
counter = Counter(Path(sys.argv[1]).read_text(encoding="utf-8").split())
learn_subwords(counter, list(counter.values()), merges=400, path=Path(sys.argv[2]))
"""


def learn(lines: Sequence[str], merges: int, path: Path, **options: int) -> None:
    counter = Counter(" ".join(lines).split())
    learn_subwords(counter, list(counter.values()), merges=merges, path=path, **options)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> SubwordTokenizer:
    folder = tmp_path_factory.mktemp("subwords")
    learn(LINES, 150, folder / "subwords.json")
    loaded = load_tokenizer(folder)
    assert isinstance(loaded, SubwordTokenizer)
    return loaded


def texts() -> st.SearchStrategy[str]:
    words = st.sampled_from(
        [*SPECIAL_SYMBOLS, "a</s>", "<\u0338unk>", "driver", "größte", "😀", "日本", "\x00"]
    )
    words |= st.sampled_from(["gro\u0308ßte", "\u0308", "\u2001", "\u1100\u1161", "\u212b"])
    spaces = st.sampled_from(["", " ", "\u2003", "\x1c", "\x85", "\r\n"])
    return st.lists(words | spaces | st.text(max_size=6), max_size=12).map("".join)


def composed(text: str) -> str:
    """The words in the normalised form that Unicode recommends, by single spaces."""
    return str(NFC().normalize_str(" ".join(text.split())))


def plain_bytes(piece: str) -> bytes:
    """The bytes of a piece by the table that GPT-2 published, as the library knows it."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    rest = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    table |= {chr(256 + number): byte for number, byte in enumerate(rest)}
    assert set(table) == set(ByteLevel.alphabet())
    return bytes(table[character] for character in piece)


@given(text=texts())
def test_every_text_comes_back(tokenizer: SubwordTokenizer, text: str) -> None:
    segmentation = tokenizer.segment(text)
    assert segmentation.text == composed(text)
    assert len(segmentation.text.split()) == len(text.split())
    assert tokenizer.assemble(segmentation.pieces) == segmentation
    assert len(segmentation.word_of_piece) == len(segmentation.pieces)


@given(st.text(max_size=60))
def test_pieces_and_text_alone_are_those_of_the_segmentation(
    tokenizer: SubwordTokenizer, text: str
) -> None:
    segmentation = tokenizer.segment(text)
    for _ in range(2):  # the second time out of memory
        assert tokenizer.pieces(text) == segmentation.pieces
    assert tokenizer.text(segmentation.pieces) == segmentation.text


def test_no_more_than_so_many_words_are_remembered(
    tokenizer: SubwordTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nmt.tokenizer.MAX_KNOWN_WORDS", 3)
    monkeypatch.setattr("nmt.tokenizer.MAX_KNOWN_CHARACTERS", 4)
    texts = ["one two three", "three four one", "longer words four", "one two three four five six"]
    for text in texts:
        assert tokenizer.pieces(text) == tokenizer.segment(text).pieces


@given(text=texts())
def test_no_piece_is_unknown_or_special(tokenizer: SubwordTokenizer, text: str) -> None:
    pieces = tokenizer.segment(text).pieces
    assert all(piece in tokenizer.vocabulary for piece in pieces)
    assert not set(pieces) & set(SPECIAL_SYMBOLS)
    assert tokenizer.piece_ids([text]) == [[tokenizer.vocabulary[piece] for piece in pieces]]


@given(text=texts())
def test_the_pieces_of_a_word_spell_it(tokenizer: SubwordTokenizer, text: str) -> None:
    segmentation = tokenizer.segment(text)
    spelled = [b""] * len(text.split())
    for piece, word in zip(segmentation.pieces, segmentation.word_of_piece, strict=True):
        if word is not None:
            spelled[word] += plain_bytes(piece)
        else:
            assert piece == "Ġ"
    assert [word.decode().strip(" ") for word in spelled] == composed(text).split()


@given(data=st.data())
def test_whatever_a_model_says_becomes_text(
    tokenizer: SubwordTokenizer, data: st.DataObject
) -> None:
    # The first 4 + 256 pieces are the special symbols and the single bytes.
    pieces = list(tokenizer.vocabulary)
    said = data.draw(st.lists(st.sampled_from(pieces[:260]) | st.sampled_from(pieces), max_size=30))
    segmentation = tokenizer.assemble(said)
    assert segmentation.text == " ".join(plain_text(said).split())
    words = {word for word in segmentation.word_of_piece if word is not None}
    assert words == set(range(len(segmentation.text.split())))
    assert all(
        word is None
        for piece, word in zip(said, segmentation.word_of_piece, strict=True)
        if piece in SPECIAL_SYMBOLS
    )


def plain_text(pieces: Sequence[str]) -> str:
    spoken = (piece for piece in pieces if piece not in SPECIAL_SYMBOLS)
    return b"".join(map(plain_bytes, spoken)).decode("utf-8", "replace")


def test_pieces_that_split_a_character_belong_to_its_word(tokenizer: SubwordTokenizer) -> None:
    pieces = ["Ġ", "ð", "Ł", "ĺ", "Ģ", "Ġ", "a"]
    segmentation = tokenizer.assemble(pieces)
    assert segmentation.text == "😀 a"
    assert segmentation.word_of_piece == (None, 0, 0, 0, 0, None, 1)


def test_a_broken_character_is_replaced_in_its_word(tokenizer: SubwordTokenizer) -> None:
    segmentation = tokenizer.assemble(["a", "ð", "Ł", "b", "Ġ", "Ł"])
    assert segmentation.text == "a\ufffdb \ufffd"
    assert segmentation.word_of_piece == (0, 0, 0, 0, None, 1)


def test_a_piece_of_another_vocabulary_is_taken_as_text(tokenizer: SubwordTokenizer) -> None:
    assert tokenizer.assemble(["日", "本", "\ud800"]).text == "日本?"


def test_special_symbols_come_first_and_then_all_bytes(tokenizer: SubwordTokenizer) -> None:
    vocabulary = tokenizer.vocabulary
    assert tuple(vocabulary)[:4] == SPECIAL_SYMBOLS
    assert set(ByteLevel.alphabet()) <= set(vocabulary)
    assert list(vocabulary.values()) == list(range(len(vocabulary)))
    assert 4 + 256 < len(vocabulary) <= 4 + 256 + 150


def test_repeated_words_become_one_piece(tokenizer: SubwordTokenizer) -> None:
    assert tokenizer.segment("drive größte").pieces == ("Ġdrive", "ĠgrÃ¶ÃŁte")


def test_without_text_there_are_bytes_only(tmp_path: Path) -> None:
    learn(["", " \t"], 10, tmp_path / "subwords.json")
    tokenizer = SubwordTokenizer(tmp_path / "subwords.json")
    assert len(tokenizer.vocabulary) == 260
    assert tokenizer.segment("ä b").text == "ä b"


def test_decomposed_characters_are_composed(tokenizer: SubwordTokenizer) -> None:
    decomposed = "gro\u0308ßte \u1112\u1161\u11ab"
    assert decomposed != "größte 한"
    assert tokenizer.segment(decomposed) == tokenizer.segment("größte 한")
    assert tokenizer.piece_ids([decomposed]) == tokenizer.piece_ids(["größte 한"])


def test_decomposed_words_are_counted_with_the_composed(tmp_path: Path) -> None:
    learn(["größte", "gro\u0308ßte"], 9, tmp_path / "subwords.json")
    tokenizer = SubwordTokenizer(tmp_path / "subwords.json")
    assert tokenizer.segment("größte").pieces == ("ĠgrÃ¶ÃŁte",)


def test_a_file_without_normalisation_still_works(
    tokenizer: SubwordTokenizer, tmp_path: Path
) -> None:
    path = tmp_path / "subwords.json"
    learn(LINES, 150, path)
    content = json.loads(path.read_text())
    assert content["normalizer"] == {"type": "NFC"}
    path.write_text(json.dumps(content | {"normalizer": None}))
    old = SubwordTokenizer(path)
    assert old.segment("gro\u0308ßte").text == "gro\u0308ßte"
    assert old.segment("driver größte </s>") == tokenizer.segment("driver größte </s>")


def test_a_long_text_is_sampled_at_even_distances(tmp_path: Path) -> None:
    learn(["ab"] * 8 + ["cd"] * 3 + ["ef"] * 5, 9, tmp_path / "sampled.json", max_words=4)
    learn(["ab"] * 2 + ["ef"] * 2, 9, tmp_path / "sample.json")
    assert (tmp_path / "sampled.json").read_bytes() == (tmp_path / "sample.json").read_bytes()


def test_processes_with_any_number_of_threads_learn_the_same(tmp_path: Path) -> None:
    lines = LINES + [f"{number:o}" for number in range(5000)]
    (tmp_path / "lines.txt").write_text("\n".join(lines), encoding="utf-8")
    for name, environment in {
        "one": {"RAYON_NUM_THREADS": "1", "PYTHONHASHSEED": "1"},
        "three": {"RAYON_NUM_THREADS": "3", "PYTHONHASHSEED": "2"},
        "none": {"TOKENIZERS_PARALLELISM": "false"},
    }.items():
        subprocess.run(
            [sys.executable, "-c", LEARN, "lines.txt", f"{name}.json"],
            cwd=tmp_path,
            env=os.environ | environment | {"PYTHONPATH": str(REPOSITORY)},
            check=True,
        )
    files = {path.name: path.read_bytes() for path in tmp_path.glob("*.json")}
    assert set(files) == {"one.json", "three.json", "none.json"}
    assert len(set(files.values())) == 1


def test_a_file_that_holds_no_subwords_is_named(tmp_path: Path) -> None:
    path = tmp_path / "subwords.json"
    with pytest.raises(TokenizerError, match=r"subwords\.json: cannot be read: No such file"):
        SubwordTokenizer(path)
    path.write_text("{}")
    with pytest.raises(TokenizerError, match=r"subwords\.json: not a subword file"):
        SubwordTokenizer(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(TokenizerError, match=r"subwords\.json: not a subword file"):
        SubwordTokenizer(path)


def test_a_foreign_tokenizer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "subwords.json"
    path.write_text(
        '{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,'
        '"pre_tokenizer":null,"post_processor":null,"decoder":null,'
        '"model":{"type":"BPE","vocab":{"a":0},"merges":[]}}'
    )
    with pytest.raises(TokenizerError, match="ids 0 to 3 must be <pad> <unk> <s> </s>"):
        SubwordTokenizer(path)
