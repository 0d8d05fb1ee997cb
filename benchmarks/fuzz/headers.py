"""Header lines of requests: good ones for a media type, and others."""

from random import Random

from protocol.recordio import CONTENT_TYPE as RECORDIO
from protocol.translation import JSON_CONTENT_TYPE as JSON
from protocol.translation import JSON_LINES_CONTENT_TYPE as JSON_LINES

Headers = tuple[tuple[str, str], ...]

CHARSETS = ("", "; charset=utf-8", ';charset="UTF-8"', " ; charset=utf8 ; q=1")
NASTY_TYPES = (
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    f"{JSON}, {RECORDIO}",
    f"{JSON};",
    f"{JSON}; charset=latin-1",
    f"{JSON}; charset=utf-16",
    f'{JSON}; charset="',
    f"{JSON}; charset*=utf-8''x",
    f"{JSON}; charset*0=ut; charset*1=f-8",
    f"{JSON}/x",
    "/",
    ";",
    "application",
    "application/",
    f" {JSON} ",
    f"{RECORDIO};;;=;",
    "=?utf-8?q?x?=",
    "\xe9/\xff; \xe8=\xbf",
    "a/b" * 1000,
    "*/*",
)
NASTY_ACCEPTS = (
    "",
    ",",
    "*/*;q=0",
    "*/*; q=nan",
    f"{JSON}; q=1e999",
    f"{JSON}; q=-1, */*; q=0",
    f"{JSON}; q=\xb9",
    "text/html",
    "text/html, application/*;q=0.5",
    f"{RECORDIO}, {JSON}",
    ", ".join(["a/b;q=0.1"] * 500),
)
OTHERS: Headers = (
    ("Content-Encoding", "gzip"),
    ("Content-Encoding", "br"),
    ("Content-Length", "-1"),
    ("Transfer-Encoding", "chunked"),
    ("Expect", "100-continue"),
    ("Upgrade", "h2c"),
    ("Connection", "Upgrade, HTTP2-Settings"),
    ("Connection", "close"),
    ("Origin", "https://app.example"),
    ("Origin", "null"),
    ("Access-Control-Request-Method", "POST"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Forwarded-For", "' OR 1=1 --"),
    ("Range", "bytes=0-"),
    ("If-None-Match", "*"),
    ("Cookie", "a" * 4000),
    ("X-\xfc", "\xfc"),
    ("", ""),
)


def good(random: Random, media_type: str) -> Headers:
    """What an answer needs, spelled one of the ways that mean the same."""
    charset = random.choice(CHARSETS) if media_type == JSON else ""
    content_type = (media_type.upper() if random.random() < 0.2 else media_type) + charset
    accepts = [media_type, f"{media_type};q=0.9"]
    if media_type != RECORDIO:
        accepts += ["*/*", "application/*", f"text/html, {media_type}"]
    return (("Content-Type", content_type), ("Accept", random.choice(accepts)))


def any_of(random: Random, media_type: str) -> Headers:
    """Good ones mostly, with others among them or in their place."""
    content_type, accept = good(random, media_type)
    lines = [content_type, accept]
    kind = random.random()
    if kind < 0.3:
        types = (*NASTY_TYPES, JSON, RECORDIO, JSON_LINES)
        lines[0] = (random.choice(("Content-Type", "cOnTeNt-tYpE")), random.choice(types))
    elif kind < 0.5:
        lines[1] = ("Accept", random.choice(NASTY_ACCEPTS))
    elif kind < 0.6:
        del lines[random.randrange(2)]
    elif kind < 0.7:
        lines.append(random.choice((content_type, accept, ("content-type", "text/plain"))))
    lines += random.choices(OTHERS, k=random.choice((0, 0, 1, 3)))
    random.shuffle(lines)
    return tuple(lines)
