"""A wrong setting stops synthesis in one line that says what would be right."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore.session
import pytest

import app
from stacks.context_values import SettingsError
from stacks.instance_types import (
    BUILTIN_ENDPOINT_FAMILIES,
    BUILTIN_TRANSFORM_FAMILIES,
    TRAINING_STORAGE_GB,
)
from stacks.settings import Deployment, Engine, Settings
from tests.infrastructure.synthesis import feature_flags

WRONG = [
    ("engine", "mxnet", "engine: 'mxnet' is not allowed; use one of pytorch, builtin"),
    ("deployment", "azure", "deployment: 'azure' is not allowed; use one of aws, local"),
    ("api_auth", "none", "api_auth: 'none' is not allowed; use one of iam, api_key"),
    ("deepl_api", "yes", "deepl_api: 'yes' is not allowed; use true or false"),
    ("libretranslate_api", 1, "libretranslate_api: 1 is not allowed; use true or false"),
    ("api_auth", 7, "api_auth: 7 is not allowed; use one of iam, api_key"),
    ("name", "Translation", "name: 'Translation' is not allowed; use 3 to 20 of a-z"),
    ("name", "a--b", "name: 'a--b' is not allowed"),
    ("name", "ends-", "name: 'ends-' is not allowed"),
    ("name", "a" * 21, "use 3 to 20 of a-z, 0-9 and single hyphens"),
    ("source_language", "English!", "source_language: 'English!' is not allowed; use a language"),
    ("target_language", 3, "target_language: 3 is not a string"),
    ("endpoint_min_instances", "0", "endpoint_min_instances: 0 is not allowed; use a whole number"),
    ("endpoint_min_instances", "two", "endpoint_min_instances: 'two' is not a whole number"),
    ("endpoint_min_instances", True, "endpoint_min_instances: True is not a whole number"),
    ("endpoint_min_instances", "3", "endpoint_max_instances: 2 is below endpoint_min_instances"),
    ("endpoint_instance_type", "c6i.xlarge", "use an instance type such as ml.c6i.xlarge"),
    ("training_instance_type", "g5", "training_instance_type: 'g5' is not allowed"),
    ("training_volume_gb", "-1", "use a whole number from 1 to 16384"),
    ("training_instance_count", "0", "use a whole number from 1 to 20"),
    ("training_spot", "sometimes", "training_spot: 'sometimes' is not allowed; use true or false"),
    ("tuning_max_runtime_hours", 0, "use a whole number from 1 to 672"),
    ("training_max_runtime_hours", 673, "use a whole number from 1 to 672"),
    ("gate_min_bleu", "-1", "gate_min_bleu: -1.0 is not allowed; use a number from 0 to 100"),
    ("gate_min_bleu", "twenty", "gate_min_bleu: 'twenty' is not a number"),
    ("gate_max_loss", True, "gate_max_loss: True is not a number"),
    ("gate_max_loss", float("nan"), "gate_max_loss: nan is not allowed; use a number from 0 to"),
    ("gate_max_loss", "2.5", "gate_max_loss_by_chance: 2 is below gate_max_loss; use 2.5 or more"),
    ("gate_max_loss_by_chance", "0.4", "0.4 is below gate_max_loss; use 0.5 or more"),
    ("throttle_rate_limit", "1.5", "throttle_rate_limit: '1.5' is not a whole number"),
    ("log_retention_days", 91, "log_retention_days: 91 is not kept by CloudWatch; use one of 1, 3"),
    ("corpus_buckets", "s3://mine", "corpus_buckets: 's3://mine' is not a bucket name"),
    ("bulk_buckets", "s3://mine", "bulk_buckets: 's3://mine' is not a bucket name"),
    ("corpus_buckets", [1], "corpus_buckets: [1] must be names separated by commas"),
    (
        "corpus_key_arns",
        "alias/mine",
        "corpus_key_arns: 'alias/mine' is not the ARN of a key; give",
    ),
    ("corpus_key_arns", 7, "corpus_key_arns: 7 must be names separated by commas"),
    ("serverless_memory_mb", "7168", "use a whole number from 1024 to 6144"),
    ("serverless_memory_mb", 3000, "3000 is not allowed; SageMaker takes 1024, 2048, 3072, 4096"),
    ("serverless_max_concurrency", "201", "use a whole number from 1 to 200"),
    ("bucket_removal", "keep", "bucket_removal: 'keep' is not allowed; use one of retain, delete"),
    ("runbooks_url", "http://wiki", "runbooks_url: 'http://wiki' is not allowed; use https://"),
    ("instance_prices", "0.2", "instance_prices: must be a JSON object of dollars an hour"),
    ("instance_prices", {"c6i.xlarge": 0.2}, "instance_prices: must be a JSON object"),
    ("instance_prices", {"ml.c6i.xlarge": "0.2"}, "instance_prices: must be a JSON object"),
    ("instance_prices", "{", "instance_prices: not JSON"),
    ("default_hyperparameters", "{", "default_hyperparameters: not JSON"),
    ("default_hyperparameters", "[]", "default_hyperparameters: must be a JSON object"),
    ("training_image_uri", "me/training:1", "use ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY"),
    ("notification_topic_arn", "alarms", "notification_topic_arn: 'alarms' is not allowed"),
    ("notification_email", "team", "notification_email: 'team' is not allowed; use an e-mail"),
    ("retraining_schedule", "rate(1 days)", "retraining_schedule: 'rate(1 days)' is not allowed"),
    ("retraining_schedule", "cron(0 3 * * *)", "retraining_schedule: 'cron"),
    ("retraining_manifest", "perhaps", "retraining_manifest: 'perhaps' is not allowed; use true"),
    ("alarm_topic_arn", "alarms", "alarm_topic_arn: 'alarms' is not allowed; use the ARN"),
    ("egnine", "pytorch", "egnine: unknown setting; did you mean engine?"),
    ("api-auth", "iam", "api-auth: unknown setting; did you mean api_auth?"),
    ("EngIne", "pytorch", "EngIne: unknown setting; did you mean engine?"),
    ("subwords", "8000", "subwords: unknown setting; known settings: name, deployment, engine"),
]


@pytest.mark.parametrize(("key", "value", "message"), WRONG)
def test_a_wrong_value_names_key_and_remedy(key: str, value: Any, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_context({key: value})
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_builtin_engine_has_no_local_form() -> None:
    with pytest.raises(SettingsError, match="with deployment=local use pytorch"):
        Settings.from_context({"engine": "builtin", "deployment": "local"})


def test_the_builtin_engine_is_not_served_without_instances() -> None:
    with pytest.raises(SettingsError, match="use false with the engine builtin"):
        Settings.from_context({"engine": "builtin", "endpoint_serverless": "true"})


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"training_instance_type": "ml.p3.2xlarge"}, "families ml.g4dn or ml.g5"),
        ({"training_instance_type": "ml.g6.xlarge"}, "families ml.g4dn or ml.g5"),
        ({"training_instance_type": "ml.c5.xlarge"}, "families ml.g4dn or ml.g5"),
        ({"training_instance_type": "ml.g5.3xlarge"}, "ml.g5.2xlarge, ml.g5.4xlarge"),
        ({"endpoint_instance_type": "ml.g6.xlarge"}, "ml.r5, ml.r5d, ml.t2"),
        ({"endpoint_instance_type": "ml.c7g.large"}, "use a type of the families ml.c4, ml.c5"),
        ({"transform_instance_type": "ml.g6.xlarge"}, "transform_instance_type: 'ml.g6.xlarge'"),
        ({"transform_instance_type": "ml.c7g.xlarge"}, "use a type of the families ml.c4, ml.c5"),
        ({"transform_instance_type": "ml.r5.xlarge"}, "transform_instance_type: 'ml.r5.xlarge'"),
        ({"transform_instance_type": "ml.trn1.2xlarge"}, "ml.r7i, ml.g4dn, ml.g5"),
        ({"training_instance_count": 2}, "training_instance_count: 2 is not allowed; the built-in"),
        ({"training_spot": "true"}, "use false with the engine builtin"),
    ],
)
def test_what_the_builtin_engine_cannot_is_refused_with_what_it_can(
    context: dict[str, Any], message: str
) -> None:
    assert Settings.from_context(context).engine is Engine.PYTORCH
    with pytest.raises(SettingsError) as raised:
        Settings.from_context({"engine": "builtin", **context})
    assert message in str(raised.value)


def test_spot_is_the_default_of_the_engine_that_can() -> None:
    assert Settings.from_context({}).training_spot
    assert not Settings.from_context({"engine": "builtin"}).training_spot
    assert not Settings.from_context({"training_spot": "false"}).training_spot


@pytest.mark.parametrize(
    ("instance", "volume", "fits"),
    [
        ("ml.g5.xlarge", 250, True),
        ("ml.g5.xlarge", 251, False),
        ("ml.g4dn.xlarge", 126, False),
        ("ml.g5.4xlarge", 600, True),
        ("ml.m5.xlarge", 16_384, True),
    ],
)
def test_instances_with_disks_take_no_larger_volume(instance: str, volume: int, fits: bool) -> None:
    context = {"training_instance_type": instance, "training_volume_gb": volume}
    if fits:
        assert Settings.from_context(context).training_volume_gb == volume
    else:
        with pytest.raises(SettingsError, match=f"{instance} has .* GB of its own"):
            Settings.from_context(context)


def test_the_table_of_types_is_sagemakers() -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    known = model.shape_for("TrainingInstanceType").enum
    families = ("ml.g4dn.", "ml.g5.")
    assert set(TRAINING_STORAGE_GB) == {name for name in known if name.startswith(families)}
    for serving, shape in (
        (set(BUILTIN_ENDPOINT_FAMILIES), "ProductionVariantInstanceType"),
        (set(BUILTIN_TRANSFORM_FAMILIES), "TransformInstanceType"),
    ):
        assert serving <= {name.split(".")[1] for name in model.shape_for(shape).enum}


def test_values_come_as_the_command_line_or_a_file_gives_them() -> None:
    settings = Settings.from_context(
        {
            "engine": "builtin",
            "training_instance_type": "ml.g4dn.xlarge",
            "throttle_rate_limit": "7",
            "endpoint_max_instances": 4,
            "corpus_buckets": "one-bucket, another-bucket,",
            "default_hyperparameters": {"batch_size": "64"},
        }
    )
    assert settings.engine is Engine.BUILTIN
    assert (settings.throttle_rate_limit, settings.endpoint_max_instances) == (7, 4)
    assert settings.corpus_buckets == ("one-bucket", "another-bucket")
    assert settings.default_hyperparameters == '{"batch_size": "64"}'


def test_the_frameworks_own_keys_are_left_alone() -> None:
    context = {
        "@aws-cdk/core:checkSecretUsage": True,
        "aws:cdk:enable-path-metadata": True,
        "availability-zones:account=1:region=x": ["a"],
        "acknowledged-issue-numbers": [1],
        "tree-metadata": True,
    }
    assert Settings.from_context(context) == Settings()


def test_the_environment_is_only_the_default_of_the_deployment() -> None:
    assert Settings.from_context({}, deployment="local").deployment is Deployment.LOCAL
    chosen = Settings.from_context({"deployment": "aws"}, deployment="local")
    assert chosen.deployment is Deployment.AWS


def test_a_settings_message_is_all_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main({}, {"engine": "mxnet"}) == 1
    printed = capsys.readouterr()
    assert printed.err == "error: engine: 'mxnet' is not allowed; use one of pytorch, builtin\n"
    assert printed.out == ""


def test_a_missing_bundle_says_how_to_make_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = {**feature_flags(), "lambda_bundles": str(tmp_path)}
    assert app.main({"TRANSLATION_DEPLOYMENT": "local"}, context) == 1
    assert capsys.readouterr().err.endswith("bundle; run: make bundle\n")


def test_the_app_as_a_process_needs_no_credentials(tmp_path: Path, bundles: Path) -> None:
    context = {**feature_flags(), "lambda_bundles": str(bundles)}
    environment = {
        "PATH": os.environ["PATH"],
        # Where jsii keeps what it has unpacked once.
        "HOME": str(Path.home()),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "TRANSLATION_DEPLOYMENT": "local",
        "CDK_CONTEXT_JSON": json.dumps(context),
        "CDK_OUTDIR": str(tmp_path / "out"),
    }
    command = [sys.executable, "app.py"]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "out" / "manifest.json").is_file()
    assert (finished.stdout, finished.stderr) == ("", "")


@pytest.mark.parametrize("value", ["rate(1 hour)", "rate(12 hours)", "cron(0 3 ? * SUN *)"])
def test_a_schedule_is_eventbridges(value: str) -> None:
    settings = Settings.from_context({"retraining_schedule": value})
    assert settings.retraining_schedule == value
    assert settings.has_manifest


def test_people_are_told_through_one_topic() -> None:
    topic = "arn:aws:sns:eu-west-1:123456789012:team"
    with pytest.raises(SettingsError, match="cannot be used with notification_topic_arn"):
        Settings(notification_topic_arn=topic, notification_email="team@example.org")
