import sys
from pathlib import Path
from typing import Any

import pytest

from local.sagemaker.errors import UnknownOperationError, ValidationError
from local.sagemaker.host import Host, check_image, command, container_path
from local.sagemaker.metrics import compiled, final_metrics
from local.sagemaker.permissions import needs
from local.sagemaker.request_model import check_request, coerced, input_shape
from local.sagemaker.storage import parse_uri, relative_name


def variant(**changes: Any) -> dict[str, Any]:
    return {"VariantName": "AllTraffic", "ModelName": "m", "InitialInstanceCount": 1, **changes}


def config(**changes: Any) -> dict[str, Any]:
    return {"EndpointConfigName": "c", "ProductionVariants": [variant()], **changes}


def test_a_right_request_passes() -> None:
    check_request("sagemaker", "CreateEndpointConfig", config())


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({}, "Value null at 'endpointConfigName' failed to satisfy constraint"),
        (config(EndpointConfigName="a_b"), "must satisfy regular expression pattern"),
        (config(EndpointConfigName=7), "must be of type string"),
        (config(Colour="blue"), "'colour' is not a member of"),
        (config(ProductionVariants=[]), "length greater than or equal to 1"),
        (config(ProductionVariants=[variant(InstanceType="ml.none")]), "enum value set"),
        (
            config(ProductionVariants=[variant(InitialInstanceCount=0)]),
            "greater than or equal to 1",
        ),
        (config(ProductionVariants=[variant(InitialInstanceCount=True)]), "of type integer"),
        (
            config(ProductionVariants=[variant(ModelName="a b")]),
            "at 'productionVariants.1.member.modelName'",
        ),
    ],
)
def test_what_the_model_forbids_is_refused(request_: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        check_request("sagemaker", "CreateEndpointConfig", request_)
    assert words in refused.value.message


def test_all_violations_come_at_once() -> None:
    with pytest.raises(ValidationError, match="^2 validation errors detected: "):
        check_request("sagemaker", "CreateEndpointConfig", {})


def test_an_unknown_operation_is_named() -> None:
    with pytest.raises(UnknownOperationError, match="CreateNothing"):
        input_shape("sagemaker", "CreateNothing")


def test_templates_may_spell_numbers_and_booleans_as_strings() -> None:
    shape = input_shape("sagemaker", "CreateEndpointConfig")
    spelled = config(
        ProductionVariants=[variant(InitialInstanceCount="2", InitialVariantWeight="0.5")],
        EnableNetworkIsolation="true",
    )
    assert coerced(shape, spelled) == config(
        ProductionVariants=[variant(InitialInstanceCount=2, InitialVariantWeight=0.5)],
        EnableNetworkIsolation=True,
    )
    assert coerced(shape, {"EndpointConfigName": 7}) == {"EndpointConfigName": "7"}


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("s3://bucket/key/deep", ("bucket", "key/deep")),
        ("s3://bucket", ("bucket", "")),
        ("https://s3.us-east-1.amazonaws.com/bucket/key", ("bucket", "key")),
    ],
)
def test_s3_uris(uri: str, found: tuple[str, str]) -> None:
    assert parse_uri(uri) == found


@pytest.mark.parametrize("uri", ["", "bucket/key", "s3:///key", "https://example.com/key"])
def test_other_uris_are_refused(uri: str) -> None:
    with pytest.raises(ValidationError, match="is not an S3 URI"):
        parse_uri(uri)


@pytest.mark.parametrize(
    ("prefix", "key", "name"),
    [
        ("a/train/", "a/train/deep/x.rec", "deep/x.rec"),
        ("a/train", "a/train/x.rec", "x.rec"),
        ("a/train/x.rec", "a/train/x.rec", "x.rec"),
        ("a/tr", "a/train/x.rec", "train/x.rec"),
        ("", "x.rec", "x.rec"),
    ],
)
def test_names_below_a_prefix(prefix: str, key: str, name: str) -> None:
    assert relative_name(prefix, key) == name


