"""The model folder that becomes model.tar.gz: exported weights, vocabularies, samples, manifest."""

import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from nmt.export import export_model
from nmt.metrics import ValidationMetrics
from nmt.model import Transformer
from protocol.artifacts import (
    CTRANSLATE2_FOLDER,
    MANIFEST,
    SAMPLES,
    SOURCE_VOCABULARY,
    TARGET_VOCABULARY,
    ModelManifest,
)
from training.corpora import Corpora
from training.folders import Folders
from training.progress import metric_values
from training.recipe import Recipe


def write_model(
    folders: Folders,
    model: Transformer,
    corpora: Corpora,
    manifest: ModelManifest,
) -> None:
    """Fill the model folder; the manifest comes last, so it stands for a complete model."""
    folders.model.mkdir(parents=True, exist_ok=True)
    export_model(
        model,
        folders.model / CTRANSLATE2_FOLDER,
        source_tokens=corpora.source_tokens,
        target_tokens=corpora.target_tokens,
    )
    for name in (SOURCE_VOCABULARY, TARGET_VOCABULARY):
        _copy(folders.vocabularies / name, folders.model / name)
    if folders.subwords.exists():
        _copy(folders.subwords, folders.model / folders.subwords.name)
    _write_samples(folders.model / SAMPLES, corpora)
    manifest.save(folders.model / MANIFEST)


def build_manifest(
    recipe: Recipe,
    model: Transformer,
    metrics: ValidationMetrics,
    *,
    training_job: str,
    hyperparameters: Mapping[str, str],
    subwords: bool,
) -> ModelManifest:
    """What the model says of itself."""
    return ModelManifest(
        source_language=recipe.source_language,
        target_language=recipe.target_language,
        training_job=training_job,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        metrics=metric_values(metrics),
        hyperparameters=dict(hyperparameters),
        num_parameters=model.num_parameters,
        source_vocabulary_size=model.config.source_vocabulary_size,
        target_vocabulary_size=model.config.target_vocabulary_size,
        max_source_length=recipe.max_source_length,
        max_decoding_length=recipe.max_target_length,
        beam_size=recipe.beam_size,
        subwords=subwords,
    )


def _write_samples(path: Path, corpora: Corpora) -> None:
    partial = path.with_name(path.name + ".partial")
    content = json.dumps(corpora.samples(), indent=2, ensure_ascii=False)
    partial.write_text(content + "\n", encoding="utf-8")
    partial.replace(path)


def _copy(source: Path, destination: Path) -> None:
    partial = destination.with_name(destination.name + ".partial")
    shutil.copyfile(source, partial)
    partial.replace(destination)
