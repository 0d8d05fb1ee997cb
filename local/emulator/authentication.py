"""Who may call: closes what ministack 1.5.33 leaves open with AUTH=true."""

from typing import Any

from local.credentials import AccessKey
from local.settings import ACCOUNT

ADMINISTRATOR = "administrator"
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
    _leave_unsigned_calls_to_the_method(app)
    _close_the_back_door(app)
    # Policies ask for TLS; what stays on the loopback interface needs none.
    origin = app.pin_request_origin
    app.pin_request_origin = lambda address, _secure: origin(address, secure_transport=True)


def _leave_unsigned_calls_to_the_method(app: Any) -> None:
    # An unsigned call belongs to nobody now; the method itself then answers "Missing
    # Authentication Token" through the API's own gateway responses, as on AWS.
    check_signature = app._enforce_execute_api

    def enforce(
        api_id: str,
        stage: str,
        method: str,
        path: str,
        headers: dict[str, str],
        query: dict[str, list[str]],
        iam_action: str = "execute-api:Invoke",
    ) -> Any:
        if not headers.get("authorization") and not app.extract_access_key_id({}, query):
            return None
        return check_signature(api_id, stage, method, path, headers, query, iam_action)

    app._enforce_execute_api = enforce


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