def test_container_paths_stay_in_the_private_root(tmp_path: Path) -> None:
    assert container_path(tmp_path, "/opt/ml/processing/x") == tmp_path / "processing" / "x"
    for path in ("/etc/passwd", "/opt/ml/../../etc", "relative"):
        with pytest.raises(ValidationError, match="does not lie under"):
            container_path(tmp_path, path)


def test_python_is_this_python() -> None:
    assert command(["python", "-m", "x"], ["y"]) == [sys.executable, "-m", "x", "y"]
    assert command(["sh"], ["-c"]) == ["sh", "-c"]


@pytest.mark.parametrize("image", ["local/training", "local/serving:1", "host/local/serving:2"])
def test_own_images_run(image: str) -> None:
    check_image(image)


@pytest.mark.parametrize("image", ["seq2seq:1", "local/other", "notlocal/trainings", ""])
def test_other_images_do_not(image: str) -> None:
    with pytest.raises(ValidationError, match="cannot run on this machine"):
        check_image(image)


def test_the_last_value_of_a_metric_counts(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("bleu=1 acc=0.5\nbleu=2.5 bleu=3e1\nacc=oops\n", encoding="utf-8")
    definitions = [
        {"Name": "b", "Regex": "bleu=([0-9.e]+)"},
        {"Name": "a", "Regex": "acc=(\\S+)"},
        {"Name": "none", "Regex": "none=(.)"},
    ]
    found = {m["MetricName"]: m["Value"] for m in final_metrics(log, definitions)}
    assert found == {"b": 30.0, "a": 0.5}


@pytest.mark.parametrize("regex", ["(", "no group"])
def test_metrics_need_an_expression_with_a_group(regex: str) -> None:
    with pytest.raises(ValidationError, match="MetricDefinitions: x"):
        compiled([{"Name": "x", "Regex": regex}])


def host() -> Host:
    return Host(
        endpoint_url="http://127.0.0.1:1",
        region="us-east-1",
        account="000000000000",
        state_folder=Path("state"),
        code_folder=Path(),
        assume=lambda _role, _session: {"AWS_ACCESS_KEY_ID": "key"},
    )


def test_a_job_needs_its_own_permission_tags_and_the_role() -> None:
    request = {"TrainingJobName": "Job", "RoleArn": "arn:role", "Tags": [{"Key": "k"}]}
    found = needs(host(), "CreateTrainingJob", request)
    arn = "arn:aws:sagemaker:us-east-1:000000000000:training-job/Job"
    assert [(need.action, need.resource) for need in found] == [
        ("sagemaker:CreateTrainingJob", arn),
        ("sagemaker:AddTags", arn),
        ("iam:PassRole", "arn:role"),
    ]
    assert found[2].context == {"iam:PassedToService": "sagemaker.amazonaws.com"}


def test_arns_of_all_but_jobs_are_in_lower_case() -> None:
    (need,) = needs(host(), "DescribeEndpoint", {"EndpointName": "Loud"})
    assert need.resource.endswith(":endpoint/loud")
    (need,) = needs(host(), "ListTrainingJobs", {})
    assert need.resource == "*"


def test_an_isolated_container_gets_no_credentials(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_OF_MINE", "x")
    own = {"COLOUR": "blue", "PYTHONPATH": "/elsewhere"}
    open_ = host().environment(tmp_path, role="arn:role", own=own)
    isolated = host().environment(tmp_path, role="", own=own)
    assert open_["AWS_ACCESS_KEY_ID"] == "key"
    assert open_["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert "AWS_ACCESS_KEY_ID" not in isolated
    assert "AWS_ENDPOINT_URL" not in isolated
    assert isolated["COLOUR"] == "blue"
    assert isolated["PYTHONPATH"] == "."
    assert isolated["SAGEMAKER_ROOT"] == str(tmp_path)
    assert "SECRET_OF_MINE" not in open_
