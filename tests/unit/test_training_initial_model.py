import dataclasses
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from nmt.model import ModelConfig, Transformer
from nmt.weights import WeightsError, load_weights, save_weights
from protocol.artifacts import SOURCE_VOCABULARY, SUBWORDS, TARGET_VOCABULARY, WEIGHTS
from protocol.vocabulary import SPECIAL_SYMBOLS, save_vocabulary
from tests.reversal import VOCABULARY, write_job
from tests.short_trainings import new_model
from training.corpora import Corpora, read_corpora
from training.folders import Folders
from training.hyperparameters import read_hyperparameters
from training.initial_model import InitialModel, InitialModelError, read_initial_model
from training.recipe import build_recipe


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """A job's folders with an earlier model in its channel."""
    write_job(tmp_path, {}, num_pairs=5)
    folders = Folders(tmp_path)
    folders.initial_model.mkdir()
    write_archive(folders, write_parts(tmp_path / "parts"))
    return folders


def write_parts(folder: Path) -> Path:
    folder.mkdir()
    save_weights(folder / WEIGHTS, new_model())
    for name in (SOURCE_VOCABULARY, TARGET_VOCABULARY):
        save_vocabulary(folder / name, VOCABULARY)
    return folder


def write_archive(folders: Folders, parts: Path) -> None:
    with tarfile.open(folders.initial_model / "model.tar.gz", "w:gz") as archive:
        archive.add(parts, ".")


def read(folders: Folders) -> InitialModel:
    model = read_initial_model(folders)
    assert model is not None
    return model


def corpora_of(folders: Folders) -> Corpora:
    return read_corpora(folders, build_recipe(read_hyperparameters({})))


def test_the_channel_is_optional(folders: Folders) -> None:
    (folders.initial_model / "model.tar.gz").unlink()
    folders.initial_model.rmdir()

    assert read_initial_model(folders) is None


def test_weights_come_back_as_they_were(folders: Folders) -> None:
    model, original = read(folders), new_model()

    assert model.trained.config == original.config
    assert model.trained.weights.keys() == original.state_dict().keys()
    for name, weight in original.state_dict().items():
        assert torch.equal(model.trained.weights[name], weight)
    assert model.source_tokens == list(VOCABULARY)
    assert model.subwords is None
    assert len(model.fingerprint) == 64
    model.check_vocabularies(corpora_of(folders), None)


def test_what_is_not_given_is_the_models(folders: Folders) -> None:
    wanted = ModelConfig(
        source_vocabulary_size=14, target_vocabulary_size=14, dropout=0.3, model_dim=512
    )

    config = read(folders).model_config(wanted, {"learning_rate", "dropout"})

    assert config == dataclasses.replace(
        new_model().config,
        dropout=0.3,
        source_embedding_dropout=0.1,
        target_embedding_dropout=0.1,
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"num_embed_source"}, "num_embed_source: model.tar.gz has model_dim 8, not 512; leave"),
        ({"rnn_num_hidden"}, "rnn_num_hidden: model.tar.gz has feed_forward_dim 8, not 2048"),
        ({"feed_forward_type"}, "model.tar.gz has feed_forward_type relu, not swiglu; leave out"),
        ({"num_layers_decoder"}, "num_layers_decoder: model.tar.gz has num_decoder_layers 1, not"),
    ],
)
def test_other_dimensions_are_refused(folders: Folders, given: set[str], message: str) -> None:
    wanted = ModelConfig(
        source_vocabulary_size=14, target_vocabulary_size=14, feed_forward_type="swiglu"
    )

    with pytest.raises(InitialModelError, match=message):
        read(folders).model_config(wanted, given)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (
            [*SPECIAL_SYMBOLS, *"0123465789"],
            "vocab.src.json is not that of model.tar.gz: id 9 is '6' here and '5' there; preproc",
        ),
        (
            [*SPECIAL_SYMBOLS, *"0123456789a"],
            "vocab.src.json is not that of model.tar.gz: it has 15 entries, the model's 14",
        ),
    ],
)
def test_another_vocabulary_is_refused(folders: Folders, tokens: list[str], message: str) -> None:
    vocabulary = {token: i for i, token in enumerate(tokens)}
    save_vocabulary(folders.vocabularies / SOURCE_VOCABULARY, vocabulary)

    with pytest.raises(InitialModelError, match=message):
        read(folders).check_vocabularies(corpora_of(folders), None)


