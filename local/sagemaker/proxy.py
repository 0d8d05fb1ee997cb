"""Carries one invocation to the serving process, on the event loop, within SageMaker's 60 s."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import h11

from local.sagemaker.endpoint import Endpoint
from local.sagemaker.errors import (
    InvocationValidationError,
    ModelError,
    ServiceUnavailableError,
)
from local.sagemaker.hosting import Fleet
from local.sagemaker.serverless import MAX_SERVERLESS_BODY_BYTES

INVOCATION_SECONDS = 60.0
MAX_BODY_BYTES = 6_291_456
_MAX_ORIGINAL_MESSAGE = 16_384
_PREFIX = "x-amzn-sagemaker-"
_READ_BYTES = 65_536
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the "
    "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the serving process answered."""

    status: int
    content_type: str
    headers: Mapping[str, str]
    body: bytes
    variant: str


async def invoke(endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> Answer:
    """Send one invocation and wait for the answer.

    Raises:
        InvocationValidationError: the body is larger than SageMaker takes.
        ServiceUnavailableError: no serving process takes the call.
        ModelError: the serving process answered with an error, or not in time.
    """
    with endpoint.serving() as fleet:
        limit = MAX_BODY_BYTES if fleet.serverless is None else MAX_SERVERLESS_BODY_BYTES
        if len(body) > limit:
            raise InvocationValidationError(
                "1 validation error detected: Value at 'body' failed to satisfy constraint: "
                f"Member must have length less than or equal to {limit}"
            )
        try:
            answer = await asyncio.wait_for(_call(fleet, headers, body), INVOCATION_SECONDS)
        except TimeoutError:
            raise _model_error(0, _TIMED_OUT) from None
        except (OSError, h11.ProtocolError) as error:
            raise ServiceUnavailableError(
                f"The serving process of {endpoint.name} went away during the call: {error!r}"
            ) from error
    if not 200 <= answer.status < 300:
        raise _model_error(answer.status, answer.body.decode("utf-8", errors="replace"))
    return answer


def _model_error(status: int, message: str) -> ModelError:
    side = "client" if 400 <= status < 500 else "server"
    shown = message[:_MAX_ORIGINAL_MESSAGE]
    text = f'Received {side} error ({status}) from primary with message "{shown}".'
    return ModelError(text, original_status=status, original_message=shown)


async def _call(fleet: Fleet, headers: Mapping[str, str], body: bytes) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", fleet.port)
    try:
        connection = h11.Connection(h11.CLIENT)
        request = h11.Request(
            method="POST", target="/invocations", headers=_request_headers(fleet, headers, body)
        )
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(connection.send(event) or b"")
        await writer.drain()
        return await _read_answer(fleet, connection, reader)
    finally:
        writer.close()


def _request_headers(
    fleet: Fleet, headers: Mapping[str, str], body: bytes
) -> list[tuple[str, str]]:
    passed = {
        name: value
        for name, value in headers.items()
        if name in ("content-type", "accept") or name.startswith(_PREFIX)
    }
    own = {"host": f"127.0.0.1:{fleet.port}", "content-length": str(len(body))}
    return [*(passed | own).items(), ("connection", "close")]


async def _read_answer(
    fleet: Fleet, connection: h11.Connection, reader: asyncio.StreamReader
) -> Answer:
    response: h11.Response | None = None
    chunks: list[bytes] = []
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_READ_BYTES))
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            chunks.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            break
    if response is None:
        raise ConnectionResetError("no answer")
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
    return Answer(
        status=response.status_code,
        content_type=found.get("content-type", "application/octet-stream"),
        headers={name: value for name, value in found.items() if name.startswith(_PREFIX)},
        body=b"".join(chunks),
        variant=fleet.variant,
    )
