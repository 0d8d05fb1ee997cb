"""One training job from its folders to the model: check, read, train, export."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from nmt.checkpoint import CheckpointFolder
from nmt.initialization import initialize
from nmt.model import Transformer
from nmt.trainer import Trainer, TrainingOutcome
from nmt.validation import Validator
from training.artifacts import build_manifest, write_model
from training.corpora import Corpora, read_corpora
from training.device import check_gpu, computes_in_bfloat16
from training.folders import Folders
from training.hyperparameters import (
    Hyperparameters,
    no_effect_warnings,
    read_hyperparameters,
)
from training.memory import keep_freed_memory
from training.progress import ProgressPrinter, metric_line, say
from training.recipe import Recipe, build_recipe, compromises

LOCAL_JOB_NAME = "local"


def run_job(
    folders: Folders, environ: Mapping[str, str], *, stop_requested: Callable[[], bool]
) -> None:
    """Train and write the model.

    Raises:
        ValueError: a subclass for each thing that the job's owner can put right.
    """
    hyperparameters = read_hyperparameters(folders.read_hyperparameters())
    recipe = build_recipe(hyperparameters)
    for warning in no_effect_warnings(hyperparameters) + compromises(hyperparameters):
        say(f"[warning] {warning}")
    folders.check_single_host()
    check_gpu(folders.instance_type())
    folders.check_channels()
    device = _prepare_device(recipe, environ)
    corpora = read_corpora(folders, recipe)
    _describe(corpora)
    model = _build_model(recipe, corpora).to(device)
    say(f"[model] {model.num_parameters:,} parameters on {device.type}: {model.config}")
    outcome = _train(model, recipe, corpora, folders, stop_requested)
    _write(folders, model, recipe, corpora, outcome, hyperparameters, environ)


def _prepare_device(recipe: Recipe, environ: Mapping[str, str]) -> torch.device:
    keep_freed_memory()
    torch.manual_seed(recipe.seed)
    cores = len(os.sched_getaffinity(0))
    if recipe.num_threads or "OMP_NUM_THREADS" not in environ:
        torch.set_num_threads(recipe.num_threads or cores)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    arithmetic = "bfloat16" if computes_in_bfloat16(recipe.precision, device) else "float32"
    say(
        f"[device] {device.type}, {arithmetic}, {torch.get_num_threads()} CPU threads, "
        f"torch {torch.__version__}"
    )
    return device


def _describe(corpora: Corpora) -> None:
    for name, corpus in (("train", corpora.training), ("validation", corpora.validation)):
        say(
            f"[corpus] {name}: {len(corpus):,} pairs, {len(corpus.source.ids):,} source and "
            f"{len(corpus.target.ids):,} target tokens; {corpus.num_truncated_pairs:,} truncated, "
            f"{corpus.num_empty_pairs:,} left out as empty"
        )


def _build_model(recipe: Recipe, corpora: Corpora) -> Transformer:
    config = recipe.model_config(
        len(corpora.source_tokens), len(corpora.target_tokens), shared=corpora.shared_vocabulary
    )
    model = Transformer(config)
    initialize(model, recipe.initialization)
    return model


def _train(
    model: Transformer,
    recipe: Recipe,
    corpora: Corpora,
    folders: Folders,
    stop_requested: Callable[[], bool],
) -> TrainingOutcome:
    bfloat16 = computes_in_bfloat16(recipe.precision, next(model.parameters()).device)
    trainer = Trainer(
        model,
        corpora.training,
        Validator(corpora.validation, recipe.validation, corpora.target_text),
        replace(recipe.trainer, bfloat16=bfloat16),
        observer=ProgressPrinter(),
        checkpoints=CheckpointFolder(folders.checkpoints, corpora.fingerprints),
        stop_requested=stop_requested,
    )
    return trainer.train()


def _write(
    folders: Folders,
    model: Transformer,
    recipe: Recipe,
    corpora: Corpora,
    outcome: TrainingOutcome,
    hyperparameters: Hyperparameters,
    environ: Mapping[str, str],
) -> None:
    manifest = build_manifest(
        recipe,
        model,
        outcome.metrics,
        training_job=environ.get("TRAINING_JOB_NAME", LOCAL_JOB_NAME),
        hyperparameters=hyperparameters.given,
        subwords=folders.subwords.exists(),
    )
    write_model(folders, model, corpora, manifest)
    say(f"[end] {outcome.reason} after {outcome.num_batches} batches")
    say(f"[end] the model holds the weights of batch {outcome.kept_step}:")
    say(metric_line(outcome.metrics))
