"""One caller of the API, who signs each request and sends it once."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from client.translation import authorisation_for, aws_session
from client.transport import Authorisation, new_session
from protocol.translation import JSON_CONTENT_TYPE

NO_ANSWER = 0
"""In the place of a status."""


class Caller:
    """Its connections are kept, and shared by its threads."""

    def __init__(self, base_url: str, authorisation: Authorisation, num_threads: int = 1) -> None:
        self._url = f"{base_url}/translate"
        self._authorisation = authorisation
        self._session: Any = new_session(max_pool_connections=num_threads)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], num_threads: int) -> "Caller":
        """The caller with the credentials and of the service that the variables name."""
        base_url = environ["TRANSLATION_API_URL"]
        authorisation = authorisation_for(aws_session(environ), environ, base_url)
        return cls(base_url, authorisation, num_threads)

    def translate(self, sentences: Sequence[str]) -> tuple[int, list[str], str]:
        """Status, translations, and the request's id or, without them, what was said instead."""
        body = json.dumps({"instances": [{"data": sentence} for sentence in sentences]}).encode()
        headers = {"content-type": JSON_CONTENT_TYPE, "accept": JSON_CONTENT_TYPE}
        request = AWSRequest("POST", self._url, headers, body)
        self._authorisation.add_to(request)
        try:
            answer = self._session.send(request.prepare())
        except BotoCoreError as error:
            return NO_ANSWER, [], repr(error)
        if answer.status_code != 200:
            return answer.status_code, [], answer.content.decode("utf-8", errors="replace")
        predictions = json.loads(answer.content)["predictions"]
        targets = [prediction["target"] for prediction in predictions]
        return 200, targets, answer.headers["x-request-id"]
