"""Too small a quota is refused by name before anything is started; an unknown one never is."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from check_input import quotas
from check_input.quotas import InsufficientQuotaError, Need
from protocol.console import CONSOLE_HOSTS

SPOT = "ml.g5.xlarge for spot training job usage"
ON_DEMAND = "ml.g5.xlarge for training job usage"
PROCESSING = "ml.m5.xlarge for processing job usage"
ENDPOINT = "ml.c6i.xlarge for endpoint usage"
NEEDS = {
    "training": Need(purpose="training", quota=SPOT, instances=1),
    "tuning": Need(purpose="tuning", quota=ON_DEMAND, instances=1),
    "processing": Need(purpose="processing", quota=PROCESSING, instances=1),
    "endpoint": Need(purpose="endpoint", quota=ENDPOINT, instances=2),
}
TRAINED = [NEEDS[purpose] for purpose in ("training", "processing", "endpoint")]
PLAN = {"pretrained_model": "", "promote": True, "tuning": None}
TUNING = {"max_jobs": 20, "max_parallel_jobs": 3}
LISTED = {"ServiceCode": "sagemaker", "MaxResults": 100}


def quota(name: str, value: float) -> dict[str, Any]:
    return {"QuotaName": name, "QuotaCode": "L-1234ABCD", "Value": value}


def client_in(region: str) -> Any:
    return botocore.session.get_session().create_client(
        "service-quotas",
        region_name=region,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


@pytest.fixture
def service() -> Iterator[tuple[Any, Stubber]]:
    client = client_in("eu-west-1")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_values_on_any_page_are_compared(service: tuple[Any, Stubber]) -> None:
    client, stubber = service
    first = {"Quotas": [quota(SPOT, 1), quota("ml.g5.xlarge for x", 0)], "NextToken": "two"}
    stubber.add_response("list_service_quotas", first, LISTED)
    second = {"Quotas": [quota(ENDPOINT, 4), quota(PROCESSING, 8)], "NextToken": "three"}
    stubber.add_response("list_service_quotas", second, LISTED | {"NextToken": "two"})

    notes = quotas.check(TRAINED, lambda: client)

    assert notes == [
        f"{SPOT}: 1, needed 1",
        f"{PROCESSING}: 8, needed 1",
        f"{ENDPOINT}: 4, needed 2",
    ]


def test_a_refusal_names_quota_value_need_and_page(service: tuple[Any, Stubber]) -> None:
    client, stubber = service
    listed = [quota(SPOT, 0), quota(PROCESSING, 1), quota(ENDPOINT, 1)]
    stubber.add_response("list_service_quotas", {"Quotas": listed}, LISTED)

    with pytest.raises(InsufficientQuotaError) as refused:
        quotas.check(TRAINED, lambda: client)

    page = "https://eu-west-1.console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas"
    assert str(refused.value) == (
        f"training: the quota '{SPOT}' is 0 in eu-west-1, and 1 is needed; ask for more at "
        f"{page}/L-1234ABCD. "
        f"endpoint: the quota '{ENDPOINT}' is 1 in eu-west-1, and 2 is needed; ask for more at "
        f"{page}/L-1234ABCD. Nothing was started."
    )


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_page_to_ask_at_is_the_partitions(region: str, host: str) -> None:
    client = client_in(region)
    with Stubber(client) as stubber:
        stubber.add_response("list_service_quotas", {"Quotas": [quota(SPOT, 0)]}, LISTED)
        with pytest.raises(InsufficientQuotaError) as refused:
            quotas.check([NEEDS["training"]], lambda: client)
    assert f"https://{host}/servicequotas/home/services/sagemaker/" in str(refused.value)


def test_every_partition_has_a_console() -> None:
    assert set(CONSOLE_HOSTS) == set(botocore.session.get_session().get_available_partitions())


def test_without_a_value_of_its_own_the_account_has_awss_default(
    service: tuple[Any, Stubber],
) -> None:
    client, stubber = service
    stubber.add_response("list_service_quotas", {"Quotas": []}, LISTED)
    default = {"Quotas": [quota(SPOT, 0)]}
    stubber.add_response("list_aws_default_service_quotas", default, LISTED)

    with pytest.raises(InsufficientQuotaError, match=r"'ml\.g5\.xlarge for spot .* is 0 in"):
        quotas.check([NEEDS["training"]], lambda: client)


def test_a_quota_that_is_not_listed_stops_nothing(service: tuple[Any, Stubber]) -> None:
    client, stubber = service
    for listing in ("list_service_quotas", "list_aws_default_service_quotas"):
        stubber.add_response(listing, {"Quotas": []}, LISTED)

    (note,) = quotas.check([NEEDS["training"]], lambda: client)

    assert note == f"{SPOT}: not checked, Service Quotas did not list it in time"


@pytest.mark.parametrize("code", ["AccessDeniedException", "TooManyRequestsException"])
def test_a_service_that_cannot_be_asked_stops_nothing(
    service: tuple[Any, Stubber], code: str
) -> None:
    client, stubber = service
    stubber.add_client_error("list_service_quotas", code, "no", expected_params=LISTED)

    (note,) = quotas.check([NEEDS["training"]], lambda: client)

    assert note.startswith("quotas were not checked: ")
    assert code in note


def test_a_slow_listing_is_given_up(
    service: tuple[Any, Stubber], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, stubber = service
    monkeypatch.setattr(quotas, "MAX_SECONDS", -1.0)
    page = {"Quotas": [], "NextToken": "more"}
    for listing in ("list_service_quotas", "list_aws_default_service_quotas"):
        stubber.add_response(listing, page, LISTED)

    assert quotas.check([NEEDS["training"]], lambda: client)


@pytest.mark.parametrize(
    ("plan", "engine", "purposes"),
    [
        (PLAN, "pytorch", ["training", "processing", "endpoint"]),
        (PLAN | {"promote": False}, "pytorch", ["training", "processing"]),
        (PLAN | {"pretrained_model": "s3://b/m.tar.gz"}, "pytorch", ["processing", "endpoint"]),
        (PLAN | {"pretrained_model": "s3://b/m.tar.gz"}, "builtin", ["endpoint"]),
        (PLAN, "builtin", ["training", "processing", "endpoint"]),
        (PLAN | {"tuning": TUNING}, "pytorch", ["tuning", "processing", "endpoint"]),
        (PLAN | {"tuning": TUNING}, "builtin", ["tuning", "processing", "endpoint"]),
    ],
)
def test_only_what_the_plan_runs_is_asked_for(
    plan: dict[str, Any], engine: str, purposes: list[str]
) -> None:
    found = quotas.needed_by(plan, NEEDS, engine=engine)
    assert [need.purpose for need in found] == purposes


def test_a_tuning_job_needs_the_instances_of_all_its_parallel_jobs(
    service: tuple[Any, Stubber],
) -> None:
    client, stubber = service
    needs = NEEDS | {"tuning": Need(purpose="tuning", quota=ON_DEMAND, instances=2)}
    found = quotas.needed_by(PLAN | {"tuning": TUNING}, needs, engine="pytorch")
    listed = [quota(SPOT, 9), quota(ON_DEMAND, 5), quota(PROCESSING, 1), quota(ENDPOINT, 2)]
    stubber.add_response("list_service_quotas", {"Quotas": listed}, LISTED)

    with pytest.raises(InsufficientQuotaError) as refused:
        quotas.check(found, lambda: client)

    assert str(refused.value).startswith(
        f"tuning: the quota '{ON_DEMAND}' is 5 in eu-west-1, and 6 is needed; "
    )


def test_a_transform_job_needs_the_instances_that_the_input_asks_for() -> None:
    transform = Need(
        purpose="transform", quota="ml.c6i.xlarge for transform job usage", instances=1
    )
    needs = {"processing": NEEDS["processing"], "transform": transform}
    found = quotas.needed_by_bulk({"instances": 4}, needs)
    assert [(need.purpose, need.instances) for need in found] == [
        ("processing", 1),
        ("transform", 4),
    ]


def test_nothing_is_asked_where_nothing_is_needed() -> None:
    assert Need.parse_all("") == {}
    assert quotas.check([], lambda: pytest.fail("asked")) == []
    text = '{"endpoint": ["ml.c6i.xlarge for endpoint usage", 2]}'
    assert Need.parse_all(text) == {"endpoint": NEEDS["endpoint"]}


def test_the_client_gives_up_before_the_function_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    config = quotas.new_client().meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 4)
