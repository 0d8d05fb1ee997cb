"""Where AWS's console is, which every partition has at a host of its own."""

from collections.abc import Mapping

CONSOLE_HOSTS: Mapping[str, str] = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
    **dict.fromkeys(("aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"), "CONSOLE-HOST"),
}
"""By partition, without the region that stands before it. The isolated partitions do not publish
theirs: whoever works there knows what to put in its place."""


def console(partition: str, region: str) -> str:
    """The start of the addresses of a region's pages."""
    return f"https://{region}.{CONSOLE_HOSTS[partition]}"
