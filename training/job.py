"""One training job from its folders to the model: check, read, train, export."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import torch

from nmt.checkpoint import CheckpointFolder
from nmt.data import ParallelCorpus
from nmt.initialization import initialize
from nmt.model import Transformer
from nmt.outcome import TrainingOutcome
from nmt.processes import OneProcess, Processes
from nmt.subword_dropout import Merges, SubwordDropout
from nmt.tokenizer import SubwordTokenizer
from nmt.trainer import Trainer
from nmt.validation import Validator
from protocol.artifacts import SUBWORDS
from training.artifacts import build_manifest, write_model
from training.corpora import Corpora, read_corpora
from training.device import check_gpu, computes_in_bfloat16
from training.folders import Folders
from training.hyperparameters import (
    HyperparameterError,
    Hyperparameters,
    no_effect_warnings,
    read_hyperparameters,
)
from training.initial_model import FINGERPRINT, InitialModel, read_initial_model
from training.memory import keep_freed_memory
from training.progress import ProgressPrinter, metric_line, say
from training.recipe import Recipe, build_recipe, compromises

LOCAL_JOB_NAME = "local"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a job is to do, as far as it is known before data are read."""

    folders: Folders
    hyperparameters: Hyperparameters
    recipe: Recipe


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where this process trains, and with whom."""

    device: torch.device
    processes: Processes = field(default_factory=OneProcess)
    processes_per_host: int = 1


def read_plan(folders: Folders) -> Plan:
    """Check everything that can be checked before data are read.

    Raises:
        ValueError: a subclass for each thing that the job's owner can put right.
    """
    hyperparameters = read_hyperparameters(folders.read_hyperparameters())
    recipe = build_recipe(hyperparameters)
    check_gpu(folders.instance_type())
    folders.check_channels()
    if recipe.trainer.subword_dropout and not folders.subwords.exists():
        raise HyperparameterError(
            f"hyperparameter subword_dropout {recipe.trainer.subword_dropout:g} needs subwords, "
            f"but the vocab channel holds no {SUBWORDS}: preprocess with subwords, or leave it out"
        )
    return Plan(folders=folders, hyperparameters=hyperparameters, recipe=recipe)


def run_job(
    plan: Plan, environ: Mapping[str, str], place: Place, *, stop_requested: Callable[[], bool]
) -> None:
    """Train; the first process writes the model.

    Raises:
        ValueError: a subclass for each thing that the job's owner can put right.
    """
    recipe = plan.recipe
    for warning in no_effect_warnings(plan.hyperparameters) + compromises(plan.hyperparameters):
        say(f"[warning] {warning}")
    _prepare(recipe, environ, place)
    initial_model = read_initial_model(plan.folders)
    corpora = read_corpora(plan.folders, recipe, stop_requested)
    if initial_model:
        for warning in initial_model.warnings(plan.hyperparameters.given):
            say(f"[warning] {warning}")
        corpora = _continued(corpora, initial_model, plan.folders)
    _describe(corpora)
    model = _build_model(plan, corpora, initial_model).to(place.device)
    say(f"[model] {model.num_parameters:,} parameters on {place.device.type}: {model.config}")
    outcome = _train(plan, model, corpora, place, stop_requested)
    if place.processes.rank == 0:
        _write(plan, model, corpora, outcome, environ)


def _prepare(recipe: Recipe, environ: Mapping[str, str], place: Place) -> None:
    keep_freed_memory()
    torch.manual_seed(recipe.seed)
    cores = len(os.sched_getaffinity(0))
    if recipe.num_threads or "OMP_NUM_THREADS" not in environ:
        torch.set_num_threads(recipe.num_threads or max(cores // place.processes_per_host, 1))
    device, processes = place.device, place.processes
    arithmetic = "bfloat16" if computes_in_bfloat16(recipe.precision, device) else "float32"
    company = f"{processes.size} processes, " if processes.size > 1 else ""
    say(
        f"[device] {company}{device.type}, {arithmetic}, {torch.get_num_threads()} CPU threads, "
        f"torch {torch.__version__}"
    )


def _describe(corpora: Corpora) -> None:
    for name, corpus in (("train", corpora.training), ("validation", corpora.validation)):
        say(
            f"[corpus] {name}: {len(corpus):,} pairs, {len(corpus.source.ids):,} source and "
            f"{len(corpus.target.ids):,} target tokens; {corpus.num_truncated_pairs:,} truncated, "
            f"{corpus.num_empty_pairs:,} left out as empty"
        )


def _continued(corpora: Corpora, initial_model: InitialModel, folders: Folders) -> Corpora:
    """The corpora, after they were found to be in the earlier model's vocabularies."""
    subwords = folders.subwords.read_bytes() if folders.subwords.exists() else None
    initial_model.check_vocabularies(corpora, subwords)
    say(f"[model] going on from {initial_model.name}, sha256 {initial_model.fingerprint}")
    fingerprints = {**corpora.fingerprints, FINGERPRINT: initial_model.fingerprint}
    return replace(corpora, fingerprints=fingerprints)


