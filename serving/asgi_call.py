"""One HTTP request to an ASGI application in this process, without a socket."""

from dataclasses import dataclass

from serving.application import Application, Message


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application sent back."""

    status: int
    body: bytes


async def call(
    application: Application, method: str, path: str, *, content_type: str = "", body: bytes = b""
) -> Answer:
    """Send a request and collect the whole answer; what the application raises passes through."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", content_type.encode())] if content_type else [],
        "server": ("localhost", 80),
        "client": ("localhost", 0),
    }
    await application(scope, receive, send)
    status = next(m["status"] for m in sent if m["type"] == "http.response.start")
    content = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return Answer(status, content)
