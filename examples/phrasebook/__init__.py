"""Everyday English and German sentences from a small grammar, to train and show a model with."""

from examples.phrasebook.clauses import Pair
from examples.phrasebook.corpus import Corpus, PhrasebookError, generate, write
from examples.phrasebook.demo import DEMO_SENTENCES

__all__ = ["DEMO_SENTENCES", "Corpus", "Pair", "PhrasebookError", "generate", "write"]
