"""What comes in over the socket, whether HTTP or not, and what goes back."""

import contextlib
import json
import socket
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.settings import RequestLimits, ServingSettings
from tests.copying_model import LEXICON, build_word_model
from tests.running_endpoint import running, wait_until_ready

BODY = json.dumps({"instances": [{"data": "you are cool"}]}).encode()
ANSWER = b'{"predictions": [{"target": "du bist k\xc3\xbchl"}]}'
HEAD = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
REQUEST = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
LAST_REQUEST = REQUEST.replace(b"Host: x", b"Host: x\r\nConnection: close")
WORDS = [word for word in LEXICON if word != "nothing"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    root = tmp_path_factory.mktemp("ml")
    build_word_model(root / "model")
    limits = RequestLimits(max_body_mb=1)
    with running(ServingSettings(root=root, num_threads=1, limits=limits)) as connected:
        wait_until_ready(connected)
        yield connected


def exchange(client: httpx.Client, *parts: bytes) -> bytes:
    """Send the parts one after the other and read until the endpoint ends the connection."""
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=20) as sender:
        received = b""
        with contextlib.suppress(OSError):  # it may end before all is sent
            for part in parts:
                sender.sendall(part)
            sender.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while chunk := sender.recv(65536):
                received += chunk
    return received


def test_a_request_byte_by_byte(client: httpx.Client) -> None:
    request = LAST_REQUEST
    answer = exchange(client, *(request[index : index + 1] for index in range(len(request))))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"connection: close\r\n\r\n" + ANSWER)


def sentence(number: int) -> str:
    """Another one for each number."""
    return " ".join(WORDS[int(digit)] for digit in f"{number:o}")


def request_for(text: str) -> bytes:
    body = json.dumps({"instances": [{"data": text}]}).encode()
    return HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def test_pipelined_requests_are_answered_in_their_order(client: httpx.Client) -> None:
    other = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    texts = [sentence(number) for number in range(20)]
    sent = b"".join(request_for(text) + other for text in texts) + LAST_REQUEST
    answers = exchange(client, sent).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"404"] * 20 + [b"200"]
    bodies = [json.loads(answer.partition(b"\r\n\r\n")[2]) for answer in answers[:-1:2]]
    expected = [" ".join(LEXICON[word] for word in text.split()) for text in texts]
    assert [body["predictions"] for body in bodies] == [[{"target": text}] for text in expected]
    assert len(set(expected)) == 20
    assert answers[-1].endswith(ANSWER)


def test_a_sender_that_ends_its_side_still_gets_its_answers(client: httpx.Client) -> None:
    assert exchange(client, REQUEST * 3).count(ANSWER) == 3
    assert exchange(client, REQUEST[:-1]) == b""


def test_a_body_in_chunks(client: httpx.Client) -> None:
    head = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (BODY[:5], len(BODY) - 5, BODY[5:])
    assert exchange(client, head + chunks).endswith(ANSWER)


def test_a_sender_that_asks_first_is_told_to_go_on(client: httpx.Client) -> None:
    head = HEAD + b"Connection: close\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    answer = exchange(client, head % len(BODY), BODY)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert answer.endswith(ANSWER)


def test_a_sender_that_asks_first_with_too_much_is_told_so_at_once(client: httpx.Client) -> None:
    head = HEAD + b"Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n"
    assert exchange(client, head).startswith(b"HTTP/1.1 413 ")


def test_an_upgrade_is_not_made_but_the_request_is_answered(client: httpx.Client) -> None:
    upgrade = b"Host: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAAB"
    last = REQUEST.replace(b"Host: x", upgrade)
    assert exchange(client, last.replace(b", close", b"") * 30 + last).count(ANSWER) == 31


def test_head_has_no_body(client: httpx.Client) -> None:
    answer = client.head("/execution-parameters")
    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["content-length"]) > 0


def test_a_query_is_not_part_of_the_path(client: httpx.Client) -> None:
    assert client.get("/ping?now").status_code == 200


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"hello\r\n\r\n",
        b"CONNECT localhost:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /ping HTTP/1.1\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: x\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_in_the_shape_of_all_errors(
    client: httpx.Client, request_bytes: bytes
) -> None:
    head, _, body = exchange(client, request_bytes).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["code"] == "bad_request"


@settings(max_examples=150, deadline=None)
@given(
    position=st.integers(0, len(LAST_REQUEST) - 1),
    byte=st.binary(min_size=0, max_size=2),
    cut=st.integers(0, len(LAST_REQUEST)),
)
def test_a_damaged_request_is_answered_or_its_connection_ended(
    client: httpx.Client, position: int, byte: bytes, cut: int
) -> None:
    damaged = LAST_REQUEST[:position] + byte + LAST_REQUEST[position + 1 :]
    answer = exchange(client, damaged[:cut], damaged[cut:])
    assert not answer or answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 4", b"HTTP/1.1 100 "))
    assert client.get("/ping").status_code == 200
