"""Requests to the endpoint as they come over the wire: HTTP/1.1 with all its lengths and lies."""

from collections.abc import Callable
from random import Random

from benchmarks.fuzz import headers
from benchmarks.fuzz.bodies import Body, damaged
from benchmarks.fuzz.cases import INVOCATIONS, Case, Target
from benchmarks.fuzz.json_bodies import json_body, lines_body
from benchmarks.fuzz.record_bodies import record_body
from protocol.recordio import CONTENT_TYPE as RECORDIO
from protocol.translation import JSON_CONTENT_TYPE as JSON
from protocol.translation import JSON_LINES_CONTENT_TYPE as JSON_LINES

BODIES: tuple[tuple[str, Callable[[Random], Body]], ...] = (
    (JSON, json_body),
    (JSON_LINES, lines_body),
    (RECORDIO, record_body),
)
METHODS = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "post", "", "X" * 300)
PATHS = (
    "/ping",
    "/ping?x=/invocations",
    "/execution-parameters",
    "/",
    "",
    "/invocations/",
    "//invocations",
    "/invocations/../ping",
    "/invocations#x",
    "/Invocations",
    "http://localhost/invocations",
    "/%00%ff",
    "/\x00",
    "/\xe9 \xff",
    "*",
    "/" + "a" * 5000,
    "/" + "a" * 40_000,
)
VERSIONS = ("HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "HTTP/1.1 ", "", "ICY/1.1")
TOO_MANY_BYTES = 1_100_000
"""The endpoints here take 1 MB."""
CLOSE_AFTERWARDS = 0.1
CUT_OR_LONG = (0, 1, 10**6, 2**31, 2**63, 2**64)


def endpoint_case(random: Random, target: Target) -> Case:
    """A request to `target`."""
    if random.random() < 0.05:
        return _to_another_path(random, target)
    media_type, draw = random.choice(BODIES)
    body = draw(random)
    if random.random() < 0.0005:
        body = Body(body.content + b" " * random.randint(TOO_MANY_BYTES, 2 * TOO_MANY_BYTES))
    lines = headers.good(random, media_type)
    if random.random() < 0.3:
        lines, body = headers.any_of(random, media_type), Body(body.content)
    if random.random() < 0.1:
        wire = _dishonest(random, lines, body.content)
        return Case(
            target=target,
            parts=_parts(random, wire),
            is_whole=random.random() < 0.5,
            closes=random.random() < CLOSE_AFTERWARDS,
        )
    wire = _request(random, "POST", INVOCATIONS, lines, body.content)
    is_good = body.num_sentences is not None and target is not Target.STARVED
    num_requests = random.choice((2, 3, 20)) if is_good and random.random() < 0.02 else 1
    return Case(
        target=target,
        parts=_parts(random, wire * num_requests),
        closes=random.random() < CLOSE_AFTERWARDS,
        num_requests=num_requests if is_good else None,
        num_sentences=body.num_sentences if is_good else None,
        sentences=body.sentences if is_good else (),
    )


def _to_another_path(random: Random, target: Target) -> Case:
    method = random.choice((*METHODS, "GET", "POST"))
    lines = headers.any_of(random, JSON)
    content = json_body(random).content if random.random() < 0.5 else b""
    path = random.choice((*PATHS, INVOCATIONS))
    wire = _request(random, method, path, lines, content)
    return Case(target=target, parts=_parts(random, wire), is_head=method == "HEAD")


def _request(
    random: Random, method: str, path: str, lines: headers.Headers, content: bytes
) -> bytes:
    """A request whose head and body agree, in either of the two ways to say where it ends."""
    if random.random() < 0.2:
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in _chunks(random, content))
        ends = ("Transfer-Encoding", "chunked")
        return _head(method, path, (*lines, ends)) + chunks + b"0\r\n\r\n"
    return _head(method, path, (*lines, ("Content-Length", str(len(content))))) + content


def _dishonest(random: Random, lines: headers.Headers, content: bytes) -> bytes:
    """A request that does not keep to HTTP, or whose sender does not tell the truth."""
    kind = random.random()
    length = str(len(content))
    if kind < 0.4:
        wire = _request(random, "POST", INVOCATIONS, lines, content)
        return damaged(random, wire[:300]) + wire[300:]
    if kind < 0.6:
        said = str(random.choice((*CUT_OR_LONG, -1, "x", f"+{length}", f"{length}, {length}", "٣")))
        return _head("POST", INVOCATIONS, (*lines, ("Content-Length", said))) + content
    if kind < 0.8:
        both = (("Content-Length", length), ("Transfer-Encoding", random.choice(("chunked", "x"))))
        return _head("POST", INVOCATIONS, (*lines, *both)) + content
    if kind < 0.9:
        size = random.choice((b"ffffffffffffffff", b"-1", b"g", b"%x" % (len(content) + 5), b""))
        chunked = (*lines, ("Transfer-Encoding", "chunked"))
        return _head("POST", INVOCATIONS, chunked) + size + b"\r\n" + content + b"\r\n0\r\n\r\n"
    version = random.choice(VERSIONS)
    return _head("POST", INVOCATIONS, (*lines, ("Content-Length", length)), version) + content


def _head(method: str, path: str, lines: headers.Headers, version: str = "HTTP/1.1") -> bytes:
    written = [f"{method} {path} {version}", "Host: localhost"]
    written += [f"{name}: {text}" for name, text in lines]
    return ("\r\n".join(written) + "\r\n\r\n").encode("utf-8" if "٣" in str(lines) else "latin-1")


def _parts(random: Random, wire: bytes) -> tuple[bytes, ...]:
    """The bytes as they arrive, together or in pieces."""
    return (wire,) if random.random() < 0.8 else _chunks(random, wire)


def _chunks(random: Random, content: bytes) -> tuple[bytes, ...]:
    cuts = sorted(random.randint(0, len(content)) for _ in range(random.randint(0, 3)))
    starts, ends = [0, *cuts], [*cuts, len(content)]
    pieces = (content[start:end] for start, end in zip(starts, ends, strict=True))
    return tuple(piece for piece in pieces if piece)
