"""The model folder that becomes model.tar.gz: exported weights, vocabularies, samples, manifest."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from nmt.export import export_model
from nmt.metrics import bleu_signature
from nmt.model import ModelConfig, Transformer
from nmt.outcome import TrainingOutcome
from nmt.progress import LearningCurve
from nmt.weights import save_weights
from protocol.artifacts import (
    CTRANSLATE2_FOLDER,
    MANIFEST,
    SAMPLES,
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    WEIGHTS,
    ModelManifest,
)
from training.corpora import Corpora
from training.folders import Folders
from training.hyperparameters import Hyperparameters
from training.learning_curve import write_learning_curve
from training.progress import BLEU, metric_values
from training.recipe import Recipe
from training.rows import Status
from training.table import HYPERPARAMETERS
from training.values import Value
from training.versions import versions


def write_model(
    folders: Folders,
    model: Transformer,
    corpora: Corpora,
    manifest: ModelManifest,
    curve: LearningCurve,
) -> None:
    """Fill the model folder; the manifest comes last, so it stands for a complete model."""
    folders.model.mkdir(parents=True, exist_ok=True)
    export_model(
        model,
        folders.model / CTRANSLATE2_FOLDER,
        source_tokens=corpora.source_tokens,
        target_tokens=corpora.target_tokens,
    )
    save_weights(folders.model / WEIGHTS, model)
    for name in (SOURCE_VOCABULARY, TARGET_VOCABULARY):
        _copy(folders.vocabularies / name, folders.model / name)
    if folders.subwords.exists():
        _copy(folders.subwords, folders.model / folders.subwords.name)
    _write_samples(folders.model / SAMPLES, corpora)
    write_learning_curve(folders.model, curve)
    manifest.save(folders.model / MANIFEST)


def build_manifest(
    recipe: Recipe,
    model: Transformer,
    outcome: TrainingOutcome,
    corpora: Corpora,
    *,
    training_job: str,
    hyperparameters: Hyperparameters,
) -> ModelManifest:
    """What the model says of itself."""
    metrics = metric_values(outcome.metrics)
    return ModelManifest(
        source_language=recipe.source_language,
        target_language=recipe.target_language,
        training_job=training_job,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        metrics=metrics,
        metric_signatures={BLEU: bleu_signature()} if BLEU in metrics else {},
        hyperparameters=dict(hyperparameters.given),
        effective_hyperparameters=_effective(hyperparameters, model.config),
        num_parameters=model.num_parameters,
        source_vocabulary_size=model.config.source_vocabulary_size,
        target_vocabulary_size=model.config.target_vocabulary_size,
        max_source_length=recipe.max_source_length,
        max_decoding_length=recipe.max_target_length,
        beam_size=recipe.beam_size,
        subwords=SUBWORDS in corpora.fingerprints,
        fingerprints=dict(corpora.fingerprints),
        versions=versions(),
        num_batches=outcome.num_batches,
        kept_batch=outcome.kept_step,
        training_seconds=round(outcome.seconds, 1),
        end_reason=str(outcome.reason),
    )


def _effective(hyperparameters: Hyperparameters, config: ModelConfig) -> dict[str, Value]:
    """Every hyperparameter that has an effect and a value, as it was in the end."""
    values = {
        name: value
        for name, value in hyperparameters.values.items()
        if value is not None and HYPERPARAMETERS[name].status is not Status.NO_EFFECT
    }
    return values | {
        "num_embed_source": config.model_dim,
        "num_embed_target": config.model_dim,
        "attention_heads": config.num_heads,
        "feed_forward_dim": config.feed_forward_dim,
        "feed_forward_type": config.feed_forward_type,
        "num_layers_encoder": config.num_encoder_layers,
        "num_layers_decoder": config.num_decoder_layers,
        "dropout": config.dropout,
        "embed_dropout_source": config.source_embedding_dropout,
        "embed_dropout_target": config.target_embedding_dropout,
    }


def _write_samples(path: Path, corpora: Corpora) -> None:
    partial = path.with_name(path.name + ".partial")
    content = json.dumps(corpora.samples(), indent=2, ensure_ascii=False)
    partial.write_text(content + "\n", encoding="utf-8")
    partial.replace(path)


def _copy(source: Path, destination: Path) -> None:
    partial = destination.with_name(destination.name + ".partial")
    shutil.copyfile(source, partial)
    partial.replace(destination)
