"""The function's way in: one proxy event in, one proxy answer out."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from translate_api.clients import Clients
from translate_api.http_request import HttpRequest
from translate_api.routes import compose
from translate_api.routing import Router
from translate_api.settings import Settings


def lambda_handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one event of the REST API's Lambda proxy integration."""
    request = HttpRequest.from_event(event, getattr(context, "aws_request_id", ""))
    return api().answer(request).to_proxy(request.request_id)


@cache
def api() -> Router:
    """The one instance of this process; its connections are kept between requests."""
    return compose(Settings.from_environment(os.environ), Clients())


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda gives a process more of the processor while it starts than a request gets later.
    api()
