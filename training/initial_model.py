"""Warm start: training goes on from an earlier model of this service, with its vocabularies.

The model comes as its archive in the optional channel `model`, as with SageMaker's incremental
training.
"""

import io
import tarfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass, fields, replace

from nmt.model import ModelConfig
from nmt.weights import TrainedWeights, WeightsError, load_weights
from protocol.artifacts import SOURCE_VOCABULARY, SUBWORDS, TARGET_VOCABULARY, WEIGHTS
from protocol.vocabulary import VocabularyError, parse_vocabulary, tokens_by_id
from training.corpora import Corpora, fingerprint
from training.folders import Folders

FINGERPRINT = "initial_model"
_HYPERPARAMETERS = {
    "model_dim": ("num_embed_source", "num_embed_target"),
    "num_heads": ("attention_heads",),
    "feed_forward_dim": ("feed_forward_dim", "rnn_num_hidden", "cnn_num_hidden", "encoder_type"),
    "feed_forward_type": ("feed_forward_type",),
    "num_encoder_layers": ("num_layers_encoder",),
    "num_decoder_layers": ("num_layers_decoder",),
}
"""Those that decide what the weights are."""
_FIRST_WEIGHTS = ("weight_init_type", "weight_init_scale", "xavier_factor_type")
_DROPOUTS = ("dropout", "source_embedding_dropout", "target_embedding_dropout")


class InitialModelError(ValueError):
    """The earlier model cannot be gone on from; the message names the reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InitialModel:
    """An earlier model's archive, as far as training needs it."""

    name: str
    fingerprint: str
    trained: TrainedWeights
    source_tokens: list[str]
    target_tokens: list[str]
    subwords: bytes | None

    def check_vocabularies(self, corpora: Corpora, subwords: bytes | None) -> None:
        """Refuse records whose ids mean other tokens than the model's.

        Raises:
            InitialModelError: names the vocabulary and its first difference.
        """
        for name, mine, theirs in (
            (SOURCE_VOCABULARY, self.source_tokens, corpora.source_tokens),
            (TARGET_VOCABULARY, self.target_tokens, corpora.target_tokens),
        ):
            if mine != theirs:
                raise InitialModelError(
                    f"{name} is not that of {self.name}: {_difference(mine, theirs)}; preprocess "
                    "the new corpus with the model's vocabularies"
                )
        if self.subwords != subwords:
            raise InitialModelError(
                f"{SUBWORDS} is not that of {self.name}; preprocess the new corpus with the "
                "model's subwords"
            )

    def model_config(self, wanted: ModelConfig, given: Collection[str]) -> ModelConfig:
        """The model's dimensions, with the dropout that is wanted now.

        Raises:
            InitialModelError: a hyperparameter that was given asks for another dimension.
        """
        config = self.trained.config
        for field in fields(config):
            mine, asked = getattr(config, field.name), getattr(wanted, field.name)
            names = [name for name in _HYPERPARAMETERS.get(field.name, ()) if name in given]
            if mine != asked and names:
                raise InitialModelError(
                    f"{' and '.join(names)}: {self.name} has {field.name} {mine}, not {asked}; "
                    "leave out what the model decides"
                )
        return replace(config, **{name: getattr(wanted, name) for name in _DROPOUTS})

    def warnings(self, given: Collection[str]) -> list[str]:
        """One line for each hyperparameter that was given and has no effect beside the model."""
        return [
            f"{name} has no effect: the weights are those of {self.name}"
            for name in _FIRST_WEIGHTS
            if name in given
        ]


def read_initial_model(folders: Folders) -> InitialModel | None:
    """The model in the channel; `None` where the job has no such channel.

    Raises:
        InitialModelError: the channel holds no archive of a model that can be trained further.
    """
    if not folders.initial_model.is_dir():
        return None
    archives = sorted(folders.initial_model.glob("*.tar.gz"))
    if len(archives) != 1:
        names = ", ".join(path.name for path in archives) or "none"
        raise InitialModelError(f"channel model must hold one model.tar.gz; found {names}")
    (archive,) = archives
    try:
        with tarfile.open(archive, "r:gz") as content:
            return _model(content, archive.name, fingerprint(archive))
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise InitialModelError(f"{archive.name} cannot be unpacked: {error}") from error
    except (WeightsError, VocabularyError) as error:
        raise InitialModelError(f"{archive.name}: {error}") from error


def _model(content: tarfile.TarFile, name: str, digest: str) -> InitialModel:
    names = {member.removeprefix("./"): member for member in content.getnames()}
    for needed in (WEIGHTS, SOURCE_VOCABULARY, TARGET_VOCABULARY):
        if needed not in names:
            raise InitialModelError(
                f"{name} has no {needed}, so it cannot be trained further; it must be a model that "
                "this service trained and wrote"
            )

    def read(member: str) -> bytes:
        stream = content.extractfile(names[member])
        if stream is None:
            raise InitialModelError(f"{name}: {member} is not a file")
        return stream.read()

    return InitialModel(
        name=name,
        fingerprint=digest,
        trained=load_weights(io.BytesIO(read(WEIGHTS))),
        source_tokens=tokens_by_id(parse_vocabulary(read(SOURCE_VOCABULARY), SOURCE_VOCABULARY)),
        target_tokens=tokens_by_id(parse_vocabulary(read(TARGET_VOCABULARY), TARGET_VOCABULARY)),
        subwords=read(SUBWORDS) if SUBWORDS in names else None,
    )


def _difference(mine: list[str], theirs: list[str]) -> str:
    pairs = enumerate(zip(mine, theirs, strict=False))
    for token_id, (own, other) in pairs:
        if own != other:
            return f"id {token_id} is {other!r} here and {own!r} there"
    return f"it has {len(theirs):,} entries, the model's {len(mine):,}"
