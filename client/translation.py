"""The REST API from Python: `TranslationClient.from_environment().translate(["…"])`."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import botocore.session

from client import records
from client.addresses import DEFAULT_NAME, Addresses
from client.failures import ClientError
from client.transport import ApiKey, Authorisation, Signature, Transport, region_of
from protocol import recordio
from protocol.translation import JSON_CONTENT_TYPE
from protocol.vocabulary import VocabularyError, parse_vocabulary


@dataclass(frozen=True, kw_only=True, slots=True)
class Translation:
    """One sentence's answer."""

    source: str
    target: str
    matrix: tuple[tuple[float, ...], ...] | None = None
    """One row per word of `target`, one column per word of `source`, when it was asked for."""
    truncated: bool = False
    """Whether the decoding length cut `target` before its end."""


class TranslationClient:
    """Calls one service."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @classmethod
    def from_environment(
        cls, name: str = DEFAULT_NAME, environ: Mapping[str, str] = os.environ
    ) -> "TranslationClient":
        """Find the service and the credentials as the AWS command line would.

        Raises:
            ClientError: there is no service of that name, or there are no credentials.
        """
        session = aws_session(environ)
        base_url = Addresses(session, environ, name).api_url()
        return cls(Transport(base_url, authorisation_for(session, environ, base_url)))

    def translate(self, sentences: Sequence[str], *, attention: bool = False) -> list[Translation]:
        """Translate in one request; answers are in the order of the sentences.

        Raises:
            ApiError: the service refused or failed.
            ClientError: it could not be reached, or its answer is of another shape.
        """
        if not sentences:
            return []
        configuration = {"configuration": {"attention_matrix": "true"}} if attention else {}
        instances = [{"data": sentence, **configuration} for sentence in sentences]
        body = _encoded({"instances": instances})
        content = self._transport.post("/translate", body, JSON_CONTENT_TYPE).json()
        return _translations(sentences, content)

    def translate_as_records(self, sentences: Sequence[str]) -> list[Translation]:
        """Translate as x-recordio-protobuf, with the current model's vocabularies.

        Raises:
            ClientError: as `translate`, and for models of subwords, whose pieces cannot be cut
                with a vocabulary alone.
        """
        if not sentences:
            return []
        if self.model().get("subwords"):
            raise ClientError("the current model's ids are of subwords: translate as JSON instead")
        body = records.encode(sentences, self.vocabulary("source"))
        answer = self._transport.post("/translate", body, recordio.CONTENT_TYPE)
        targets = records.decode(answer.body, self.vocabulary("target"))
        if len(targets) != len(sentences):
            raise ClientError(f"{len(sentences)} sentences, but {len(targets)} answers")
        pairs = zip(sentences, targets, strict=True)
        return [
            Translation(source=source, target=target, truncated=truncated)
            for source, (target, truncated) in pairs
        ]

    def model(self) -> dict[str, Any]:
        """What is being served."""
        return dict(self._transport.get("/model").json())

    def vocabulary(self, side: Literal["source", "target"]) -> dict[str, int]:
        """The current model's vocabulary, ordered by id."""
        answer = self._transport.get(f"/vocabulary/{side}")
        try:
            return parse_vocabulary(answer.body, f"the {side} vocabulary")
        except VocabularyError as error:
            raise ClientError(str(error)) from error


def aws_session(environ: Mapping[str, str] = os.environ) -> Any:
    """A session with the region where Lambda, SDKs and shells put it."""
    session = botocore.session.get_session()
    if not session.get_config_variable("region") and environ.get("AWS_REGION"):
        session.set_config_variable("region", environ["AWS_REGION"])
    return session


def authorisation_for(session: Any, environ: Mapping[str, str], base_url: str) -> Authorisation:
    """What a caller of the service at this address proves itself with.

    Raises:
        ClientError: there is neither a key nor a signer.
    """
    if key := environ.get("TRANSLATION_API_KEY", "").strip():
        return ApiKey(key)
    region = region_of(base_url) or session.get_config_variable("region")
    if not region:
        raise ClientError("no AWS region: set AWS_REGION, or region in the AWS configuration file")
    credentials = session.get_credentials()
    if credentials is None:
        raise ClientError(
            "no AWS credentials: log in or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
            "set TRANSLATION_API_KEY for a service that takes API keys"
        )
    return Signature(credentials, region)


def _encoded(content: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ClientError("a sentence is not Unicode text: give it in UTF-8") from error


def _translations(sentences: Sequence[str], content: Any) -> list[Translation]:
    try:
        pairs = zip(sentences, content["predictions"], strict=True)
        return [_translation(source, prediction) for source, prediction in pairs]
    except (KeyError, TypeError, ValueError) as error:
        raise ClientError(
            f"the service's answer is not of the documented shape: {error}"
        ) from error


def _translation(source: str, prediction: Mapping[str, Any]) -> Translation:
    matrix = prediction.get("matrix")
    rows = None if matrix is None else tuple(tuple(map(float, row)) for row in matrix)
    return Translation(
        source=source,
        target=str(prediction["target"]),
        matrix=rows,
        truncated=prediction.get("truncated") is True,
    )
