"""Metrics as AWS guards them: a policy can ask for their namespace."""

import json
from typing import Any


def install() -> None:
    """Change ministack's policies, of which those with the condition key could never be met."""
    from ministack.core import iam_actions  # noqa: PLC0415 - environment

    original = iam_actions.request_tag_context

    def request_context(
        service: str, iam_action: str, body: bytes, params: dict[str, Any]
    ) -> dict[str, Any]:
        context = dict(original(service, iam_action, body, params))
        if iam_action == "cloudwatch:PutMetricData" and (namespace := _namespace(body)):
            context["cloudwatch:namespace"] = namespace
        return context

    iam_actions.request_tag_context = request_context


def _namespace(body: bytes) -> str:
    """Of a request in JSON, as boto3 sends it; one in another encoding meets no such condition."""
    try:
        sent = json.loads(body)
    except ValueError:
        return ""
    return str(sent.get("Namespace", "")) if isinstance(sent, dict) else ""
