"""What a caller may ask of one sentence: the table of configuration keys, and how they are read.

`CONFIGURATION_KEYS` is the only description of the keys. Parsing, the JSON Schema for the API's
documents and the table in the documentation all come from it.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAX_BEAM_SIZE = 32
"""No endpoint takes more; its own setting may be lower."""
MAX_LENGTH_PENALTY = 5
MAX_GLOSSARY_TERMS = 100
MAX_TERM_CHARACTERS = 200
MAX_INTEGER = 999_999_999
"""An integer that only the endpoint limits has no more digits than its spelling may have."""


class ConfigurationError(ValueError):
    """A configuration that cannot be read; the message names the key and what would be right."""


class Kind(StrEnum):
    """The JSON type of a value."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TERMS = "object"


_SPELLINGS: Mapping[Kind, str] = {
    Kind.BOOLEAN: "([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])",
    Kind.INTEGER: "[0-9]{1,9}",
    Kind.NUMBER: r"[0-9]{1,9}(\.[0-9]{1,9})?",
}
"""How a value looks inside a string, as the built-in algorithm's callers send it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfigurationKey:
    """One key: its type, its range (both ends belong to it), and what it means."""

    name: str
    kind: Kind
    description: str
    default: str
    """In words or as JSON, for the documentation; `Configuration` holds it for the program."""
    minimum: int | None = None
    maximum: int | None = None
    """`None` for an integer: only the endpoint's own limit holds."""

    def json_schema(self) -> dict[str, Any]:
        """The key's schema, in words that JSON Schema has had from draft 4 to 2020-12."""
        if self.kind is Kind.TERMS:
            term = {"type": "string", "minLength": 1, "maxLength": MAX_TERM_CHARACTERS}
            value: dict[str, Any] = {
                "type": "object",
                "maxProperties": self.maximum,
                "additionalProperties": term,
            }
            return {"description": self.description, "anyOf": [value, {"type": "string"}]}
        value = {"type": str(self.kind)}
        if self.minimum is not None:
            value["minimum"] = self.minimum
        if self.maximum is not None:
            value["maximum"] = self.maximum
        spelled = {"type": "string", "pattern": f"^{_SPELLINGS[self.kind]}$"}
        return {"description": self.description, "anyOf": [value, spelled]}

    @property
    def range_text(self) -> str:
        """The range in words, such as `1 to 32`; empty for a boolean."""
        if self.kind is Kind.TERMS:
            return f"at most {self.maximum} terms"
        if self.minimum is None:
            return ""
        largest = "the limit of the endpoint" if self.maximum is None else self.maximum
        return f"{self.minimum} to {largest}"


CONFIGURATION_KEYS: tuple[ConfigurationKey, ...] = (
    ConfigurationKey(
        name="attention_matrix",
        kind=Kind.BOOLEAN,
        default="false",
        description="Answer with the attention matrix: a row per target word, "
        "a column per source word.",
    ),
    ConfigurationKey(
        name="beam_size",
        kind=Kind.INTEGER,
        minimum=1,
        maximum=MAX_BEAM_SIZE,
        default="as the model was trained",
        description="Hypotheses that the search keeps at every step; 1 is greedy search.",
    ),
    ConfigurationKey(
        name="alternatives",
        kind=Kind.INTEGER,
        minimum=1,
        maximum=MAX_BEAM_SIZE,
        default="1",
        description="Hypotheses wanted in all, at most beam_size; more than 1 adds "
        "`alternatives` to the answer.",
    ),
    ConfigurationKey(
        name="length_penalty",
        kind=Kind.NUMBER,
        minimum=0,
        maximum=MAX_LENGTH_PENALTY,
        default="1",
        description="Exponent of the length by which the score of a hypothesis is divided.",
    ),
    ConfigurationKey(
        name="max_decoding_length",
        kind=Kind.INTEGER,
        minimum=1,
        default="by the sentence's length",
        description="Target pieces, the end among them, after which a hypothesis is ended "
        "wherever it is.",
    ),
    ConfigurationKey(
        name="scores",
        kind=Kind.BOOLEAN,
        default="false",
        description="Answer with the score of every hypothesis: the sum of the natural logarithms "
        "of the probabilities of its pieces and of its end, divided by their number to the power "
        "of length_penalty.",
    ),
    ConfigurationKey(
        name="glossary",
        kind=Kind.TERMS,
        maximum=MAX_GLOSSARY_TERMS,
        default="{}",
        description="Target terms by source term; where a source term stands in the sentence, its "
        "target term is made to stand in the translation, as it is written here.",
    ),
    ConfigurationKey(
        name="split_sentences",
        kind=Kind.BOOLEAN,
        default="false",
        description="Translate a text that is too long sentence by sentence instead of "
        "refusing it.",
    ),
)
_KEY_OF_NAME = {key.name: key for key in CONFIGURATION_KEYS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Configuration:
    """What a caller asked of one sentence; `None` leaves it to the model."""

    attention_matrix: bool = False
    beam_size: int | None = None
    alternatives: int = 1
    length_penalty: float = 1.0
    max_decoding_length: int | None = None
    scores: bool = False
    glossary: tuple[tuple[str, str], ...] = ()
    """Source term and target term, white space normalised, in the caller's order."""
    split_sentences: bool = False

    @classmethod
    def parse(cls, content: object) -> "Configuration":
        """Read the value of a `configuration`; every value may also be spelled as a string.

        Raises:
            ConfigurationError: names the key, its value and what would be right.
        """
        if not isinstance(content, dict):
            raise ConfigurationError("must be a JSON object")
        if unknown := sorted(content.keys() - _KEY_OF_NAME.keys()):
            known = ", ".join(sorted(_KEY_OF_NAME))
            raise ConfigurationError(f"unknown key {unknown[0]!r}; known keys: {known}")
        if not content:
            return DEFAULTS
        values = {
            name: _READERS[_KEY_OF_NAME[name].kind](_KEY_OF_NAME[name], value)
            for name, value in content.items()
        }
        configuration = cls(**values)
        beam_size = configuration.beam_size
        if beam_size is not None and configuration.alternatives > beam_size:
            raise ConfigurationError(
                f'"alternatives" must be at most beam_size, {beam_size}, '
                f"not {configuration.alternatives}"
            )
        return configuration


DEFAULTS = Configuration()


def configuration_schema() -> dict[str, Any]:
    """The JSON Schema of a whole `configuration` object."""
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: key.json_schema() for key in CONFIGURATION_KEYS},
    }


