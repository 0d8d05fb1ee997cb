"""What each setting's value must look like; knows nothing of how settings go together."""

import dataclasses
import json
import re
from collections.abc import Callable
from dataclasses import field
from typing import Any

from stacks.context_values import SettingsError

Check = Callable[[str, Any], None]
LOG_RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653)
IMAGE_URI = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
    r"/(?P<repository>[a-z0-9._/-]+?)(:[\w.-]{1,128}|@sha256:[0-9a-f]{64})"
)
NAME = (r"[a-z]([a-z0-9]|-(?!-)){1,18}[a-z0-9]", "3 to 20 of a-z, 0-9 and single hyphens")
LANGUAGE = (r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "a language tag such as en or de-AT")
INSTANCE_TYPE = (r"ml\.[a-z0-9-]+\.[a-z0-9]+", "an instance type such as ml.c6i.xlarge")
IMAGE = (f"({IMAGE_URI.pattern})?", "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG")
TOPIC = (r"(arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w.-]+)?", "the ARN of an SNS topic")
EMAIL = (r"([^@\s]+@[^@\s]+\.[^@\s.]+)?", "an e-mail address")
SCHEDULE = (
    r"(rate\((1 (minute|hour|day)|(?!1 )[1-9]\d* (minutes|hours|days))\)|cron\((\S+ ){5}\S+\))?",
    "EventBridge's rate(7 days) or cron(0 3 ? * SUN *), in UTC",
)
FOLDER = (r"[^\s].*", "a folder")
RUNBOOKS = (r"docs/runbooks|https://[^\s]{1,400}[^\s/]", "https://… without a slash at its end")
KEY = re.compile(r"arn:[a-z-]+:kms:(?P<region>[a-z0-9-]+):\d{12}:key/[A-Za-z0-9-]+")
_ORIGIN = re.compile(
    r"\*|https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?"
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def matching(default: str, pattern: tuple[str, str]) -> Any:
    return field(default=default, metadata={"pattern": pattern[0], "allowed": pattern[1]})


def points(default: float) -> Any:
    """Of BLEU."""
    return field(default=default, metadata={"lowest": 0, "highest": 100})


def between(default: int, lowest: int, highest: int) -> Any:
    return field(default=default, metadata={"lowest": lowest, "highest": highest})


def checked(default: Any, check: Check) -> Any:
    """`check` takes the setting's name and value, and raises SettingsError."""
    return field(default=default, metadata={"check": check})


def check_value(part: "dataclasses.Field[Any]", value: Any) -> None:
    if "pattern" in part.metadata and not re.fullmatch(part.metadata["pattern"], value):
        raise SettingsError(
            f"{part.name}: {value!r} is not allowed; use {part.metadata['allowed']}"
        )
    if "lowest" in part.metadata:
        lowest, highest = part.metadata["lowest"], part.metadata["highest"]
        if not lowest <= value <= highest:
            kind = "number" if part.type is float else "whole number"
            raise SettingsError(
                f"{part.name}: {value} is not allowed; use a {kind} from {lowest} to {highest}"
            )
    if "check" in part.metadata:
        part.metadata["check"](part.name, value)


def check_buckets(name: str, buckets: tuple[str, ...]) -> None:
    for bucket in buckets:
        if not _BUCKET.fullmatch(bucket):
            raise SettingsError(
                f"{name}: {bucket!r} is not a bucket name; give names, not URIs, "
                "separated by commas"
            )


def check_origins(name: str, origins: tuple[str, ...]) -> None:
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                f"{name}: {origin!r} is not an origin; give https://HOST, "
                "https://HOST:PORT or http://localhost:PORT without a path, or *, "
                "separated by commas"
            )


def check_keys(name: str, arns: tuple[str, ...]) -> None:
    for arn in arns:
        if not KEY.fullmatch(arn):
            raise SettingsError(
                f"{name}: {arn!r} is not the ARN of a key; give "
                "arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias, separated by commas"
            )


def check_retention(name: str, days: int) -> None:
    if days not in LOG_RETENTION_DAYS:
        allowed = ", ".join(map(str, LOG_RETENTION_DAYS))
        raise SettingsError(f"{name}: {days} is not kept by CloudWatch; use one of {allowed}")


def check_hyperparameters(name: str, text: str) -> None:
    if not isinstance(_json(name, text), dict):
        raise SettingsError(f'{name}: must be a JSON object such as {{"batch_size": "128"}}')


def check_prices(name: str, text: str) -> None:
    prices = _json(name, text)
    if not isinstance(prices, dict) or not all(
        re.fullmatch(INSTANCE_TYPE[0], instance) and _is_price(price)
        for instance, price in prices.items()
    ):
        raise SettingsError(
            f"{name}: must be a JSON object of dollars an hour by instance type, such as "
            '{"ml.c6i.xlarge": 0.204}'
        )


def _json(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{name}: not JSON: {error}") from error


def _is_price(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10_000
