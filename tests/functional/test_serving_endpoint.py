import io
import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import httpx
import pytest

from nmt.tokenizer import load_tokenizer
from nmt.translator import Translator
from protocol.record_pb2 import Record
from protocol.recordio import decode_record, encode_record, read_frames, write_frame
from protocol.vocabulary import load_vocabulary
from serving.endpoint import load_tried_model
from serving.model import ServedModel
from serving.settings import QueueLimits, RequestLimits, ServingSettings
from tests.copying_model import (
    LEXICON,
    NUM_POSITIONS,
    build_subword_model,
    build_word_model,
)
from tests.running_endpoint import running, wait_until_ready

JSON = "application/json"
RECORDIO = "application/x-recordio-protobuf"
JSON_LINES = "application/jsonlines"
SENTENCE = "you are so good !"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ml")
    build_word_model(folder / "model")
    return folder


def settings(root: Path, **changes: Any) -> ServingSettings:
    return ServingSettings(root=root, num_threads=2, **changes)


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[httpx.Client]:
    with running(settings(root)) as connected:
        wait_until_ready(connected)
        yield connected


def invoke(
    client: httpx.Client, body: bytes | str, content_type: str = JSON, **headers: str
) -> tuple[int, bytes]:
    response = client.post(
        "/invocations", content=body, headers={"Content-Type": content_type, **headers}
    )
    if response.status_code == 200:
        assert response.headers["content-type"] == content_type
    else:
        assert response.headers["content-type"] == JSON
        assert response.json().keys() == {"message", "code"}
    return response.status_code, response.content


def predictions(
    client: httpx.Client, *texts: str, attention: object = None
) -> list[dict[str, Any]]:
    configuration = {} if attention is None else {"attention_matrix": attention}
    instances = [{"data": text, "configuration": configuration} for text in texts]
    status, answer = invoke(client, json.dumps({"instances": instances}))
    assert status == 200, answer
    found: list[dict[str, Any]] = json.loads(answer)["predictions"]
    return found


def records(*sources: list[int]) -> bytes:
    stream = io.BytesIO()
    for source in sources:
        write_frame(stream, encode_record(source, ()))
    return stream.getvalue()


def targets_of(answer: bytes) -> list[list[int]]:
    return [list(decode_record(frame).target) for frame in read_frames(io.BytesIO(answer))]


def error_of(answer: bytes) -> tuple[str, str]:
    content = json.loads(answer)
    return content["code"], content["message"]


def test_json_translates_in_the_order_of_the_instances(client: httpx.Client) -> None:
    found = predictions(client, SENTENCE, "", "  this   is cool ")
    assert found == [
        {"target": "du bist so gut !"},
        {"target": ""},
        {"target": "das ist kühl"},
    ]


@pytest.mark.parametrize("attention", ["true", True, "True"])
def test_attention_gives_a_row_per_target_word(client: httpx.Client, attention: object) -> None:
    (found,) = predictions(client, SENTENCE, attention=attention)
    assert found["target"] == "du bist so gut !"
    matrix = found["matrix"]
    assert [len(row) for row in matrix] == [5] * 5
    assert [row.index(max(row)) for row in matrix] == [0, 1, 2, 3, 4]
    assert [sum(row) for row in matrix] == pytest.approx([1] * 5, abs=1e-6)


@pytest.mark.parametrize("text", ["", "   ", "nothing"])
def test_an_empty_source_or_target_has_an_empty_matrix(client: httpx.Client, text: str) -> None:
    assert predictions(client, text, attention="true") == [{"target": "", "matrix": []}]


def test_instances_ask_for_attention_one_by_one(client: httpx.Client) -> None:
    instances = [
        {"data": text, "configuration": {"attention_matrix": str(index % 2 == 1).lower()}}
        for index, text in enumerate(["you", "good", "are", "cool"])
    ]
    _, answer = invoke(client, json.dumps({"instances": instances}))
    found = json.loads(answer)["predictions"]
    assert [prediction["target"] for prediction in found] == ["du", "gut", "bist", "kühl"]
    assert [prediction.get("matrix") for prediction in found] == [None, [[1.0]], None, [[1.0]]]


