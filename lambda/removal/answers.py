"""What CloudFormation waits for: one answer to each request of a custom resource."""

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

MAX_REASON_LENGTH = 1000
"""CloudFormation takes an answer of 4096 bytes."""


def send(event: Mapping[str, Any], *, reason: str) -> None:
    """Tell CloudFormation that a request was carried out, or with a reason why it was not.

    Raises:
        ValueError: the address to answer at is none.
    """
    content = {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": reason[:MAX_REASON_LENGTH] or "done",
        # The same for ever: another one would have CloudFormation delete the one before.
        "PhysicalResourceId": f"{event['LogicalResourceId']}-removal",
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    url = str(event["ResponseURL"])
    if urllib.parse.urlsplit(url).scheme not in ("https", "http"):
        raise ValueError(f"ResponseURL: {url!r} is not an address of CloudFormation's")
    body = json.dumps(content).encode()
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, data=body, method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=20):  # noqa: S310
        pass
