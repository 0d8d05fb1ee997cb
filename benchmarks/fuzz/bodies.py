"""A request's body, what it holds, and how a body gets damaged on its way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xef\xbb\xbf")
SNIPPETS = (*BYTE_ORDER_MARKS, b"\x00", b"\xed\xa0\x80", b"\\ud800", b'"', b"}", b"[" * 64)


Sentences = tuple[tuple[str, Mapping[str, Any]], ...]
"""Each source with its configuration."""


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes of one media type."""

    content: bytes
    num_sentences: int | None = None
    """How many answers it has; `None`: it is not good, or nobody knows."""
    sentences: Sentences = ()
    """Of a good body of text, whose words are translated one by one."""


def damaged(random: Random, content: bytes) -> bytes:
    """The bytes with something wrong in them, mostly."""
    harm: Callable[[Random, bytes], bytes] = random.choice(
        (_cut, _flipped, _overwritten, _inserted, _doubled, _without_some)
    )
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        content = harm(random, content)
    return content


def _cut(random: Random, content: bytes) -> bytes:
    return content[: _place(random, content)]


def _flipped(random: Random, content: bytes) -> bytes:
    place = _place(random, content)
    changed = bytes(byte ^ (1 << random.randrange(8)) for byte in content[place : place + 1])
    return content[:place] + changed + content[place + 1 :]


def _overwritten(random: Random, content: bytes) -> bytes:
    place = _place(random, content)
    noise = random.randbytes(random.randint(1, 8))
    return content[:place] + noise + content[place + len(noise) :]


def _inserted(random: Random, content: bytes) -> bytes:
    place = _place(random, content)
    return content[:place] + random.choice(SNIPPETS) + content[place:]


def _doubled(random: Random, content: bytes) -> bytes:
    place = _place(random, content)
    return content[:place] + content[: random.randint(0, len(content))]


def _without_some(random: Random, content: bytes) -> bytes:
    place = _place(random, content)
    return content[:place] + content[place + random.randint(1, 8) :]


def _place(random: Random, content: bytes) -> int:
    return random.randint(0, len(content))
