from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import pytest
import torch

from nmt.decoding import greedy_decode
from nmt.metrics import corpus_bleu
from nmt.model import Transformer
from nmt.weights import load_weights
from protocol.artifacts import CTRANSLATE2_FOLDER, WEIGHTS
from protocol.vocabulary import EOS_ID
from tests.reversal import VOCABULARY, Pair, copying_pairs, reversal_pairs, write_job
from training.__main__ import main

TOKENS = list(VOCABULARY)
HYPERPARAMETERS = {
    "num_embed_source": "64",
    "rnn_num_hidden": "128",
    "attention_heads": "1",
    "dropout": "0",
    "num_threads": "1",
    "batch_size": "64",
    "learning_rate": "0.004",
    "warmup_batches": "50",
    "lr_scheduler_type": "linear",
    "max_num_batches": "700",
    "checkpoint_frequency_num_batches": "700",
    "precision": "float32",
}


class Task:
    """A task, what was learned of it, and its translations of pairs that were never seen."""

    def __init__(self, folder: Path, pairs: Callable[..., Iterator[Pair]]) -> None:
        self.folder = folder
        self.pairs = list(pairs(100, seed=9))
        sources = [[TOKENS[i] for i in source] for source, _ in self.pairs]
        translator = ctranslate2.Translator(str(folder / CTRANSLATE2_FOLDER), intra_threads=1)
        self.results: list[Any] = translator.translate_batch(
            sources, beam_size=1, return_attention=True
        )

    def bleu(self) -> float:
        references = [" ".join(TOKENS[i] for i in target) for _, target in self.pairs]
        hypotheses = [" ".join(result.hypotheses[0]) for result in self.results]
        return corpus_bleu(hypotheses, references)

    def attended(self) -> Iterator[tuple[list[int], int]]:
        """The source position that each step looks at most, and the length of the sentence."""
        for result, (source, _) in zip(self.results, self.pairs, strict=True):
            rows = np.array(result.attention[0])[:, : len(source)]
            yield rows.argmax(axis=1).tolist(), len(source)


@pytest.fixture(scope="module", params=["copying", "reversing"])
def task(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Task:
    pairs = {"copying": copying_pairs, "reversing": reversal_pairs}[request.param]
    root = tmp_path_factory.mktemp(request.param)
    write_job(root, HYPERPARAMETERS, pairs=pairs)
    assert main({"SAGEMAKER_ROOT": str(root)}) == 0
    return Task(root / "model", pairs)


def test_the_task_is_learned(task: Task) -> None:
    assert task.bleu() > 97


def test_the_served_model_decodes_as_the_trained_one(task: Task) -> None:
    with (task.folder / WEIGHTS).open("rb") as stream:
        trained = load_weights(stream)
    model = Transformer(trained.config)
    model.load_state_dict(trained.weights)
    model.eval()

    for (source, _), result in zip(task.pairs, task.results, strict=True):
        (ids,) = greedy_decode(model, torch.tensor([[*source, EOS_ID]]), max_decoding_length=20)
        assert [TOKENS[i] for i in ids] == result.hypotheses[0]


def test_attention_points_at_what_is_written(task: Task) -> None:
    reversing = task.pairs[0][1] != task.pairs[0][0]
    right = total = 0
    for positions, length in task.attended():
        expected = list(range(length))[:: -1 if reversing else 1]
        right += sum(a == b for a, b in zip(positions, expected, strict=False))
        total += length

    assert right / total > 0.9
