"""`application/json`: the instances and predictions of the built-in Seq2Seq algorithm."""

from nmt.translator import SourceTooLongError
from protocol.translation import RequestError, TranslationRequest, encode_predictions
from serving.model import ServedModel


def answer(model: ServedModel, body: bytes) -> bytes:
    """Translate the instances of a request body.

    Raises:
        RequestError: names the instance, counted from 0.
    """
    request = TranslationRequest.parse(body)
    try:
        return encode_predictions(model.predict(request.instances))
    except SourceTooLongError as error:
        raise RequestError(f"instances[{error.index}]: {error}") from error