def test_records_give_target_ids_in_their_order(client: httpx.Client, root: Path) -> None:
    source = load_vocabulary(root / "model" / "vocab.src.json")
    target = load_vocabulary(root / "model" / "vocab.trg.json")
    sentences = ["good", SENTENCE, "", "this is so cool"]
    body = records(*([source[word] for word in text.split()] for text in sentences))
    status, answer = invoke(client, body, RECORDIO)
    assert status == 200
    expected = [[target[LEXICON[word]] for word in text.split()] for text in sentences]
    assert targets_of(answer) == expected


def test_an_answer_of_records_is_exact_to_the_byte(client: httpx.Client, root: Path) -> None:
    target = load_vocabulary(root / "model" / "vocab.trg.json")
    source = load_vocabulary(root / "model" / "vocab.src.json")
    _, answer = invoke(client, records([source["good"]], []), RECORDIO)
    expected = io.BytesIO()
    write_frame(expected, encode_record((), [target["gut"]]))
    write_frame(expected, encode_record((), []))
    assert answer == expected.getvalue()


@pytest.mark.parametrize("special", [0, 1, 2, 3])
def test_a_special_id_inside_a_source_is_an_unknown_word(
    client: httpx.Client, root: Path, special: int
) -> None:
    vocabulary = load_vocabulary(root / "model" / "vocab.src.json")
    target = load_vocabulary(root / "model" / "vocab.trg.json")
    body = records([vocabulary["you"], special, vocabulary["good"]])
    _, answer = invoke(client, body, RECORDIO)
    assert targets_of(answer) == [[target["du"], target["<unk>"], target["gut"]]]


@pytest.mark.parametrize("token_id", [-1, len(LEXICON) + 4, 2**31 - 1, -(2**31)])
def test_an_id_outside_the_vocabulary_is_named(client: httpx.Client, token_id: int) -> None:
    status, answer = invoke(client, records([4], [5, token_id]), RECORDIO)
    code, message = error_of(answer)
    assert (status, code) == (400, "bad_request")
    assert message.startswith(f"record 2: id {token_id} is not in the source vocabulary")
    assert f"{len(LEXICON) + 4} entries" in message


def test_json_lines_answer_line_by_line(client: httpx.Client) -> None:
    body = '{"source": "you are cool"}\n{"source": ""}\n{"source": "good\\u2028!"}\n'
    status, answer = invoke(client, body, JSON_LINES)
    assert status == 200
    lines = answer.decode().split("\n")
    assert [json.loads(line) for line in lines[:-1]] == [
        {"target": "du bist kühl"},
        {"target": ""},
        {"target": "gut !"},
    ]
    assert lines[-1] == ""


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        (JSON, "{", "not JSON"),
        (JSON, "[]", "the body must be a JSON object"),
        (JSON, '{"instances": []}', "at least one instance"),
        (JSON, '{"instances": [{"data": "a"}, {"data": 3}]}', 'instances[1]: "data" must'),
        (JSON, b"\xff", "UTF-8"),
        (RECORDIO, b"", "the body holds no record"),
        (RECORDIO, b"\0" * 12, "frame 1 at byte 0 starts with 0x00000000"),
        (RECORDIO, records([4])[:-4], "frame 1 at byte 0 is cut short"),
        (JSON_LINES, "", "holds no line"),
        (JSON_LINES, '{"source": "a"}\n\n{"source": "b"}', "line 2 is not JSON"),
        (JSON_LINES, '{"source": "a", "x": 1}', "line 1: unknown key 'x'; known keys"),
        (JSON_LINES, '{"source": ["a"]}', 'line 1: "source" must be a string'),
        (JSON_LINES, '{"source": "\\ud800"}', "line 1: "),
        (JSON_LINES, b"\xff", "not UTF-8"),
    ],
)
def test_malformed_bodies_are_the_callers_mistake(
    client: httpx.Client, content_type: str, body: bytes | str, message: str
) -> None:
    status, answer = invoke(client, body, content_type)
    assert (status, error_of(answer)[0]) == (400, "bad_request")
    assert message in error_of(answer)[1]


