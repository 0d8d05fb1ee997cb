"""How a process of a training job is asked to stop, and which errors its owner can put right."""

import signal
from types import FrameType

from nmt.checkpoint import CheckpointError
from nmt.data import DataError
from nmt.outcome import DivergenceError, NothingTrainedError
from nmt.tokenizer import TokenizerError
from protocol.vocabulary import VocabularyError
from training.folders import JobInputError
from training.hyperparameters import HyperparameterError
from training.initial_model import InitialModelError

EXPECTED_ERRORS = (
    CheckpointError,
    DataError,
    DivergenceError,
    HyperparameterError,
    InitialModelError,
    JobInputError,
    NothingTrainedError,
    TokenizerError,
    VocabularyError,
)
SUCCESS, FAILURE = 0, 1


class StopSignal:
    """Remembers that SageMaker sent SIGTERM; the trainer asks after every batch."""

    def __init__(self) -> None:
        self.received = False

    @classmethod
    def installed(cls) -> "StopSignal":
        """One that this process's SIGTERM goes to."""
        stop = cls()
        signal.signal(signal.SIGTERM, stop.receive)
        return stop

    def __call__(self) -> bool:
        return self.received

    def receive(self, _number: int, _frame: FrameType | None) -> None:
        self.received = True