def _build_model(plan: Plan, corpora: Corpora, initial_model: InitialModel | None) -> Transformer:
    config = plan.recipe.model_config(
        len(corpora.source_tokens), len(corpora.target_tokens), shared=corpora.shared_vocabulary
    )
    if initial_model:
        model = Transformer(initial_model.model_config(config, plan.hyperparameters.given))
        model.load_state_dict(initial_model.trained.weights)
        return model
    model = Transformer(config)
    initialize(model, plan.recipe.initialization)
    return model


def _train(
    plan: Plan,
    model: Transformer,
    corpora: Corpora,
    place: Place,
    stop_requested: Callable[[], bool],
) -> TrainingOutcome:
    recipe, rank = plan.recipe, place.processes.rank
    if rank:
        # The first weights are the same everywhere; what dropout draws is not.
        torch.manual_seed(recipe.seed + rank)
    bfloat16 = computes_in_bfloat16(recipe.precision, place.device)
    with ProgressPrinter(recipe.trainer.max_num_batches) as observer:
        trainer = Trainer(
            model,
            _training_corpus(recipe, corpora, stop_requested),
            Validator(corpora.validation, recipe.validation, corpora.target_text),
            replace(recipe.trainer, bfloat16=bfloat16),
            observer=observer,
            checkpoints=CheckpointFolder(plan.folders.checkpoints, corpora.fingerprints),
            stop_requested=stop_requested,
            processes=place.processes,
        )
        return trainer.train()


def _training_corpus(
    recipe: Recipe, corpora: Corpora, stop_requested: Callable[[], bool]
) -> ParallelCorpus:
    rate, tokenizer = recipe.trainer.subword_dropout, corpora.tokenizer
    if not rate or not isinstance(tokenizer, SubwordTokenizer):
        return corpora.training
    dropout = SubwordDropout(
        corpora.training,
        Merges.of(tokenizer),
        rate=rate,
        seed=recipe.seed,
        interrupted=stop_requested,
    )
    return replace(corpora.training, cut_anew=dropout.corpus)


def _write(
    plan: Plan,
    model: Transformer,
    corpora: Corpora,
    outcome: TrainingOutcome,
    environ: Mapping[str, str],
) -> None:
    manifest = build_manifest(
        plan.recipe,
        model,
        outcome,
        corpora,
        training_job=environ.get("TRAINING_JOB_NAME", LOCAL_JOB_NAME),
        hyperparameters=plan.hyperparameters,
    )
    write_model(plan.folders, model, corpora, manifest, outcome.curve)
    say(f"[end] {outcome.reason} after {outcome.num_batches} batches")
    say(f"[end] the model holds the weights of batch {outcome.kept_step}:")
    say(metric_line(outcome.metrics))
