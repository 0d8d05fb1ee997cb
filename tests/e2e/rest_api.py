"""Signs and sends requests as any AWS client would, without the project's own client."""

import json
import os
from dataclasses import dataclass
from typing import Any

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

JSON = "application/json"
RECORDIO = "application/x-recordio-protobuf"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: urllib3.HTTPHeaderDict
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class RestApi:
    def __init__(self, url: str, session: boto3.Session) -> None:
        self.url = url.rstrip("/")
        self._session = session
        self._http = urllib3.PoolManager(maxsize=4, retries=False, timeout=urllib3.Timeout(30))

    @classmethod
    def from_environment(cls) -> "RestApi":
        return cls(os.environ["TRANSLATION_API_URL"], boto3.Session())

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str = JSON,
        signed: bool = True,
    ) -> Answer:
        headers = {"content-type": content_type, "accept": content_type}
        url = f"{self.url}{path}"
        if signed:
            headers = self._signed(method, url, body, headers)
        answer = self._http.request(method, url, body=body, headers=headers)
        return Answer(answer.status, answer.headers, answer.data)

    def translate(self, *sentences: str, attention: bool = False) -> list[dict[str, Any]]:
        configuration = {"configuration": {"attention_matrix": "true"}} if attention else {}
        instances = [{"data": sentence} | configuration for sentence in sentences]
        answer = self.call("POST", "/translate", json.dumps({"instances": instances}).encode())
        assert answer.status == 200, answer.body
        predictions: list[dict[str, Any]] = answer.json()["predictions"]
        return predictions

    def _signed(
        self, method: str, url: str, body: bytes, headers: dict[str, str]
    ) -> dict[str, str]:
        request = AWSRequest(method, url, data=body, headers=headers)
        credentials = self._session.get_credentials()
        SigV4Auth(credentials, "execute-api", self._session.region_name).add_auth(request)
        return dict(request.headers)
