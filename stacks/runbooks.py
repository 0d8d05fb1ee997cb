"""Alarm descriptions that end in a link to what to look at and do."""

from stacks.settings import Settings

MAX_DESCRIPTION = 1024
"""CloudWatch's limit for an alarm's description."""


def described(text: str, settings: Settings, runbook: str) -> str:
    """The text with the address of a runbook, given as FILE#SECTION below `docs/runbooks`.

    Raises:
        ValueError: CloudWatch takes no description as long as this one.
    """
    description = f"{text}. Runbook: {settings.runbooks_url}/{runbook}"
    if len(description) > MAX_DESCRIPTION:
        raise ValueError(
            f"the alarm description {description[:60]!r}… has {len(description)} characters; "
            f"CloudWatch takes {MAX_DESCRIPTION}"
        )
    return description
