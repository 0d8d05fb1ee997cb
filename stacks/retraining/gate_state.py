"""The gate: what becomes of a candidate that was judged."""

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct


def gate_state(
    scope: Construct,
    *,
    unwanted: sfn.IChainable,
    accepted: sfn.IChainable,
    refused: sfn.IChainable,
) -> sfn.Choice:
    """`Gate`: reads `$gate`, which holds `promote` and `reason`, and assigns `$reason`."""
    choice = sfn.Choice.jsonata(scope, "Gate", assign={"reason": "{% $gate.reason %}"})
    for condition, following, reason in (
        ("$not($plan.promote)", unwanted, "'promotion was not asked for; ' & $gate.reason"),
        ("$gate.promote", accepted, "$gate.reason"),
        ("$plan.force", accepted, "'forced, although: ' & $gate.reason"),
    ):
        choice.when(
            sfn.Condition.jsonata(f"{{% {condition} %}}"),
            following,
            assign={"reason": f"{{% {reason} %}}"},
        )
    return choice.otherwise(refused)
