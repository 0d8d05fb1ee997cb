"""Events of API Gateway's proxy integration for the function."""

import base64
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks.fuzz import headers
from benchmarks.fuzz.bodies import Body, Sentences, damaged
from benchmarks.fuzz.cases import Case, Target
from benchmarks.fuzz.failures import PROVOCATIONS
from benchmarks.fuzz.json_bodies import json_body
from benchmarks.fuzz.json_values import Pairs, value, written
from benchmarks.fuzz.record_bodies import record_body
from benchmarks.fuzz.texts import sentence, text
from protocol.recordio import CONTENT_TYPE as RECORDIO
from protocol.translation import JSON_CONTENT_TYPE as JSON

FORM = "application/x-www-form-urlencoded"
TRANSLATE = "/translate"
GOOD_GETS = ("/model", "/vocabulary/source", "/vocabulary/target", "/openapi.json")
ADAPTER_FIELDS = {
    "/v2/translate": ("text", "target_lang", "source_lang", "split_sentences", "formality"),
    "/v2/languages": ("type", "auth_key"),
    "/v2/usage": ("auth_key",),
    "/libretranslate/translate": ("q", "source", "target", "format", "alternatives"),
    "/libretranslate/languages": (),
}
NASTY_PATHS = (
    "/",
    "/translate/",
    "/Translate",
    "/vocabulary",
    "/vocabulary/{side}",
    "/vocabulary/../model",
    "/{proxy+}",
    "/v2/translate/v2/translate",
    "/\x00\ud800",
    "/" + "a/" * 2000,
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get", "", "TRACE")
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
TOO_MANY_BYTES = 6_300_000


def function_case(random: Random) -> Case:
    """An event for the function, good or not."""
    kind = random.random()
    if kind < 0.65:
        return _translation(random)
    if kind < 0.9:
        return _of_an_adapter(random)
    path = random.choice((*GOOD_GETS, *NASTY_PATHS, TRANSLATE))
    method = random.choice((*METHODS, "GET", "GET"))
    is_good = path in GOOD_GETS and method in ("GET", "HEAD")
    lines = headers.any_of(random, JSON)
    event = _event(random, method, path, lines, Body(b""))
    return _case(random, event, 0 if is_good else None)


def _translation(random: Random) -> Case:
    media_type, draw = (JSON, json_body) if random.random() < 0.6 else (RECORDIO, record_body)
    body = draw(random)
    if random.random() < 0.0003:
        body = Body(body.content + b" " * TOO_MANY_BYTES)
    lines = headers.good(random, media_type)
    if random.random() < 0.3:
        lines, body = headers.any_of(random, media_type), Body(body.content)
    is_base64 = media_type == RECORDIO or random.random() < 0.2
    event = _event(random, "POST", TRANSLATE, lines, body, is_base64=is_base64)
    if random.random() < 0.03:
        # API Gateway never sends these, but a caller of the function may.
        event["isBase64Encoded"] = random.choice((True, False, None, 1, "yes"))
        event["body"] = random.choice((event["body"], "====", "\xe9", None, "\ud800"))
        return _case(random, event, None)
    return _case(random, event, body.num_sentences, body.sentences)


def _of_an_adapter(random: Random) -> Case:
    path = random.choice(tuple(ADAPTER_FIELDS))
    if random.random() < 0.3 and path.endswith("translate"):
        fields = _good_fields(random, path)
        media_type, body = _form_or_json(random, fields)
        event = _event(random, "POST", path, headers.good(random, media_type), Body(body))
        return _case(random, event, 1, has_adapters=True)
    pairs = [(name, value(random)) for name in ADAPTER_FIELDS[path] if random.random() < 0.7]
    good: list[tuple[str, object]] = list(_good_fields(random, path).items())
    pairs += random.sample(good, random.randint(0, len(good)))
    if random.random() < 0.2:
        pairs.append((text(random), value(random)))
    media_type, body = _form_or_json(random, pairs)
    if random.random() < 0.2:
        body = damaged(random, body)
    lines = headers.any_of(random, media_type)
    event = _event(random, random.choice(("POST", "POST", "GET")), path, lines, Body(body))
    event["multiValueQueryStringParameters"] = random.choice(
        (None, {}, {"type": ["source", "target"]}, {text(random): [text(random)]})
    )
    return _case(random, event, None, has_adapters=True)


def _good_fields(random: Random, path: str) -> dict[str, Any]:
    if path.startswith("/v2"):
        return {"text": [sentence(random), f"{sentence(random)}\n\n you"], "target_lang": "DE"}
    return {"q": sentence(random), "source": "en", "target": "de", "alternatives": 1}


def _form_or_json(random: Random, fields: Any) -> tuple[str, bytes]:
    pairs = list(fields.items()) if isinstance(fields, dict) else fields
    if random.random() < 0.7:
        as_ascii = random.random() < 0.5
        content = written(Pairs(pairs), as_ascii=as_ascii).encode("utf-8", errors="surrogatepass")
        return JSON, content
    return FORM, urlencode(
        [(name, _field(item)) for name, item in pairs], doseq=True, errors="surrogatepass"
    ).encode()


def _field(item: object) -> object:
    return item if isinstance(item, (str, int, float, list)) else str(type(item))


def _case(
    random: Random,
    event: dict[str, Any],
    num_sentences: int | None,
    sentences: Sentences = (),
    *,
    has_adapters: bool | None = None,
) -> Case:
    provocation = random.choice(tuple(PROVOCATIONS)) if random.random() < 0.1 else ""
    has_answer = not provocation
    return Case(
        target=Target.FUNCTION,
        event=event,
        provocation=provocation,
        has_adapters=random.random() < 0.5 if has_adapters is None else has_adapters,
        num_sentences=num_sentences if has_answer else None,
        sentences=sentences if has_answer else (),
    )


def _event(
    random: Random,
    method: str,
    path: str,
    lines: headers.Headers,
    body: Body,
    *,
    is_base64: bool = False,
) -> dict[str, Any]:
    """What API Gateway makes of a request."""
    known = path in (TRANSLATE, *GOOD_GETS, *ADAPTER_FIELDS)
    several: dict[str, list[str]] = {}
    for name, item in lines:
        several.setdefault(name, []).append(item)
    if is_base64:
        content = base64.b64encode(body.content).decode()
    else:
        content = body.content.decode("utf-8", errors="surrogateescape")
    return {
        "resource": path if known else "/{proxy+}",
        "path": quote(path, errors="surrogatepass") if random.random() < 0.5 else path,
        "httpMethod": method,
        "headers": {name: items[-1] for name, items in several.items()} or None,
        "multiValueHeaders": several or None if random.random() < 0.9 else None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None if known else {"proxy": path.removeprefix("/")},
        "requestContext": {"requestId": REQUEST_ID},
        "body": content or None,
        "isBase64Encoded": is_base64,
    }
