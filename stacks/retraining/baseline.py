"""What is served when an execution starts: a candidate is compared with it and replaces only it."""

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.retraining.job_states import FAILURE, fail_state, integration, retry_request
from stacks.retraining.stack_update import PROMOTED, STACK_ERRORS, promoted_values
from stacks.settings import Settings

SERVED = f"""{{% (
  $described := $states.result.Stacks[0];
  $text := function($value) {{ $type($value) = 'string' ? $value : '' }};
  {{
    {promoted_values("$described")}
  }}
) %}}"""
"""Model, description and engine that a described endpoint stack serves; empty without a model."""
_UNCHANGED = " and ".join(f"$previous.{name} = $baseline.{name}" for name in PROMOTED)
_CHANGED = (
    "'While this execution ran, ' & ($previous.model_data = '' ? 'the model was taken away' : "
    "$previous.model_data & ' was promoted') & '; this candidate was compared with ' & "
    "($baseline.model_data = '' ? 'no model' : $baseline.model_data) & '. Nothing was switched; "
    "start again.'"
)


def read_baseline_state(scope: Construct, *, settings: Settings) -> sfn.CustomState:
    """`ReadBaseline`: assigns `$baseline`."""
    task = describe_stack_task(
        scope, "ReadBaseline", settings=settings, assign={"baseline": SERVED}
    )
    unknown = fail_state(scope, "BaselineUnknown", error="BaselineUnknown")
    task.add_catch(unknown, errors=["States.ALL"], assign={"failure": FAILURE})
    return task


def describe_stack_task(
    scope: Construct, state: str, *, settings: Settings, assign: dict[str, str]
) -> sfn.CustomState:
    """Look at the endpoint stack; the caller says what happens when that fails."""
    task = sfn.CustomState(
        scope,
        state,
        state_json={
            "Type": "Task",
            "Resource": integration("aws-sdk:cloudformation:describeStacks"),
            "Arguments": {"StackName": settings.endpoint_stack_name},
            "Assign": assign,
            "Output": {},
        },
    )
    retry_request(task, STACK_ERRORS)
    return task


def baseline_is_unchanged(scope: Construct, *, following: sfn.IChainable) -> sfn.Choice:
    """`BaselineIsUnchanged`: goes on if `$previous`, just read, is `$baseline`."""
    changed = fail_state(scope, "BaselineChanged", error="BaselineChanged", cause=_CHANGED)
    choice = sfn.Choice.jsonata(scope, "BaselineIsUnchanged")
    choice.when(sfn.Condition.jsonata(f"{{% {_UNCHANGED} %}}"), following)
    return choice.otherwise(changed)
