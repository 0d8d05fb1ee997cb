"""Whatever a caller sends is answered, and never with a server's error."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.recordio import encode_record, write_frame
from serving.settings import RequestLimits, ServingSettings
from tests.copying_model import NUM_POSITIONS, build_subword_model, build_word_model
from tests.running_endpoint import running, wait_until_ready

CONTENT_TYPES = ("application/json", "application/x-recordio-protobuf", "application/jsonlines")
MAX_DECODING_LENGTH = NUM_POSITIONS - 4
LINES = ("Grüße aus Köln", "you are so good !", "naïve café 日本")

TEXTS = st.text(max_size=40) | st.sampled_from(["<s>", "</s> you", "<pad><unk>", "\x00 \x85 \x1c"])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
MATRIX_FLAGS = st.booleans() | st.sampled_from(["true", "false", "yes", 1])
TERMS = st.sampled_from(["you", "good", "Köln", "so good"]) | TEXTS
CONFIGURATIONS = st.fixed_dictionaries(
    {},
    optional={
        "attention_matrix": MATRIX_FLAGS,
        "beam_size": st.integers(1, 4) | st.sampled_from(["2", "x", 0]),
        "alternatives": st.integers(1, 3),
        "length_penalty": st.floats(0, 5) | st.sampled_from(["0.5", -1]),
        "max_decoding_length": st.integers(1, MAX_DECODING_LENGTH),
        "scores": st.booleans(),
        "glossary": st.dictionaries(TERMS, TERMS, max_size=3),
        "split_sentences": st.booleans(),
    },
)
INSTANCES = st.fixed_dictionaries(
    {"data": TEXTS | JSON_VALUES}, optional={"configuration": CONFIGURATIONS | JSON_VALUES}
)
JSON_BODIES = st.lists(INSTANCES | JSON_VALUES, max_size=4).map(
    lambda instances: json.dumps({"instances": instances}).encode()
)
LINES_OF_JSON = st.fixed_dictionaries(
    {"source": TEXTS | JSON_VALUES}, optional={"configuration": CONFIGURATIONS}
)
LINE_BODIES = st.lists(LINES_OF_JSON, max_size=4).map(
    lambda lines: "\n".join(json.dumps(line) for line in lines).encode()
)


@st.composite
def record_bodies(draw: st.DrawFn) -> bytes:
    """Frames of ids, sometimes with a byte that is not what it was."""
    stream = io.BytesIO()
    for ids in draw(st.lists(st.lists(st.integers(-3, 400), max_size=8), max_size=4)):
        write_frame(stream, encode_record(ids, ()))
    body = bytearray(stream.getvalue())
    if body and draw(st.booleans()):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body)


@pytest.fixture(scope="module", params=["words", "subwords"])
def client(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("ml")
    _build(request.param, root / "model")
    limits = RequestLimits(max_source_pieces=20, max_decoding_length=MAX_DECODING_LENGTH)
    with running(ServingSettings(root=root, num_threads=1, limits=limits)) as connected:
        wait_until_ready(connected)
        yield connected


def _build(kind: str, folder: Path) -> None:
    if kind == "words":
        build_word_model(folder)
    else:
        build_subword_model(folder, LINES)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    content_type=st.sampled_from(CONTENT_TYPES)
    | st.text(st.characters(codec="ascii"), max_size=30),
    accept=st.just("*/*") | st.text(st.characters(codec="ascii"), max_size=30),
    body=JSON_BODIES | LINE_BODIES | record_bodies() | st.binary(max_size=60),
)
def test_no_request_is_the_servers_error(
    client: httpx.Client, content_type: str, accept: str, body: bytes
) -> None:
    _check(client, content_type, accept, body)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    request=st.tuples(st.just(CONTENT_TYPES[0]), JSON_BODIES)
    | st.tuples(st.just(CONTENT_TYPES[1]), record_bodies())
    | st.tuples(st.just(CONTENT_TYPES[2]), LINE_BODIES)
)
def test_no_body_in_its_own_format_is_the_servers_error(
    client: httpx.Client, request: tuple[str, bytes]
) -> None:
    _check(client, request[0], "*/*", request[1])


def _check(client: httpx.Client, content_type: str, accept: str, body: bytes) -> None:
    headers = {
        "Content-Type": content_type.translate(CONTROL_CHARACTERS).strip(),
        "Accept": accept.translate(CONTROL_CHARACTERS).strip(),
    }
    response = client.post("/invocations", content=body, headers=headers)
    if response.status_code != 200:
        assert response.status_code in (400, 415)
        assert response.json().keys() == {"message", "code"}


CONTROL_CHARACTERS = dict.fromkeys([*range(32), 127])
"""An HTTP server refuses these in headers before the application sees them."""
