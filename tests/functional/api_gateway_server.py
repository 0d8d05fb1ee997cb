"""The function behind an HTTP server that stands for API Gateway: real requests, real handler."""

import base64
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from translate_api.http_request import HttpRequest
from translate_api.routing import Router


class ApiGatewayServer(ThreadingHTTPServer):
    """Answers below a stage, as an API's own address does."""

    stage = "/prod"

    def __init__(self, router: Router) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.router = router

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{self.stage}"


class _Handler(BaseHTTPRequestHandler):
    server: ApiGatewayServer
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        address = urlsplit(self.path)
        request = HttpRequest.from_event(
            {
                "httpMethod": self.command,
                "resource": "/{proxy+}",
                "path": address.path,
                "pathParameters": {"proxy": address.path.removeprefix(f"{self.server.stage}/")},
                "headers": dict(self.headers),
                "multiValueQueryStringParameters": parse_qs(address.query) or None,
                "requestContext": {"requestId": "r-1"},
                "body": body.decode("utf-8") or None,
                "isBase64Encoded": False,
            }
        )
        self.reply(self.server.router.answer(request).to_proxy(request.request_id))

    do_GET = do_POST = answer  # noqa: N815 - the names that http.server looks up

    def reply(self, answer: dict[str, Any]) -> None:
        text = answer["body"]
        content = base64.b64decode(text) if answer["isBase64Encoded"] else text.encode()
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        """Keep the tests' output quiet."""
