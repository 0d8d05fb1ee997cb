"""JSON text that Python's own writer would not write: keys twice, raw pieces, lone surrogates."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.fuzz.texts import text

MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Raw:
    """JSON text, or what looks like it, as it is to be written."""

    text: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """An object; a key may come twice."""

    items: Sequence[tuple[str, object]]


NASTY: tuple[object, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    -(2**63),
    10**400,
    1e308,
    -0.0,
    0.5,
    "true",
    "1e5",
    "٣",
    Raw("NaN"),
    Raw("-Infinity"),
    Raw("1e99999"),
    Raw("-1E-99999"),
    Raw("9" * 5000),
    Raw("0x10"),
    Raw("01"),
    Raw("'single'"),
    Raw('"\\ud800"'),
    Raw('"\\u0000"'),
    Raw('"\\x"'),
    Raw("/* comment */ 1"),
    Raw("[1,]"),
    Raw("[" * 200 + "]" * 200),
    Raw("[" * 3000 + "]" * 3000),
    Raw('{"a":' * 400 + "1" + "}" * 400),
    Raw("[" * 5000),
    [],
    {},
    [[]],
    {"": ""},
)


def value(random: Random, depth: int = 0) -> object:
    """Any JSON value, and some that are none."""
    kind = random.random()
    if kind < 0.5 or depth == MAX_DEPTH:
        return random.choice(NASTY)
    if kind < 0.75:
        return text(random)
    size = random.randint(0, 3)
    if kind < 0.85:
        return [value(random, depth + 1) for _ in range(size)]
    return Pairs([(text(random), value(random, depth + 1)) for _ in range(size)])


def written(content: object, *, as_ascii: bool) -> str:
    """The value as JSON text."""
    if isinstance(content, Raw):
        return content.text
    if isinstance(content, dict):
        content = Pairs(list(content.items()))
    if isinstance(content, Pairs):
        pairs = (
            f"{json.dumps(key, ensure_ascii=as_ascii)}: {written(item, as_ascii=as_ascii)}"
            for key, item in content.items
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(content, list):
        return "[" + ", ".join(written(item, as_ascii=as_ascii) for item in content) + "]"
    return json.dumps(content, ensure_ascii=as_ascii)
