"""Values of `configuration`, good and bad, drawn from the table that requests are read by."""

from collections.abc import Sequence
from random import Random
from typing import Any

from benchmarks.fuzz.json_values import Pairs, value
from benchmarks.fuzz.texts import WORDS, text
from protocol.configuration import CONFIGURATION_KEYS, ConfigurationKey, Kind

MAX_BEAM_SIZE = 4
"""Of the endpoint here; a larger one is refused by it, but not by the function."""
DEFAULT_BEAM_SIZE = 2
"""Of the models here."""


def good(random: Random) -> dict[str, Any]:
    """A configuration that every model here honours, and that leaves words as they are."""
    beam_size = random.choice((None, 1, 2, MAX_BEAM_SIZE))
    alternatives = random.randint(1, beam_size or DEFAULT_BEAM_SIZE)
    drawn: dict[str, Any] = {
        "attention_matrix": random.random() < 0.3,
        "beam_size": beam_size,
        "alternatives": alternatives if random.random() < 0.3 else None,
        "scores": True if random.random() < 0.2 else None,
        "split_sentences": True if random.random() < 0.2 else None,
    }
    return {key: _spelled(random, item) for key, item in drawn.items() if item is not None}


def any_of(random: Random) -> object:
    """A configuration, or what somebody takes for one."""
    if random.random() < 0.1:
        return value(random)
    keys = random.choices(CONFIGURATION_KEYS, k=random.randint(0, 4))
    pairs: list[tuple[str, object]] = [(key.name, _value(random, key)) for key in keys]
    if random.random() < 0.1:
        pairs.append((text(random), value(random)))
    return Pairs(pairs)


def _value(random: Random, key: ConfigurationKey) -> object:
    if random.random() < 0.25:
        return value(random)
    if key.kind is Kind.TERMS:
        return _glossary(random)
    choices: Sequence[object] = (True, False, "TRUE", "false")
    if key.kind is not Kind.BOOLEAN:
        smallest, largest = key.minimum or 0, key.maximum or 60
        between = random.randint(smallest, min(largest, smallest + MAX_BEAM_SIZE - 1))
        choices = (smallest - 1, smallest, between, between, largest, largest + 1, between + 0.5)
    return _spelled(random, random.choice(choices))


def _glossary(random: Random) -> object:
    if random.random() < 0.1:
        return Pairs([(f"you {number}", "good") for number in range(random.choice((100, 101)))])
    terms: list[tuple[str, object]] = [
        (random.choice(WORDS), random.choice((*WORDS, "gut !", text(random))))
        for _ in range(random.randint(0, 3))
    ]
    if random.random() < 0.2:
        terms.append((text(random), value(random)))
    return Pairs(terms)


def _spelled(random: Random, item: object) -> object:
    """Every value may be of its JSON type or spelled as a string."""
    return str(item) if random.random() < 0.3 else item
