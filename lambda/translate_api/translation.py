"""Checks what is to be translated before it costs a call of the endpoint, and calls it."""

from http import HTTPStatus
from io import BytesIO

from protocol.translation import ErrorCode, RequestError, TranslationRequest
from translate_api import request_metrics
from translate_api.answers import Answer, answer_too_large
from translate_api.endpoint import MAX_REQUEST_BYTES, Endpoint
from translate_api.http_request import HttpRequest
from translate_api.media_types import MediaType, check_accept, content_type


class Translation:
    """What `POST /translate` does; adapters of other APIs call `translate` with bodies of ours."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def answer(self, request: HttpRequest) -> Answer:
        """Answer `POST /translate` in the content type that it came in.

        Raises:
            RequestError: with the code and the message that the caller should see.
        """
        media_type = content_type(request.header("content-type"))
        check_accept(request.header("accept"), media_type)
        answer = Answer(
            status=HTTPStatus.OK,
            body=self.translate(request.body(), media_type, request.received),
            content_type=media_type,
            binary=media_type is MediaType.RECORDIO,
        )
        if not answer.fits():
            raise answer_too_large(answer)
        return answer

    def translate(self, body: bytes, media_type: MediaType, received: float) -> bytes:
        """Check a request's body and translate it; the answer's body has the same media type.

        Args:
            body: as `POST /translate` takes it.
            media_type: of the body.
            received: when the request came, in the time of `time.monotonic`.

        Raises:
            RequestError: with the code and the message that the caller should see.
        """
        if len(body) > MAX_REQUEST_BYTES:
            raise RequestError(
                f"the body has {len(body)} bytes; at most {MAX_REQUEST_BYTES} pass",
                ErrorCode.TOO_LARGE,
            )
        if media_type is MediaType.JSON:
            instances = TranslationRequest.parse(body).instances
            request_metrics.count_characters(sum(len(instance.data) for instance in instances))
        else:
            _check_records(body)
        return self._endpoint.invoke(body, media_type, received)


def _check_records(body: bytes) -> None:
    # Loading protobuf takes a fifth of a cold start, which callers of JSON need not pay.
    from protocol import recordio  # noqa: PLC0415

    if not body:
        raise RequestError("the body must hold at least one record")
    try:
        for index, payload in enumerate(recordio.read_frames(BytesIO(body))):
            try:
                recordio.decode_record(payload)
            except recordio.RecordIOError as error:
                raise RequestError(f"record {index}: {error}") from error
    except recordio.RecordIOError as error:
        raise RequestError(str(error)) from error
