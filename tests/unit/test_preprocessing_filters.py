"""Each filter against a plain restatement of what it means for one pair of lines."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.blocks import Block
from preprocessing.filters import build_filters
from preprocessing.pair_hashes import SeenHashes
from preprocessing.word_types import WordTypes
from protocol.retraining import Cleaning

Words = list[str]
Pair = tuple[Words, Words]
LATIN, CYRILLIC = "aäßZñé", "бЙѣ"
OTHER = "ΩδДx日本かカ한1.,!😀'-\u0301\u200d"


def word_types(lines: Sequence[Words]) -> WordTypes:
    words = dict.fromkeys(word for line in lines for word in line)
    return WordTypes(pa.array([word.encode() for word in words], pa.binary()))


def block(lines: Sequence[Words], types: WordTypes) -> Block:
    numbers = {word: number for number, word in enumerate(types)}
    tokens = [numbers[word] for line in lines for word in line]
    return Block(np.array(tokens, np.int32), np.array([len(line) for line in lines], np.int32))


def dropped(
    cleaning: Cleaning, blocks: Sequence[Sequence[Pair]], *, joint: bool = False
) -> list[Counter[int]]:
    """For each filter, which pairs of the whole text it drops."""
    sides = [[pair[side] for pairs in blocks for pair in pairs] for side in (0, 1)]
    source_types, target_types = map(word_types, sides)
    if joint:
        source_types = target_types = word_types(sides[0] + sides[1])
    filters = build_filters(cleaning, source_types, target_types)
    masks = [
        np.concatenate(
            [
                each.drops(
                    block([source for source, _ in pairs], source_types),
                    block([target for _, target in pairs], target_types),
                )
                for pairs in blocks
            ]
        )
        for each in filters
    ]
    return [Counter(np.flatnonzero(mask).tolist()) for mask in masks]


def lines(alphabet: str = LATIN + CYRILLIC + OTHER) -> st.SearchStrategy[Words]:
    return st.lists(st.text(alphabet, min_size=1, max_size=4), min_size=1, max_size=6)


def texts(line: st.SearchStrategy[Words]) -> st.SearchStrategy[list[list[Pair]]]:
    """Blocks of pairs that have words on both sides, many of them alike."""
    pairs = line.flatmap(lambda words: st.tuples(st.just(words), line | st.just(words)))
    return st.lists(pairs, min_size=1, max_size=6).flatmap(
        lambda few: st.lists(st.lists(st.sampled_from(few), max_size=6), min_size=1, max_size=4)
    )


def expect(
    cleaning: Cleaning, blocks: Sequence[Sequence[Pair]], wanted: Sequence[bool], *, joint: bool
) -> None:
    (found,) = dropped(cleaning, blocks, joint=joint)
    assert sorted(found) == [number for number, drop in enumerate(wanted) if drop]


@settings(max_examples=40)
@given(blocks=texts(lines()), limit=st.integers(1, 7), joint=st.booleans())
def test_long_sides(blocks: list[list[Pair]], limit: int, joint: bool) -> None:
    wanted = [max(len(s), len(t)) > limit for pairs in blocks for s, t in pairs]
    expect(Cleaning(max_length=limit), blocks, wanted, joint=joint)


@settings(max_examples=40)
@given(blocks=texts(lines()), ratio=st.floats(1, 7) | st.sampled_from([1.0, 1.2, 1.5, 3.0]))
def test_sides_of_different_length(blocks: list[list[Pair]], ratio: float) -> None:
    wanted = [
        max(len(s), len(t)) / min(len(s), len(t)) > ratio for pairs in blocks for s, t in pairs
    ]
    expect(Cleaning(max_length_ratio=ratio), blocks, wanted, joint=False)


@settings(max_examples=40)
@given(blocks=texts(lines("ab")), joint=st.booleans())
def test_identical_sides(blocks: list[list[Pair]], joint: bool) -> None:
    wanted = [source == target for pairs in blocks for source, target in pairs]
    expect(Cleaning(drop_identical=True), blocks, wanted, joint=joint)


@settings(max_examples=40)
@given(blocks=texts(lines("ab")), joint=st.booleans())
def test_pairs_that_came_before(blocks: list[list[Pair]], joint: bool) -> None:
    pairs = [pair for pairs in blocks for pair in pairs]
    wanted = [pair in pairs[:number] for number, pair in enumerate(pairs)]
    expect(Cleaning(drop_duplicates=True), blocks, wanted, joint=joint)


@settings(max_examples=40)
@given(blocks=texts(lines()), joint=st.booleans())
def test_sides_in_another_script(blocks: list[list[Pair]], joint: bool) -> None:
    def in_another(line: Words, script: str) -> bool:
        letters = [character for word in line for character in word if character.isalpha()]
        return 2 * sum(letter in script for letter in letters) < len(letters)

    pairs = [pair for pairs in blocks for pair in pairs]
    for cleaning, script, side in (
        (Cleaning(source_script="Latin"), LATIN + "x", 0),
        (Cleaning(target_script="Cyrillic"), CYRILLIC + "Д", 1),
        (Cleaning(target_script="Han+Hiragana+Katakana"), "日本かカ", 1),
    ):
        wanted = [in_another(pair[side], script) for pair in pairs]
        expect(cleaning, blocks, wanted, joint=joint)


@pytest.mark.parametrize(
    ("line", "script", "kept"),
    [
        ("Привет , мир !", "Cyrillic", True),
        ("Привет , world !", "Cyrillic", True),
        ("Hi , мир !", "Cyrillic", True),
        ("Hello , мир !", "Cyrillic", False),
        ("1984 … 😀 !", "Cyrillic", True),
        ("नमस्ते दुनिया", "Devanagari", True),
        ("Αθήνα", "Latin", False),
        ("これは日本語のテストです", "Han+Hiragana+Katakana", True),
        ("これは日本語のテストです", "Han", False),
        ("e\u0301te\u0301", "Latin", True),
    ],
)
def test_scripts_of_real_sentences(line: str, script: str, kept: bool) -> None:
    (found,) = dropped(Cleaning(source_script=script), [[(line.split(), ["x"])]])
    assert bool(found) is not kept


def test_filters_come_in_the_order_in_which_pairs_are_counted() -> None:
    cleaning = Cleaning(
        max_length=80,
        max_length_ratio=2.5,
        drop_duplicates=True,
        drop_identical=True,
        source_script="Latin",
        target_script="Han+Hiragana",
    )
    types = word_types([["a"]])
    assert [each.reason for each in build_filters(cleaning, types, types)] == [
        "longer than 80 words",
        "length ratio above 2.5",
        "source and target identical",
        "source not Latin",
        "target not Han+Hiragana",
        "duplicate",
    ]
    assert build_filters(Cleaning(), types, types) == []


def test_a_text_without_words_is_no_trouble() -> None:
    cleaning = Cleaning(
        max_length=1,
        max_length_ratio=1,
        drop_duplicates=True,
        drop_identical=True,
        source_script="Latin",
        target_script="Latin",
    )
    assert len(dropped(cleaning, [[([], []), ([], [])], []])) == 6


def test_the_order_of_words_and_the_side_make_another_pair() -> None:
    pairs: list[Pair] = [(["a", "b"], ["a"]), (["b", "a"], ["a"]), (["a"], ["a", "b"])]
    pairs += [(["a", "b", "a"], ["b"]), (["a", "b"], ["a", "b"])]
    assert dropped(Cleaning(drop_duplicates=True), [pairs, pairs], joint=True) == [
        Counter(range(5, 10))
    ]


def test_many_hashes_are_remembered_while_the_table_grows() -> None:
    random = np.random.default_rng(0)
    # Few first halves, so that many hashes meet in the table and only the second tells them apart.
    hashes = random.integers(1, 1 << 60, (150_000, 2), dtype=np.uint64)
    hashes[:50_000, 0] = hashes[:50_000, 0] % 5000 + 1
    seen = SeenHashes()

    for part in np.array_split(hashes, 7):
        assert not seen.add(part).any()

    for part in np.array_split(hashes, 3):
        assert seen.add(part).all()
    assert not seen.add(hashes + np.uint64(1)).any()
