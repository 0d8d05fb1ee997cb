from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nmt.tokenizer import Segmentation, WordTokenizer, load_tokenizer
from protocol.vocabulary import SPECIAL_SYMBOLS

tokenizer = WordTokenizer()


@given(st.lists(st.sampled_from(SPECIAL_SYMBOLS) | st.text()).map(" ".join))
def test_pieces_are_the_words_of_the_text(text: str) -> None:
    segmentation = tokenizer.segment(text)
    assert segmentation.text == " ".join(text.split())
    assert segmentation.word_of_piece == tuple(range(len(text.split())))
    assert tokenizer.assemble(segmentation.pieces) == Segmentation(
        " ".join(segmentation.pieces), segmentation.pieces, segmentation.word_of_piece
    )
    assert all(
        piece == ("<unk>" if word in SPECIAL_SYMBOLS else word)
        for piece, word in zip(segmentation.pieces, text.split(), strict=True)
    )


def test_words_that_look_like_special_symbols_are_unknown_words() -> None:
    segmentation = tokenizer.segment(" </s>\ta<s> <pad> <unk> <s>")
    assert segmentation.text == "</s> a<s> <pad> <unk> <s>"
    assert segmentation.pieces == ("<unk>", "a<s>", "<unk>", "<unk>", "<unk>")
    assert segmentation.word_of_piece == (0, 1, 2, 3, 4)


def test_a_model_s_special_symbols_leave_no_word_but_unknown_words_stay() -> None:
    pieces = ("<s>", "ein", "<unk>", "<pad>", "Auto", "</s>")
    assert tokenizer.assemble(pieces) == Segmentation(
        "ein <unk> Auto", pieces, (None, 0, 1, None, 2, None)
    )


def test_a_piece_with_white_space_belongs_to_its_first_word() -> None:
    pieces = ("\u00a0", "New York", "is")
    assert tokenizer.assemble(pieces) == Segmentation("New York is", pieces, (None, 0, 2))


def test_a_folder_without_subwords_has_words(tmp_path: Path) -> None:
    assert isinstance(load_tokenizer(tmp_path), WordTokenizer)
