"""What holds for the corpus as a whole."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from examples.phrasebook import DEMO_SENTENCES, Corpus, Pair, PhrasebookError, generate
from examples.phrasebook.corpus import draw_pairs, is_demo
from examples.phrasebook.draw import Draw
from examples.phrasebook.templates import TEMPLATES, Template

DEMO_STRUCTURES = (
    "praise",
    "request_for_ability",
    "wish",
    "judgement",
    "meal",
    "whereabouts",
    "proposed_excursion",
)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return generate()


@pytest.fixture(scope="module")
def pairs(corpus: Corpus) -> tuple[Pair, ...]:
    return corpus.train + corpus.validation + corpus.test


def words(sentences: Iterable[str]) -> Counter[str]:
    return Counter(word for sentence in sentences for word in sentence.split())


def test_another_process_with_another_hash_seed_writes_the_same(
    corpus: Corpus, tmp_path: Path
) -> None:
    subprocess.run(
        [sys.executable, "-m", "examples.phrasebook", "--output", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env={"PYTHONHASHSEED": "1"},
        check=True,
    )
    for name, pairs in corpus.splits().items():
        source = (tmp_path / f"{name}.en").read_text(encoding="utf-8").splitlines()
        target = (tmp_path / f"{name}.de").read_text(encoding="utf-8").splitlines()
        assert list(zip(source, target, strict=True)) == [(p.source, p.target) for p in pairs]


def test_sizes(corpus: Corpus) -> None:
    assert 20_000 <= len(corpus.train) <= 26_000
    assert len(corpus.validation) == len(corpus.test) == 500


def test_sentences_are_distinct_in_both_languages_and_over_all_splits(
    pairs: tuple[Pair, ...],
) -> None:
    assert len({pair.source for pair in pairs}) == len(pairs)
    assert len({pair.target for pair in pairs}) == len(pairs)


def test_no_demo_sentence_is_in_any_split_under_any_final_mark(pairs: tuple[Pair, ...]) -> None:
    demo = {pair.source.rstrip(" .!?") for pair in DEMO_SENTENCES}
    assert not [pair for pair in pairs if pair.source.rstrip(" .!?") in demo]
    assert not {pair.target for pair in pairs} & {pair.target for pair in DEMO_SENTENCES}


def test_training_shows_every_demo_word_often(corpus: Corpus) -> None:
    source = words(pair.source for pair in corpus.train)
    target = words(pair.target for pair in corpus.train)
    assert min(source[w] for w in words(p.source for p in DEMO_SENTENCES)) >= 40
    assert min(target[w] for w in words(p.target for p in DEMO_SENTENCES)) >= 40


def test_held_out_words_are_in_training(corpus: Corpus) -> None:
    held_out = corpus.validation + corpus.test
    source, target = (pair.source for pair in held_out), (pair.target for pair in held_out)
    assert not words(source).keys() - words(pair.source for pair in corpus.train).keys()
    assert not words(target).keys() - words(pair.target for pair in corpus.train).keys()


def test_training_has_500_pairs_of_each_demo_structure(corpus: Corpus) -> None:
    train = set(corpus.train)
    drawn = draw_pairs()
    counts = {name: len(train.intersection(drawn[name])) for name in DEMO_STRUCTURES}
    assert min(counts.values()) >= 500, counts


@pytest.mark.parametrize(
    ("opening", "end"),
    [
        ("you are", ""),
        ("can ", " ?"),
        ("i want to", " ."),
        ("this is", ""),
        ("come let us", " ."),
    ],
)
def test_training_has_many_sentences_with_the_frame_of_a_demo_sentence(
    corpus: Corpus, opening: str, end: str
) -> None:
    alike = [p for p in corpus.train if p.source.startswith(opening) and p.source.endswith(end)]
    assert len(alike) >= 200


def test_vocabularies_are_small(corpus: Corpus) -> None:
    assert len(words(pair.source for pair in corpus.train)) <= 700
    assert len(words(pair.target for pair in corpus.train)) <= 950


def test_text_is_tokenised_and_truecased(pairs: tuple[Pair, ...]) -> None:
    for pair in (*pairs, *DEMO_SENTENCES):
        assert pair.source == pair.source.lower() == " ".join(pair.source.split())
        assert pair.target == " ".join(pair.target.split())
        for word in (*pair.source.split(), *pair.target.split()):
            assert word.isalpha() or word in {".", ",", "!", "?"}, pair
        assert pair.source.split()[-1].isalpha() == pair.target.split()[-1].isalpha()


def test_article_agrees_with_the_next_sound(pairs: tuple[Pair, ...]) -> None:
    for pair in pairs:
        tokens = pair.source.split()
        for article, following in pairwise(tokens):
            if article in {"a", "an"}:
                assert (article == "an") == (following[0] in "aeiou"), pair


@pytest.mark.parametrize(
    ("source", "expected"),
    [("this is so cool !", True), ("this is so cool", True), ("this is cool", False)],
)
def test_demo_sentence_is_known_by_its_words(source: str, expected: bool) -> None:
    assert is_demo(source) is expected


def _template(name: str, sentences: Sequence[tuple[str, str]], num_pairs: int) -> Template:
    def sentence(draw: Draw) -> Pair:
        source, target = draw.one(sentences)
        return Pair(source=source, target=target)

    sentence.__name__ = name
    return Template(sentence=sentence, num_pairs=num_pairs)


def test_template_that_is_too_poor_is_named() -> None:
    poor = _template("poor", [("a", "b"), ("c", "d")], 3)
    with pytest.raises(PhrasebookError, match="template poor: 2 distinct pairs, 3 wanted"):
        draw_pairs((poor,))


@pytest.mark.parametrize("clash", [("a", "x"), ("y", "b")])
def test_second_translation_is_refused(clash: tuple[str, str]) -> None:
    templates = (_template("first", [("a", "b")], 1), _template("second", [clash], 1))
    with pytest.raises(PhrasebookError, match="two translations"):
        draw_pairs(templates)


def test_templates_have_names_of_their_own() -> None:
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES)
