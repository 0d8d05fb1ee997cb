"""Acknowledgements of cdk-nag findings; each carries the reason it is acceptable here."""

import json
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reason: str, *findings: str) -> None:
    """Accept the named findings on this construct and what lies below it."""
    rules = [Acknowledgment(id=finding, reason=reason) for finding in findings]
    Validations.of(construct).acknowledge(*rules)


def acknowledge_wildcards(role: IConstruct, reason: str, *arns: str) -> None:
    """Accept that the role's policy names these resources, which hold a star."""
    printed = (_printed(Stack.of(role).resolve(arn)) for arn in arns)
    acknowledge(role, reason, *(f"AwsSolutions-IAM5[Resource::{arn}]" for arn in printed))


def _printed(resolved: Any) -> str:
    """A resource as cdk-nag writes it into the finding's name."""
    if isinstance(resolved, str):
        return resolved
    match resolved:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_printed(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
    return json.dumps(resolved, separators=(",", ":"))