def _boolean(key: ConfigurationKey, value: object) -> bool:
    spelled = value.lower() if isinstance(value, str) else value
    for wanted in (True, False):
        if spelled is wanted or spelled == str(wanted).lower():
            return wanted
    raise ConfigurationError(f'"{key.name}" must be true or false, not {_shown(value)}')


def _integer(key: ConfigurationKey, value: object) -> int:
    number = _number_in(key, value)
    if number is None or not number.is_integer():
        raise _outside(key, value)
    return int(number)


def _number(key: ConfigurationKey, value: object) -> float:
    number = _number_in(key, value)
    if number is None:
        raise _outside(key, value)
    return number


def _number_in(key: ConfigurationKey, value: object) -> float | None:
    """The number if it is one and lies within the range."""
    if isinstance(value, str):
        if not re.fullmatch(_SPELLINGS[key.kind], value):
            return None
        number = float(value)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None
    else:
        try:
            number = float(value)
        except OverflowError:
            return None
    smallest = -math.inf if key.minimum is None else key.minimum
    largest = MAX_INTEGER if key.maximum is None else key.maximum
    return number if smallest <= number <= largest else None


def _outside(key: ConfigurationKey, value: object) -> ConfigurationError:
    article = "an integer" if key.kind is Kind.INTEGER else "a number"
    return ConfigurationError(
        f'"{key.name}" must be {article} from {key.range_text}, not {_shown(value)}'
    )


def _terms(key: ConfigurationKey, value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f'"{key.name}" is a string, but not JSON: {error}') from error
    if not isinstance(value, dict):
        raise ConfigurationError(f'"{key.name}" must be an object of target terms by source term')
    if len(value) > MAX_GLOSSARY_TERMS:
        raise ConfigurationError(
            f'"{key.name}" must hold at most {MAX_GLOSSARY_TERMS} terms, not {len(value)}'
        )
    terms = {_term(key, source): _term(key, target) for source, target in value.items()}
    return tuple(terms.items())


def _term(key: ConfigurationKey, term: object) -> str:
    if not isinstance(term, str) or not term.strip() or len(term) > MAX_TERM_CHARACTERS:
        raise ConfigurationError(
            f'"{key.name}": a term must be a string of 1 to {MAX_TERM_CHARACTERS} characters, '
            f"not {_shown(term)}"
        )
    if any("\ud800" <= character <= "\udfff" for character in term):
        raise ConfigurationError(f'"{key.name}": a term holds a lone surrogate, which is not text')
    return " ".join(term.split())


def _shown(value: object) -> str:
    """The value for a message, cut where a caller sent something very long."""
    try:
        text = json.dumps(value)
    except ValueError:
        text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


_READERS: Mapping[Kind, Callable[[ConfigurationKey, object], Any]] = {
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.TERMS: _terms,
}
