"""The warm function beside a bare client and bare HTTP, in turn, against one endpoint.

`python -m benchmarks.api.warm HOST PORT REQUESTS FILE` with the bundle on the path; its own output
is the function's log, so that what it has measured goes into the file.
"""

import http.client
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.api.endpoint import ANSWER
from translate_api import handler
from translate_api.clients import ANSWER_SECONDS, Clients

NUM_WARM_UP = 100
BODY = json.dumps({"instances": [{"data": "you are so good !"}]})
EVENT: dict[str, Any] = {
    "resource": "/translate",
    "path": "/translate",
    "httpMethod": "POST",
    "headers": {"Content-Type": "application/json", "Accept": "*/*"},
    "multiValueHeaders": {"Content-Type": ["application/json"], "Accept": ["*/*"]},
    "requestContext": {"requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"},
    "body": BODY,
    "isBase64Encoded": False,
}


def main(host: str, port: int, num_requests: int, path: Path) -> None:
    plain = http.client.HTTPConnection(host, port)
    runtime = Clients().runtime(ANSWER_SECONDS[0])

    def over_http() -> bytes:
        plain.request("POST", "/", BODY, {"content-type": "application/json"})
        return plain.getresponse().read()

    def over_botocore() -> bytes:
        answer = runtime.invoke_endpoint(
            EndpointName="translation", ContentType="application/json", Body=BODY
        )
        return bytes(answer["Body"].read())

    def over_the_function() -> bytes:
        answer = handler.lambda_handler(EVENT, SimpleNamespace())
        return str(answer["body"]).encode()

    calls = {"http": over_http, "botocore": over_botocore, "function": over_the_function}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    own = Own(host, port)
    for number in range(NUM_WARM_UP + num_requests):
        for name, call in calls.items():
            added = _seconds(call) - own.of_the_last()
            if number >= NUM_WARM_UP:
                seconds[name].append(added)
    path.write_text(json.dumps(seconds), encoding="utf-8")


class Own:
    """Asks the endpoint how long it took itself, over a connection of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port)

    def of_the_last(self) -> float:
        self._connection.request("GET", "/")
        (seconds,) = json.loads(self._connection.getresponse().read())
        return float(seconds)


def _seconds(call: Callable[[], bytes]) -> float:
    started = time.perf_counter()
    answer = call()
    seconds = time.perf_counter() - started
    if answer != ANSWER:
        raise RuntimeError(f"the answer is {answer!r}")
    return seconds


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