def test_a_frame_without_a_record_is_numbered(client: httpx.Client) -> None:
    stream = io.BytesIO(records([4]))
    stream.seek(0, io.SEEK_END)
    write_frame(stream, b"\xff\xff\xff")
    status, answer = invoke(client, stream.getvalue(), RECORDIO)
    assert status == 400
    assert error_of(answer)[1].startswith("record 2: the frame does not hold")


@pytest.mark.parametrize(
    ("content_type", "body", "where"),
    [
        (JSON, '{"instances": [{"data": "you"}, {"data": "you you you you"}]}', "instances[1]: "),
        (RECORDIO, records([4], [4, 4, 4, 4]), "record 2: "),
        (JSON_LINES, '{"source": "you"}\n{"source": "you you you you"}\n', "line 2: "),
    ],
)
def test_a_sentence_over_the_limit_is_refused_not_cut(
    root: Path, content_type: str, body: bytes | str, where: str
) -> None:
    with running(settings(root, limits=RequestLimits(max_source_pieces=3))) as short:
        wait_until_ready(short)
        status, answer = invoke(short, body, content_type)
    assert status == 400
    assert error_of(answer) == (
        "bad_request",
        f"{where}the sentence has 4 pieces; at most 3 are translated",
    )


def test_the_default_limit_is_1024_pieces(client: httpx.Client) -> None:
    status, answer = invoke(client, json.dumps({"instances": [{"data": "you " * 1025}]}))
    assert status == 400
    assert "instances[0]: the sentence has 1025 pieces; at most 1024" in error_of(answer)[1]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream", "json"])
def test_other_content_types_are_refused(client: httpx.Client, content_type: str) -> None:
    status, answer = invoke(client, "{}", content_type)
    assert (status, error_of(answer)[0]) == (415, "unsupported_media_type")
    assert RECORDIO in error_of(answer)[1]


@pytest.mark.parametrize("accept", ["*/*", JSON, "text/html, application/json;q=0.5", ""])
def test_a_matching_accept_is_served(client: httpx.Client, accept: str) -> None:
    status, _ = invoke(client, '{"instances": [{"data": "you"}]}', JSON, Accept=accept)
    assert status == 200


@pytest.mark.parametrize("accept", [RECORDIO, "text/html", "application/json;q=0"])
def test_another_accept_is_refused(client: httpx.Client, accept: str) -> None:
    status, answer = invoke(client, '{"instances": [{"data": "you"}]}', JSON, Accept=accept)
    assert (status, error_of(answer)[0]) == (415, "unsupported_media_type")
    assert accept in error_of(answer)[1]


def test_a_charset_is_part_of_the_content_type(client: httpx.Client) -> None:
    body = '{"instances": [{"data": "cool"}]}'
    for charset, expected in (("utf-8", 200), ('"UTF-8"', 200), ("latin-1", 415)):
        response = client.post(
            "/invocations",
            content=body,
            headers={"Content-Type": f"application/json; charset={charset}"},
        )
        assert response.status_code == expected


def test_a_body_over_six_megabytes_is_refused(client: httpx.Client) -> None:
    status, answer = invoke(client, b"x" * (6 * 1024 * 1024 + 1))
    assert (status, error_of(answer)) == (413, ("too_large", "the body is larger than 6 MB"))


def test_a_large_body_without_a_length_is_refused_too(client: httpx.Client) -> None:
    chunks = (b"x" * 1024 * 1024 for _ in range(7))
    response = client.post("/invocations", content=chunks, headers={"Content-Type": JSON})
    assert response.status_code == 413


