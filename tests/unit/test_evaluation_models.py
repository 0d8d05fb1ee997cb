from pathlib import Path

from evaluation.models import EvaluatedModel
from nmt.tokenizer import load_tokenizer
from nmt.translator import Translator
from protocol.artifacts import CTRANSLATE2_FOLDER, MANIFEST, ModelManifest
from tests.copying_model import LEXICON, NUM_POSITIONS, build_word_model


def test_sentences_of_all_lengths_are_translated_whole_and_in_their_order(tmp_path: Path) -> None:
    build_word_model(tmp_path)
    manifest = ModelManifest.load(tmp_path / MANIFEST)
    model = EvaluatedModel(
        name="candidate",
        folder=tmp_path,
        manifest=manifest,
        tokenizer=load_tokenizer(tmp_path),
        translator=Translator.load(tmp_path / CTRANSLATE2_FOLDER),
    )
    long = ["you", "good"] * (NUM_POSITIONS // 2 - 1)
    assert len(long) > manifest.max_decoding_length
    sources = ["this is cool", " ".join(long), "", "you are", " ".join(reversed(long))]
    expected = [" ".join(LEXICON[word] for word in source.split()) for source in sources]
    assert model.translate(sources).hypotheses == expected
