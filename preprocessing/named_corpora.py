"""Parallel corpora that a command can name in place of their URIs."""

from collections.abc import Mapping
from types import MappingProxyType

from preprocessing.errors import ArgumentsError
from protocol.retraining import Corpus

NAMED_CORPORA: Mapping[str, Corpus] = MappingProxyType({"wmt17": Corpus()})
"""The walk-through's own: WMT17, English to German, tokenised and truecased."""


def named_corpus(name: str) -> Corpus:
    """The corpus of that name.

    Raises:
        ArgumentsError: there is none; the message lists those that there are.
    """
    if name not in NAMED_CORPORA:
        known = ", ".join(sorted(NAMED_CORPORA))
        raise ArgumentsError(f"there is no corpus named {name!r}; known names: {known}")
    return NAMED_CORPORA[name]