def test_unknown_paths_and_methods_have_the_same_shape(client: httpx.Client) -> None:
    assert client.get("/nowhere").json()["code"] == "not_found"
    wrong = client.get("/invocations")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"


def test_execution_parameters_tell_batch_transform_how_to_call(client: httpx.Client) -> None:
    assert client.get("/execution-parameters").json() == {
        "MaxConcurrentTransforms": 2,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": 1,
    }


def test_an_engine_failure_is_internal_and_leaves_the_next_request_alone(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    too_long_for_the_position_table = "you " * (NUM_POSITIONS + 1)
    body = json.dumps({"instances": [{"data": too_long_for_the_position_table}]})
    with caplog.at_level(logging.ERROR):
        status, answer = invoke(client, body)
    assert status == 500
    assert error_of(answer) == ("internal", "the endpoint failed on this request")
    assert predictions(client, "you") == [{"target": "du"}]


def test_until_the_model_is_loaded_nothing_is_served(root: Path) -> None:
    may_load = threading.Event()

    def load(configured: ServingSettings) -> ServedModel:
        assert may_load.wait(20)
        return load_tried_model(configured)

    with running(settings(root), load=load) as client:
        assert client.get("/ping").status_code == 503
        response = client.post("/invocations", json={"instances": [{"data": "you"}]})
        assert (response.status_code, response.json()["code"]) == (503, "no_model")
        assert response.headers["retry-after"] == "1"
        may_load.set()
        wait_until_ready(client)
        assert predictions(client, "you") == [{"target": "du"}]


def test_a_model_that_cannot_be_loaded_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failed = threading.Event()
    with (
        caplog.at_level(logging.ERROR),
        running(settings(tmp_path), on_load_failure=failed.set) as client,
    ):
        assert failed.wait(20)
        assert client.get("/ping").status_code == 503
    assert str(tmp_path / "model") in caplog.text


class StandingStill:
    """Translators that wait for `may_go_on` in the middle of a call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.may_go_on = threading.Event()
        self.in_calls = threading.Semaphore(0)
        search = Translator.search

        def blocked(translator: Translator, *arguments: Any, **others: Any) -> Any:
            if threading.current_thread().name.startswith("translation"):
                self.in_calls.release()
                assert self.may_go_on.wait(20)
            return search(translator, *arguments, **others)

        monkeypatch.setattr(Translator, "search", blocked)

    def wait_for(self, num_calls: int) -> None:
        for _ in range(num_calls):
            assert self.in_calls.acquire(timeout=20)


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandingStill]:
    standing = StandingStill(monkeypatch)
    yield standing
    standing.may_go_on.set()


def test_a_full_queue_is_overloaded_at_once(root: Path, standing: StandingStill) -> None:
    """Two threads and one waiting place: of five callers two are refused while all work stands."""
    request = {"instances": [{"data": "you"}]}
    with (
        running(settings(root, queue=QueueLimits(max_sentences=1))) as client,
        ThreadPoolExecutor(5) as callers,
    ):
        wait_until_ready(client)
        try:
            calls = {callers.submit(client.post, "/invocations", json=request)}
            standing.wait_for(1)
            calls |= {callers.submit(client.post, "/invocations", json=request)}
            standing.wait_for(1)
            calls |= {callers.submit(client.post, "/invocations", json=request) for _ in range(3)}
            refused: set[Future[Any]] = set()
            while len(refused) < 2:
                done, _ = wait(calls - refused, timeout=20, return_when=FIRST_COMPLETED)
                assert done, "nothing was refused"
                refused |= done
        finally:
            standing.may_go_on.set()
        assert [call.result().json()["code"] for call in refused] == ["overloaded"] * 2
        assert [call.result().headers["retry-after"] for call in refused] == ["1"] * 2
        assert [call.result(20).status_code for call in calls - refused] == [200] * 3
        assert client.post("/invocations", json=request).status_code == 200


def test_a_request_past_its_time_is_told_so_and_the_next_ones_are_answered(
    root: Path, standing: StandingStill
) -> None:
    with running(settings(root, limits=RequestLimits(seconds=0.2))) as client:
        wait_until_ready(client)
        response = client.post("/invocations", json={"instances": [{"data": "you"}]})
        assert (response.status_code, response.json()["code"]) == (504, "timeout")
        assert client.get("/ping").status_code == 200
        standing.may_go_on.set()
        assert predictions(client, "you") == [{"target": "du"}]


def test_one_failing_sentence_leaves_its_neighbours_in_the_batch_alone(
    root: Path, standing: StandingStill
) -> None:
    """Six callers wait for two translators that stand still, one of them with a poisoned text."""
    poisoned = "you " * (NUM_POSITIONS + 1)
    texts = ["you", "good", poisoned, "are", "cool", "you are", "so cool"]
    with running(settings(root)) as client, ThreadPoolExecutor(len(texts)) as callers:
        wait_until_ready(client)
        calls = [
            callers.submit(client.post, "/invocations", json={"instances": [{"data": text}]})
            for text in texts
        ]
        wait(calls, timeout=0.3)
        standing.may_go_on.set()
        answers = [call.result(20) for call in calls]
    assert [answer.status_code for answer in answers] == [200, 200, 500, 200, 200, 200, 200]
    targets = [a.json()["predictions"][0]["target"] for a in answers if a.status_code == 200]
    assert targets == ["du", "gut", "bist", "kühl", "du bist", "so kühl"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_translator_whose_thread_ends_is_seen_by_ping(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: Translator, *arguments: Any, **others: Any) -> Any:
        raise SystemExit("crash")

    with running(settings(root)) as client:
        wait_until_ready(client)
        monkeypatch.setattr(Translator, "search", crash)
        assert client.post("/invocations", json={"instances": [{"data": "you"}]}).status_code == 500
        assert client.get("/ping").status_code == 503


def configured(client: httpx.Client, text: str, **configuration: Any) -> dict[str, Any]:
    body = {"instances": [{"data": text, "configuration": configuration}]}
    status, answer = invoke(client, json.dumps(body))
    assert status == 200, answer
    (found,) = json.loads(answer)["predictions"]
    assert isinstance(found, dict)
    return found


def test_alternatives_and_scores_come_when_asked_for(client: httpx.Client) -> None:
    found = configured(client, "you are cool", beam_size="4", alternatives="3", scores="true")
    assert found.keys() == {"target", "score", "alternatives"}
    assert found["target"] == "du bist kühl"
    scores = [found["score"], *(other["score"] for other in found["alternatives"])]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert scores[0] < 0
    unscored = configured(client, "you are cool", beam_size=4, alternatives=2)
    second = found["alternatives"][0]["target"]
    assert unscored == {"target": "du bist kühl", "alternatives": [{"target": second}]}


@pytest.mark.parametrize("beam_size", [1, 2])
def test_a_sentence_longer_than_the_model_s_own_length_is_translated_whole(
    client: httpx.Client, beam_size: int
) -> None:
    words = ["you", "are", "so", "good", "cool"] * NUM_POSITIONS
    text = " ".join(words[: NUM_POSITIONS - 2])
    found = configured(client, text, beam_size=beam_size)
    assert found == {"target": " ".join(LEXICON[word] for word in text.split())}


def test_a_length_beyond_the_positions_of_the_model_is_refused(client: httpx.Client) -> None:
    configuration = {"max_decoding_length": NUM_POSITIONS}
    body = {"instances": [{"data": "you", "configuration": configuration}]}
    status, answer = invoke(client, json.dumps(body))
    assert status == 400
    assert f"must be at most {NUM_POSITIONS - 1} at this endpoint" in error_of(answer)[1]


def test_a_term_is_forced_into_the_longest_translation_too(client: httpx.Client) -> None:
    # So long a hypothesis is preferred that it runs into the limit.
    found = configured(client, "you " * 30, glossary={"you": "Sie"}, beam_size=2, length_penalty=5)
    assert found["glossary_applied"] == {"you": True}
    assert found["truncated"] is True
    assert len(found["target"].split()) == NUM_POSITIONS - 1


def test_decoding_ends_where_it_was_asked_to(client: httpx.Client) -> None:
    found = configured(client, SENTENCE, max_decoding_length=3)
    assert found == {"target": "du bist so", "truncated": True}
    whole = configured(client, "you are", max_decoding_length=3)
    assert whole == {"target": "du bist"}


def test_an_alternative_that_was_cut_is_marked_on_its_own(client: httpx.Client) -> None:
    found = configured(client, "you " * 5, alternatives=2, max_decoding_length=7)
    assert found.keys() == {"target", "alternatives"}
    assert [other.get("truncated") for other in found["alternatives"]] == [True]


def test_json_lines_mark_what_was_cut(client: httpx.Client) -> None:
    configuration = {"max_decoding_length": 2}
    lines = [{"source": text, "configuration": configuration} for text in ("you", "you are")]
    _, answer = invoke(client, "\n".join(map(json.dumps, lines)), JSON_LINES)
    found = [json.loads(line) for line in answer.splitlines()]
    assert found == [{"target": "du"}, {"target": "du bist", "truncated": True}]


def test_records_say_in_their_metadata_what_was_cut(root: Path) -> None:
    with running(settings(root, limits=RequestLimits(max_decoding_length=3))) as short:
        wait_until_ready(short)
        _, answer = invoke(short, records([4, 4], [4, 4, 4]), RECORDIO)
    whole, cut = [Record.FromString(frame) for frame in read_frames(io.BytesIO(answer))]
    assert not whole.HasField("metadata")
    assert cut.metadata == '{"truncated": true}'
    assert [len(record.features["target"].int32_tensor.values) for record in (whole, cut)] == [2, 3]


def test_a_text_of_which_a_part_was_cut_is_marked(root: Path) -> None:
    text = "you are good ! this is cool"
    limits = RequestLimits(max_source_pieces=4, max_decoding_length=4)
    with running(settings(root, limits=limits)) as client:
        wait_until_ready(client)
        found = configured(client, text, split_sentences=True)
    assert found == {"target": "du bist gut ! das ist kühl", "truncated": True}


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"beam_size": 5}, 'instances[0]: "beam_size" must be at most 4 at this endpoint, not 5'),
        ({"alternatives": 3}, '"alternatives" must be at most beam_size, which is 2 here, not 3'),
        (
            {"max_decoding_length": 99},
            '"max_decoding_length" must be at most 60 at this endpoint, not 99',
        ),
        ({"beam_size": 99}, '"beam_size" must be an integer from 1 to 32, not 99'),
    ],
)
def test_the_endpoint_s_limits_hold(
    root: Path, configuration: dict[str, Any], message: str
) -> None:
    limits = RequestLimits(max_beam_size=4, max_decoding_length=60)
    with running(settings(root, limits=limits)) as client:
        wait_until_ready(client)
        body = {"instances": [{"data": "you", "configuration": configuration}]}
        status, answer = invoke(client, json.dumps(body))
    assert status == 400
    assert message in error_of(answer)[1]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, json.dumps({"instances": [{"data": "you"}] * 3})),
        (JSON_LINES, '{"source": "you"}\n' * 3),
        (RECORDIO, records([4], [4], [4])),
    ],
)
def test_more_sentences_than_a_request_may_hold_are_refused(
    root: Path, content_type: str, body: bytes | str
) -> None:
    with running(settings(root, limits=RequestLimits(max_instances=2))) as client:
        wait_until_ready(client)
        status, answer = invoke(client, body, content_type)
    assert status == 413
    assert error_of(answer) == (
        "too_large",
        "the request holds 3 sentences; at most 2 are taken",
    )


def test_a_long_text_is_split_when_asked(root: Path) -> None:
    text = "you are good ! this is cool !"
    split = {"split_sentences": True, "attention_matrix": True, "scores": True}
    with running(settings(root, limits=RequestLimits(max_source_pieces=4))) as client:
        wait_until_ready(client)
        found = configured(client, text, **split)
        whole = configured(client, "you are good !", **split)
        body = {"instances": [{"data": "you " * 5, "configuration": split}]}
        status, answer = invoke(client, json.dumps(body))
    assert found["target"] == "du bist gut ! das ist kühl !"
    assert [row.index(max(row)) for row in found["matrix"]] == list(range(8))
    assert [len(row) for row in found["matrix"]] == [8] * 8
    assert found["matrix"][0] == [*whole["matrix"][0], 0, 0, 0, 0]
    assert found["score"] < 0
    assert status == 400
    assert "the sentence that begins 'you you you you you' has 5 pieces; at mos" in answer.decode()


def test_a_glossary_s_terms_stand_in_the_translation(client: httpx.Client) -> None:
    glossary = {"good": "prima", "so good": "so gut", "cool": "kalt", "are": "bist"}
    found = configured(
        client, SENTENCE, glossary=glossary, attention_matrix=True, scores=True, alternatives=2
    )
    assert found["glossary_applied"] == {"good": True, "so good": True, "are": True}
    words = found["target"].split()
    assert {"prima", "so", "gut", "bist"} <= set(words)
    assert len(found["matrix"]) == len(words)
    assert all(sum(row) == pytest.approx(1) for row in found["matrix"])
    assert found["score"] < 0


def test_a_glossary_without_its_terms_in_the_sentence_changes_nothing(client: httpx.Client) -> None:
    found = configured(client, SENTENCE, glossary={"zebra": "Zebra"})
    assert found == {"target": "du bist so gut !", "glossary_applied": {}}


def test_a_term_that_finds_no_room_is_not_claimed(client: httpx.Client) -> None:
    found = configured(client, SENTENCE, glossary={"you": "ein zwei drei"}, max_decoding_length=2)
    assert found["glossary_applied"] == {"you": False}


def test_json_lines_take_a_configuration(client: httpx.Client) -> None:
    line = {"source": "you are cool", "configuration": {"scores": True, "glossary": {"you": "Sie"}}}
    status, answer = invoke(client, json.dumps(line), JSON_LINES)
    assert status == 200
    found = json.loads(answer)
    assert found["glossary_applied"] == {"you": True}
    assert "Sie" in found["target"].split()


def test_many_instances_are_answered_in_their_order(client: httpx.Client) -> None:
    words = [word for word in LEXICON if word != "nothing"]
    texts = [" ".join(words[: 1 + index % 7]) for index in range(900)]
    found = predictions(client, *texts)
    expected = [" ".join(LEXICON[word] for word in text.split()) for text in texts]
    assert [prediction["target"] for prediction in found] == expected


def test_all_forms_agree_with_subwords(tmp_path: Path) -> None:
    lines = ["Grüße aus Köln, bis später!", "grüne Bäume und grüne Wiesen", "später am Abend"]
    build_subword_model(tmp_path / "model", lines)
    tokenizer = load_tokenizer(tmp_path / "model")
    vocabulary = load_vocabulary(tmp_path / "model" / "vocab.src.json")
    tokens = list(vocabulary)
    with running(settings(tmp_path)) as client:
        wait_until_ready(client)
        plain = [found["target"] for found in predictions(client, *lines)]
        attentive = predictions(client, *lines, attention="true")
        pieces = [tokenizer.segment(line).pieces for line in lines]
        _, answer = invoke(
            client, records(*([vocabulary[p] for p in line] for line in pieces)), RECORDIO
        )
    assert plain == lines
    assert [found["target"] for found in attentive] == lines
    assert [
        tokenizer.assemble([tokens[i] for i in ids]).text for ids in targets_of(answer)
    ] == lines
    for line, found in zip(lines, attentive, strict=True):
        diagonal = [row.index(max(row)) for row in found["matrix"]]
        assert diagonal == list(range(len(line.split())))
