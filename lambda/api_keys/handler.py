"""An authorizer that checks nothing itself: it hands API Gateway the key that it finds.

The methods require an API key, and the API takes it from its authorizer
(`apiKeySource: AUTHORIZER`), so API Gateway itself refuses a key that no usage plan has.
"""

from collections.abc import Mapping
from typing import Any

DEEPL_SCHEME = "DeepL-Auth-Key"
PRINCIPAL = "api-key"
"""Access logs show it, so it must not be the key."""


class UnauthorizedError(Exception):
    """API Gateway answers 401 to this one message, and 500 to any other."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def lambda_handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Answer one event of a token authorizer, in either header's spelling.

    Raises:
        UnauthorizedError: the header holds no key.
    """
    words = str(event.get("authorizationToken") or "").split()
    if words[:1] == [DEEPL_SCHEME]:
        words = words[1:]
    if len(words) != 1:
        raise UnauthorizedError
    api, stage, *_ = str(event["methodArn"]).split("/")
    statement = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        # The answer is kept for this key and serves its next requests, whichever they are.
        "Resource": f"{api}/{stage}/*",
    }
    return {
        "principalId": PRINCIPAL,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "usageIdentifierKey": words[0],
    }
