"""One training of the product in a folder of its own; started again, it goes on where it was."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.processes import BenchmarkError
from nmt.outcome import StopReason
from preprocessing.__main__ import main as preprocess
from protocol.artifacts import (
    MANIFEST,
    MODEL_ARCHIVE,
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    TRAIN_RECORDS,
    VALIDATION_RECORDS,
    ModelManifest,
)

ROOT = Path(__file__).resolve().parents[2]


def prepare(texts: Path, folder: Path, *options: str) -> Path:
    """Records, vocabularies and subwords of the texts, made once with preprocessing's options."""
    if (folder / TRAIN_RECORDS).exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    sides = [
        f"--{role}-{side}={texts / name}.{language}"
        for role, name in (("train", "train"), ("val", "val"))
        for side, language in (("source", "en"), ("target", "de"))
    ]
    before = Path.cwd()
    os.chdir(folder)
    try:
        if preprocess([*sides, *options]):
            raise BenchmarkError(f"{texts}: cannot be preprocessed")
    finally:
        os.chdir(before)
    return folder


def pack(model: Path) -> Path:
    """The model's archive, beside its folder, as SageMaker would have made it."""
    archive = model.with_suffix(".tar.gz")
    if not archive.exists():
        part = archive.with_suffix(".part")
        with tarfile.open(part, "w:gz", compresslevel=1) as packed:
            for path in sorted(model.iterdir()):
                packed.add(path, arcname=path.name)
        part.replace(archive)
    return archive


def train(
    prepared: Path,
    folder: Path,
    hyperparameters: Mapping[str, object],
    initial_model: Path | None = None,
) -> Path:
    """The model's folder; progress goes to `training.log` beside it.

    `initial_model` is the archive of a model to go on from.
    """
    model = folder / "model"
    if not _is_complete(model / MANIFEST):
        _lay_out(prepared, folder, hyperparameters)
        if initial_model is not None:
            _lay_out_initial(initial_model, folder)
        # Threads that spin while they wait take a shared machine's cores from those that work.
        environ = {"OMP_WAIT_POLICY": "passive", **os.environ}
        environ |= {"PYTHONPATH": str(ROOT), "SAGEMAKER_ROOT": str(folder)}
        with (folder / "training.log").open("a") as log:
            command = [sys.executable, "-m", "training"]
            if subprocess.run(command, env=environ, stdout=log, stderr=log, check=False).returncode:
                raise BenchmarkError(f"the training failed; see {folder / 'training.log'}")
    return model


def _is_complete(manifest: Path) -> bool:
    """Whether there is a model, and its training was not asked to stop before its end."""
    return manifest.exists() and ModelManifest.load(manifest).end_reason != StopReason.REQUESTED


def _lay_out_initial(archive: Path, folder: Path) -> None:
    channel = folder / "input" / "data" / "model"
    channel.mkdir(exist_ok=True)
    shutil.copy(archive, channel / MODEL_ARCHIVE)


def _lay_out(prepared: Path, folder: Path, hyperparameters: Mapping[str, object]) -> None:
    """What SageMaker puts under a training container's root."""
    channels = {
        "train": [TRAIN_RECORDS],
        "validation": [VALIDATION_RECORDS],
        "vocab": [SOURCE_VOCABULARY, TARGET_VOCABULARY, SUBWORDS],
    }
    for channel, names in channels.items():
        target = folder / "input" / "data" / channel
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copy(prepared / name, target / name)
    config = folder / "input" / "config"
    config.mkdir(exist_ok=True)
    strings = {name: str(value) for name, value in hyperparameters.items()}
    (config / "hyperparameters.json").write_text(json.dumps(strings), encoding="utf-8")
