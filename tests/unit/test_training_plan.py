from pathlib import Path

import pytest

from tests.reversal import write_hyperparameters, write_job
from training.folders import Folders
from training.hyperparameters import HyperparameterError
from training.job import read_plan


def test_subword_dropout_needs_subwords(tmp_path: Path) -> None:
    write_job(tmp_path, {"subword_dropout": "0.1"})
    with pytest.raises(HyperparameterError, match="subword_dropout 0.1 needs subwords, but the"):
        read_plan(Folders(tmp_path))
    (tmp_path / "input" / "data" / "vocab" / "subwords.json").write_text("{}")
    assert read_plan(Folders(tmp_path)).recipe.trainer.subword_dropout == 0.1


def test_limits_that_contradict_each_other_are_refused_before_the_channels_are_looked_at(
    tmp_path: Path,
) -> None:
    write_hyperparameters(tmp_path, {"min_num_epochs": "3", "max_num_epochs": "2"})
    with pytest.raises(HyperparameterError, match="min_num_epochs must be at most max_num_epochs"):
        read_plan(Folders(tmp_path))
