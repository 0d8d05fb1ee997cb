from pathlib import Path

import pytest

from tests.reversal import write_job
from training.folders import Folders
from training.hyperparameters import HyperparameterError
from training.job import read_plan


def test_subword_dropout_needs_subwords(tmp_path: Path) -> None:
    write_job(tmp_path, {"subword_dropout": "0.1"})
    with pytest.raises(HyperparameterError, match="subword_dropout 0.1 needs subwords, but the"):
        read_plan(Folders(tmp_path))
    (tmp_path / "input" / "data" / "vocab" / "subwords.json").write_text("{}")
    assert read_plan(Folders(tmp_path)).recipe.trainer.subword_dropout == 0.1
