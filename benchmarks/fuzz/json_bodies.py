"""Bodies of `application/json` and `application/jsonlines`."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from benchmarks.fuzz import configurations
from benchmarks.fuzz.bodies import Body, damaged
from benchmarks.fuzz.json_values import Pairs, value, written
from benchmarks.fuzz.texts import NASTY, sentence, text

NUM_TAKEN = 32
"""Sentences that the endpoints here take in one request."""
HUGE = 20_000
"""Characters; past what the endpoint reads where it arrives."""
WHOLE = (
    b"",
    b" \n\t",
    b"null",
    b"[]",
    b"{}",
    b"{",
    b'"instances"',
    b'{"instances": null}',
    b'{"instances": []}',
    b'{"instances": [[]]}',
    b"[" * 100_000,
    b'{"instances":' * 20_000,
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    '{"instances": [{"data": "you"}]}'.encode("utf-16"),
    '{"instances": [{"data": "Größe"}]}'.encode("latin-1"),
    b'{"instances": [{"data": "you"}]} trailing',
    b'{"instances": [{"data": "you"}]}\x00',
    b'{"instances": [{"data": "you"}], "instances": 1}',
    b'{"source": "you"}\r\n{"source": "good"}',
    b'\n\n{"source": "you"}\n\n',
    b"a=1&b=2",
)
Join = Callable[[Sequence[object], bool], str]


def json_body(random: Random) -> Body:
    """A body of `application/json`, good or not."""
    return _body(random, "data", _instances)


def lines_body(random: Random) -> Body:
    """A body of `application/jsonlines`, good or not."""
    return _body(random, "source", _lines)


def good_json(random: Random) -> Body:
    """A body of `application/json` that must be answered."""
    return _good(random, "data", _instances)


def _body(random: Random, key: str, join: Join) -> Body:
    kind = random.random()
    if kind < 0.35:
        return _good(random, key, join)
    if kind < 0.7:
        return Body(_sloppy(random, key, join))
    if kind < 0.9:
        whole = _good(random, key, join).content if kind < 0.8 else _sloppy(random, key, join)
        return Body(damaged(random, whole))
    return Body(random.choice(WHOLE))


def _good(random: Random, key: str, join: Join) -> Body:
    number = random.choice((1, 1, 1, 2, 3, 5))
    items: list[dict[str, Any]] = [{key: sentence(random)} for _ in range(number)]
    for item in items:
        if random.random() < 0.3:
            item["configuration"] = configurations.good(random)
    content = join(items, random.random() < 0.5).encode()
    sentences = tuple((item[key], item.get("configuration", {})) for item in items)
    return Body(content, num_sentences=len(sentences), sentences=sentences)


def _sloppy(random: Random, key: str, join: Join) -> bytes:
    kind = random.random()
    if kind < 0.01:
        items: list[object] = [{key: "you"}] * random.choice((NUM_TAKEN + 1, 2000))
    elif kind < 0.02:
        items = [{key: ((random.choice(NASTY) or " ") * HUGE)[: random.randint(1, HUGE)]}]
    else:
        items = [_item(random, key) for _ in range(random.randint(0, 4))]
    # Without ASCII escapes, lone surrogates become bytes that are not UTF-8.
    return join(items, random.random() < 0.5).encode("utf-8", errors="surrogatepass")


def _item(random: Random, key: str) -> object:
    if random.random() < 0.1:
        return value(random)
    pairs: list[tuple[str, object]] = [(key, text(random))]
    if random.random() < 0.1:
        pairs.append((random.choice((key, "data", "source", text(random))), value(random)))
    if random.random() < 0.5:
        pairs.append(("configuration", configurations.any_of(random)))
    random.shuffle(pairs)
    return Pairs(pairs)


def _instances(items: Sequence[object], as_ascii: bool) -> str:  # noqa: FBT001 - one of two
    return written({"instances": list(items)}, as_ascii=as_ascii)


def _lines(items: Sequence[object], as_ascii: bool) -> str:  # noqa: FBT001 - one of two
    return "\n".join(written(item, as_ascii=as_ascii) for item in items)
