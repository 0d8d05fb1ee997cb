"""Synthesises the app as the CDK command line would, with bundles that need no network."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from aws_cdk import App

from app import compose
from stacks.bundling import FUNCTIONS, PLATFORMS
from stacks.settings import Settings

ACCOUNT = "123456789012"
REGION = "eu-west-1"
BUCKET = "translation-bucket"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
CORPUS_KEY = f"arn:aws:kms:eu-north-1:{ACCOUNT}:key/12345678-aaaa-bbbb-cccc-1234567890ab"
ORIGIN = "https://app.example"
IMAGES = {
    "training_image_uri": f"{REGISTRY}/training:1",
    "serving_image_uri": f"{REGISTRY}/serving:1",
}


@dataclass(frozen=True)
class Synthesis:
    """The templates of one set of settings, by construct id."""

    folder: Path

    def template(self, stack: str) -> dict[str, Any]:
        path = self.folder / f"{stack}.template.json"
        return dict(json.loads(path.read_text(encoding="utf-8")))

    def resources(self, stack: str, resource_type: str | None = None) -> dict[str, Any]:
        resources = self.template(stack).get("Resources", {})
        return {
            name: resource
            for name, resource in resources.items()
            if resource_type in (None, resource["Type"])
        }

    def one(self, stack: str, resource_type: str) -> dict[str, Any]:
        (resource,) = self.resources(stack, resource_type).values()
        return dict(resource)

    def function(self, stack: str, construct: str) -> dict[str, Any]:
        """The properties of a stack's function, by the id of its construct."""
        functions = self.resources(stack, "AWS::Lambda::Function")
        (found,) = (one for name, one in functions.items() if name.startswith(construct))
        return dict(found["Properties"])

    def definition(self, stack: str = "Retraining", region: str = REGION) -> dict[str, Any]:
        """A state machine's definition as Step Functions would get it."""
        machine = self.one(stack, "AWS::StepFunctions::StateMachine")
        text = rendered(machine["Properties"]["DefinitionString"], self.template(stack), region)
        return dict(json.loads(text))

    def statements(self, stack: str) -> list[dict[str, Any]]:
        """Every statement of every identity policy in a stack."""
        found = []
        for policy in self.resources(stack, "AWS::IAM::Policy").values():
            found += policy["Properties"]["PolicyDocument"]["Statement"]
        return found


def make_bundles(folder: Path) -> Path:
    """Bundles with a handler that does nothing, for what only looks at templates."""
    for function in FUNCTIONS:
        for platform in PLATFORMS:
            package = folder / function / platform / function
            package.mkdir(parents=True)
            (package / "handler.py").write_text("", encoding="utf-8")
    return folder


def feature_flags() -> dict[str, Any]:
    """What the CDK command line adds to the context out of cdk.json."""
    return dict(json.loads(Path("cdk.json").read_text(encoding="utf-8"))["context"])


def synthesise(folder: Path, bundles: Path, **context: Any) -> Synthesis:
    """Run the app; cdk-nag's findings and CloudFormation's rules fail it."""
    given = {**feature_flags(), "lambda_bundles": str(bundles), **IMAGES, **context}
    app = App(outdir=str(folder), context=given, analytics_reporting=False)
    compose(app, Settings.from_context(app.node.get_all_context()))
    app.synth()
    return Synthesis(folder)


def rendered(value: Any, template: dict[str, Any], region: str = REGION) -> str:
    """What CloudFormation makes of a string that intrinsic functions are in."""
    match value:
        case str():
            text = value
        case {"Fn::Join": [separator, parts]}:
            text = str(separator).join(rendered(part, template, region) for part in parts)
        case {"Ref": name}:
            text = _pseudo_parameters(region).get(name, name)
        case {"Fn::GetStackOutput": {"OutputName": "BucketName"}}:
            text = BUCKET
        case {"Fn::FindInMap": [mapping, key, attribute]}:
            text = template["Mappings"][mapping][rendered(key, template, region)][attribute]
        case {"Fn::GetAtt": [name, "Arn"]}:
            text = _arn(name, template["Resources"][name]["Type"], region)
        case _:
            raise AssertionError(f"cannot render {value}")
    return text


def partition_of(region: str) -> str:
    """The partition that a region belongs to."""
    return _pseudo_parameters(region)["AWS::Partition"]


@cache
def _pseudo_parameters(region: str) -> dict[str, str]:
    session = botocore.session.get_session()
    partition = session.get_partition_for_region(region)
    known = session.get_component("data_loader").load_data("partitions")["partitions"]
    suffixes = {found["id"]: found["outputs"]["dnsSuffix"] for found in known}
    return {
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::AccountId": ACCOUNT,
        "AWS::URLSuffix": suffixes[partition],
    }


def _arn(name: str, resource_type: str, region: str) -> str:
    resource = {
        "AWS::IAM::Role": f"iam::{ACCOUNT}:role/{name}",
        "AWS::Lambda::Function": f"lambda:{region}:{ACCOUNT}:function:{name}",
    }[resource_type]
    return f"arn:{partition_of(region)}:{resource}"