def test_other_subwords_are_refused(folders: Folders) -> None:
    with pytest.raises(InitialModelError, match=f"{SUBWORDS} is not that of model.tar.gz"):
        read(folders).check_vocabularies(corpora_of(folders), b"{}")


def _lose_weights(parts: Path) -> None:
    (parts / WEIGHTS).unlink()


def _damage_weights(parts: Path) -> None:
    (parts / WEIGHTS).write_bytes(b"PK but no more")


def test_a_model_from_before_gated_layers_is_gone_on_from(folders: Folders) -> None:
    parts = write_parts(folders.initial_model / "old")
    content = torch.load(parts / WEIGHTS, weights_only=True)
    del content["model_config"]["feed_forward_type"]
    torch.save(content, parts / WEIGHTS)
    write_archive(folders, parts)

    assert read(folders).trained.config == new_model().config


def _ask_for_unknown_layers(parts: Path) -> None:
    content = torch.load(parts / WEIGHTS, weights_only=True)
    content["model_config"]["feed_forward_type"] = "unknown"
    torch.save(content, parts / WEIGHTS)


def _lose_a_layer(parts: Path) -> None:
    content = torch.load(parts / WEIGHTS, weights_only=True)
    content["model_config"]["num_decoder_layers"] = 2
    torch.save(content, parts / WEIGHTS)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_lose_weights, "model.tar.gz has no weights.pt, so it cannot be trained further; it must"),
        (_damage_weights, "model.tar.gz: the weights cannot be read: "),
        (_ask_for_unknown_layers, "a model of this service: feed_forward_type must be relu or swi"),
        (_lose_a_layer, "model.tar.gz: the weights are not those of a model of this service: Err"),
    ],
)
def test_an_archive_that_cannot_be_trained_further_is_refused(
    folders: Folders, damage: Callable[[Path], None], message: str
) -> None:
    damage(folders.root / "parts")
    write_archive(folders, folders.root / "parts")

    with pytest.raises(InitialModelError, match=message):
        read_initial_model(folders)


def test_a_channel_without_an_archive_is_refused(folders: Folders) -> None:
    archive = folders.initial_model / "model.tar.gz"
    archive.write_bytes(archive.read_bytes()[:1000])
    with pytest.raises(InitialModelError, match="model.tar.gz cannot be unpacked: "):
        read_initial_model(folders)

    archive.rename(folders.initial_model / "model.zip")
    with pytest.raises(InitialModelError, match="channel model must hold one model.tar.gz; found"):
        read_initial_model(folders)


def test_weights_of_another_format_are_refused() -> None:
    stream = io.BytesIO()
    torch.save({"format_version": 9}, stream)
    stream.seek(0)

    with pytest.raises(WeightsError, match="weights of format version 9, expected 1"):
        load_weights(stream)


def test_a_shared_embedding_is_written_once(tmp_path: Path) -> None:
    config = dataclasses.replace(
        new_model().config,
        source_vocabulary_size=1000,
        target_vocabulary_size=1000,
        model_dim=32,
        num_heads=1,
    )
    for shared in (False, True):
        model = Transformer(dataclasses.replace(config, shared_vocabulary=shared))
        save_weights(tmp_path / f"{shared}.pt", model)

    apart, together = ((tmp_path / f"{shared}.pt").stat().st_size for shared in (False, True))
    assert apart - together > 100_000


def test_what_decides_first_weights_is_said_to_have_no_effect(folders: Folders) -> None:
    model = read(folders)
    given = read_hyperparameters({"weight_init_type": "uniform", "dropout": "0.1"}).given
    assert model.warnings(given) == [
        "weight_init_type has no effect: the weights are those of model.tar.gz"
    ]


def test_an_encoder_type_that_asks_for_another_width_is_refused(folders: Folders) -> None:
    model = read(folders)
    given = read_hyperparameters({"encoder_type": "cnn"})
    wanted = dataclasses.replace(
        model.trained.config, feed_forward_dim=model.trained.config.feed_forward_dim + 1
    )
    with pytest.raises(InitialModelError, match="encoder_type: .* has feed_forward_dim"):
        model.model_config(wanted, given.given)
