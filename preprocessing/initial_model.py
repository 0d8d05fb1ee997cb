"""The vocabularies of an earlier model, for records that its training can go on with."""

from pathlib import Path

from nmt.tokenizer import SubwordTokenizer
from preprocessing.errors import ArgumentsError
from preprocessing.outputs import StagedOutputs
from preprocessing.pieces import PieceInventory, refuse_left_subwords
from preprocessing.settings import Settings
from preprocessing.sources.corpus_uri import open_binary
from preprocessing.vocabularies import Vocabulary
from protocol.artifacts import (
    MANIFEST,
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    ManifestError,
    ModelManifest,
)
from protocol.uris import display_name
from protocol.vocabulary import parse_vocabulary


def initial_pieces(settings: Settings, outputs: StagedOutputs) -> PieceInventory | None:
    """The pieces of the model that the settings name, if they do; its files are copied.

    Raises:
        SourceError: the archive cannot be read, or lacks a file.
        ArgumentsError: it is not a model of this service.
        VocabularyError: one of its vocabularies is damaged.
    """
    if settings.initial_model is None:
        return None
    archive = settings.initial_model
    manifest = _manifest(archive)
    paths = settings.outputs
    source = _copied(archive, SOURCE_VOCABULARY, outputs.stage(paths.source_vocabulary))
    target = _copied(archive, TARGET_VOCABULARY, outputs.stage(paths.target_vocabulary))
    if not manifest.subwords:
        refuse_left_subwords(settings)
        return PieceInventory(source, target)
    subwords = outputs.stage(paths.subwords)
    subwords.write_bytes(_read(archive, SUBWORDS))
    return PieceInventory(source, target, SubwordTokenizer(subwords))


def _manifest(archive: str) -> ModelManifest:
    name = f"{display_name(archive)}#{MANIFEST}"
    try:
        return ModelManifest.parse(_read(archive, MANIFEST), name)
    except ManifestError as error:
        raise ArgumentsError(f"--initial-model: {error}") from error


def _copied(archive: str, member: str, path: Path) -> Vocabulary:
    content = _read(archive, member)
    path.write_bytes(content)
    return parse_vocabulary(content, f"{display_name(archive)}#{member}")


def _read(archive: str, member: str) -> bytes:
    with open_binary(f"{archive}#{member}") as stream:
        return stream.read()
