"""What AWS charges, for the dashboard's estimate; a setting replaces any of it.

Read on 23 November 2026 out of price lists that public repositories carry, not out of AWS's own
list and not off a bill; docs/costs.md says how to look a price up.
"""

import json
from collections.abc import Mapping

from stacks.settings import Settings

REGION = "us-east-1"
READ_ON = "2026-11-23"
INSTANCE_HOUR: Mapping[str, float] = {
    "ml.c5.large": 0.102,
    "ml.c5.xlarge": 0.204,
    "ml.c5.2xlarge": 0.408,
    "ml.c6i.large": 0.102,
    "ml.c6i.xlarge": 0.204,
    "ml.g4dn.xlarge": 0.736,
    "ml.g5.xlarge": 1.408,
    "ml.g5.2xlarge": 1.515,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
}
"""US dollars an hour of a job's or an endpoint's instance, on demand."""
SERVERLESS_GB_SECOND = 0.00002
"""US dollars a second of a serverless endpoint's calls, for each GB of its memory."""


def hourly_price(settings: Settings, instance_type: str) -> float | None:
    """US dollars an hour, the owner's own price first; `None`: neither is known."""
    own: Mapping[str, float] = json.loads(settings.instance_prices)
    return own.get(instance_type, INSTANCE_HOUR.get(instance_type))
