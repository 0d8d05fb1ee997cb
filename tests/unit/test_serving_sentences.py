import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.sentences import split


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
        ("you are good ! this is cool .", ["you are good !", "this is cool ."]),
        ("first line\nsecond line\n\n", ["first line", "second line"]),
        ("3.5 per cent of example.org", ["3.5 per cent of example.org"]),
        ("今日は。「はい。」と言った。", ["今日は。", "「はい。」と言った。"]),
        ("  \n ", []),
    ],
)
def test_texts_are_split_where_sentences_end(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@given(st.text(alphabet="ab.!? \n\"'。", max_size=60))
def test_splitting_loses_no_word(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())


def test_many_marks_in_a_row_take_no_longer_than_words() -> None:
    assert split("." * 200_000 + "x") == ["." * 200_000 + "x"]
