"""What `make destroy` announces is what the deployed stacks will do."""

import botocore.session
import pytest
from botocore.stub import Stubber

from client import removal

OUTPUTS = {"BucketName": "data-1", "AccessLogBucketName": "log-1"}


def test_kept_buckets_are_named_among_what_stays() -> None:
    lines = removal.announcement(OUTPUTS | {"BucketRemoval": "retain"})
    stays = lines.index("This stays:")
    assert lines.index("  - the bucket data-1 with all that is in it") > stays
    assert lines.index("  - the bucket log-1 with all that is in it") > stays
    assert "bucket_removal=delete" in lines[-1]


def test_deleted_buckets_are_named_loudly() -> None:
    lines = removal.announcement(OUTPUTS | {"BucketRemoval": "delete"})
    stays = lines.index("This stays:")
    assert lines.index("  - the bucket data-1 WITH EVERYTHING IN IT") < stays
    assert "bucket_removal" not in lines[-1]


def test_what_is_billed_by_the_month_is_named_among_what_goes() -> None:
    lines = removal.announcement(OUTPUTS)
    goes = "\n".join(lines[: lines.index("This stays:")])
    for name in ("endpoint", "REST API", "log groups", "dashboard", "alarms", "topic", "key"):
        assert name in goes


@pytest.mark.parametrize(
    ("argv", "stack"),
    [([], "translation-storage"), (["-c", "name=news", "-c", "engine=pytorch"], "news-storage")],
)
def test_the_service_is_the_one_that_the_cdk_is_told(
    argv: list[str],
    stack: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = botocore.session.get_session().create_client(
        "cloudformation",
        region_name="eu-west-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )

    class Session:
        def create_client(self, service: str) -> object:
            assert service == "cloudformation"
            return client

    monkeypatch.setattr(removal, "aws_session", Session)
    with Stubber(client) as stubber:
        stubber.add_client_error("describe_stacks", "ValidationError", f"{stack} does not exist")
        assert removal.main(argv) == 1
    assert f"{stack} does not exist" in capsys.readouterr().err
