"""The images that a deployment builds: at synthesis they are only looked at."""

import json
from typing import Any

import pytest
from aws_cdk import App, Stack

from stacks.context_values import SettingsError
from stacks.images import ServiceImages
from stacks.settings import Deployment, Settings
from tests.infrastructure.synthesis import Synthesis


def docker_images(synthesis: Synthesis, stack: str) -> list[dict[str, Any]]:
    path = synthesis.folder / f"{stack}.assets.json"
    assets = json.loads(path.read_text(encoding="utf-8"))
    return [image["source"] for image in assets["dockerImages"].values()]


def test_images_are_built_for_sagemakers_processors(built: Synthesis) -> None:
    images = docker_images(built, "Retraining") + docker_images(built, "Endpoint")
    assert {image["platform"] for image in images} == {"linux/amd64"}
    files = {image["dockerFile"] for image in images}
    assert files == {"containers/training/Dockerfile", "containers/serving/Dockerfile"}


def test_an_image_is_built_of_its_own_rooms_only(built: Synthesis) -> None:
    (image,) = docker_images(built, "Endpoint")
    folder = built.folder / image["directory"]
    rooms = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    assert rooms == {"containers", "nmt", "protocol", "serving"}
    assert [path.name for path in (folder / "containers").iterdir()] == ["serving"]
    assert not list(folder.rglob("__pycache__"))


def test_the_endpoint_serves_what_the_smoke_test_ran_in(built: Synthesis) -> None:
    (served,) = docker_images(built, "Endpoint")
    assert served in docker_images(built, "Retraining")


def test_the_jobs_may_pull_what_was_built(built: Synthesis) -> None:
    pulling = [
        statement
        for statement in built.statements("Retraining")
        if "ecr:BatchGetImage" in statement["Action"]
    ]
    assert len(pulling) == 2
    assert "container-assets" in json.dumps(pulling)


def test_an_image_that_sagemaker_cannot_pull_is_refused() -> None:
    with pytest.raises(SettingsError, match="serving_image_uri"):
        Settings(serving_image_uri="public.ecr.aws/me/serving:1")


def test_builtin_images_come_from_the_registry_of_the_region(builtin: Synthesis) -> None:
    pulled = [
        json.dumps(statement["Resource"])
        for statement in builtin.statements("Retraining")
        if "ecr:BatchGetImage" in statement["Action"]
    ]
    assert len(pulled) == 2
    assert all("repository/seq2seq" in resource for resource in pulled)
    assert all("Fn::FindInMap" in resource for resource in pulled)


def test_on_one_machine_an_image_is_only_a_name() -> None:
    settings = Settings(deployment=Deployment.LOCAL)
    images = ServiceImages.of(Stack(App(), "Any"), settings)
    assert (images.training.uri, images.serving.uri) == ("local/training", "local/serving")
    assert images.distinct == (images.training, images.serving)
    everything = (*images.distinct, *images.endpoint.both)
    assert {image.repository_arn for image in everything} == {None}
