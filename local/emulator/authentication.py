"""Who may call: closes what ministack 1.5.33 leaves open with AUTH=true."""

import json
from typing import Any

from local.credentials import AccessKey
from local.settings import ACCOUNT, REGION

ADMINISTRATOR = "administrator"
_DENIED = "AccessDeniedException"
_REQUEST_ID = "x-amzn-requestid"
"""Every answer of a REST API has it, and no other refusal of ministack's."""
_OWN_PATHS = ("/_ministack/", "/_localstack/")
_HARMLESS_PATHS = (
    "/_ministack/health",
    "/_ministack/ready",
    # CloudFormation's custom resources answer here, with a token in the path.
    "/_ministack/cfn-response/",
    "/_ministack/cfn-signal/",
)


def install(administrator: AccessKey) -> None:
    """Make every caller sign with a key of this machine."""
    from ministack import app  # noqa: PLC0415 - reads the environment when it is imported
    from ministack.core import iam_evaluator  # noqa: PLC0415
    from ministack.services import sts  # noqa: PLC0415

    # ministack takes `test`, its own key, every account number and a missing key for the root
    # user, whose signature it does not check: anyone could pass for it.
    iam_evaluator.is_root_access_key = sts.is_root_access_key = _nobody
    _create_administrator(administrator)
    _refuse_as_the_api_does(app)
    _close_the_back_door(app)
    # Policies ask for TLS; what stays on the loopback interface needs none.
    origin = app.pin_request_origin
    app.pin_request_origin = lambda address, _secure: origin(address, secure_transport=True)


def _refuse_as_the_api_does(app: Any) -> None:
    # An unsigned call belongs to nobody now; the method itself then answers "Missing
    # Authentication Token" through the API's own gateway responses, as on AWS. ministack takes a
    # signature for any region and service, and answers a signer without permission in a shape
    # that is not API Gateway's.
    from ministack.core import iam_evaluator  # noqa: PLC0415 - reads the environment
    from ministack.services import apigateway_v1 as gateway  # noqa: PLC0415

    check_signature = app._enforce_execute_api
    gateway._AUTHENTICATION_GATEWAY_ERRORS[_DENIED] = ("ACCESS_DENIED", _DENIED)

    def enforce(
        api_id: str,
        stage: str,
        method: str,
        path: str,
        headers: dict[str, str],
        query: dict[str, list[str]],
        iam_action: str = "execute-api:Invoke",
    ) -> Any:
        def refusal(code: str, words: str) -> Any:
            error = iam_evaluator.AuthError(code, words)
            return gateway.authentication_error_response(api_id, stage, error, headers, query)

        if not headers.get("authorization") and not app.extract_access_key_id({}, query):
            return None
        is_iam = gateway.method_authorization_type(api_id, stage, method, path) == "AWS_IAM"
        if is_iam and (words := _wrong_scope(headers, query)):
            return refusal("SignatureDoesNotMatch", words)
        denied = check_signature(api_id, stage, method, path, headers, query, iam_action)
        if not is_iam or denied is None or _REQUEST_ID in denied[1]:
            return denied
        return refusal(_DENIED, _message(denied[2]))

    app._enforce_execute_api = enforce


def _wrong_scope(headers: dict[str, str], query: dict[str, list[str]]) -> str:
    """What API Gateway says of a signature for another region or service."""
    from ministack.core import sigv4  # noqa: PLC0415 - reads the environment

    signed = headers.get("authorization")
    found = sigv4.parse_header_signature(headers) if signed else sigv4.parse_query_signature(query)
    if isinstance(found, tuple):
        return ""
    if found.region != REGION:
        return f"Credential should be scoped to a valid region, not '{found.region}'. "
    if found.service != "execute-api":
        return "Credential should be scoped to correct service: 'execute-api'. "
    return ""


def _message(body: bytes) -> str:
    content = json.loads(body)
    return str(content.get("message") or content.get("Message"))


def _close_the_back_door(app: Any) -> None:
    # ministack's own paths take no signature: any program, and any web page in a browser, could
    # wipe everything with one of them.
    handle = app._handle_pre_body_request

    async def pre_body(method: str, path: str, *rest: Any) -> Any:
        if path.startswith(_OWN_PATHS) and not path.startswith(_HARMLESS_PATHS):
            return 403, {"Content-Type": "application/json"}, b'{"message":"Forbidden"}'
        return await handle(method, path, *rest)

    app._handle_pre_body_request = pre_body


def _nobody(_access_key_id: str) -> bool:
    return False


def _create_administrator(key: AccessKey) -> None:
    from ministack.services import iam  # noqa: PLC0415 - reads the environment

    iam._users[ADMINISTRATOR] = {
        "UserName": ADMINISTRATOR,
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/{ADMINISTRATOR}",
        "UserId": "AIDALOCALADMINISTRATOR",
        "CreateDate": "2026-01-01T00:00:00Z",
        "Path": "/",
        "AttachedPolicies": [],
        "Tags": [],
    }
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    iam._user_inline_policies[ADMINISTRATOR] = {"everything": everything}
    iam._access_keys[key.access_key_id] = {
        "UserName": ADMINISTRATOR,
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "Status": "Active",
        "CreateDate": "2026-01-01T00:00:00Z",
    }
