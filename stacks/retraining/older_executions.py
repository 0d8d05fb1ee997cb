"""Two executions at once: the one that started later is refused, or waits if it was asked to.

The list of executions may lag by a moment, so two that start together can both go on. What they
train is their own; `BaselineIsUnchanged` keeps their promotions apart.
"""

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.retraining.job_states import FAILURE, fail_state, integration, retry_request
from stacks.settings import Settings

MAX_LISTED = 200
"""The newest come first; with their ARNs these stay well below 256 KB."""
WAIT_SECONDS = 300
"""Each look is kept in the execution's history, which AWS limits to 25,000 events."""
_ERRORS = ["Sfn.SdkClientException", "Sfn.SfnException"]
_OLDER = """{% (
  $own := $states.context.Execution;
  $listed := $states.result.Executions;
  $since := $toMillis([$listed[Name = $own.Name].StartDate, $own.StartTime][0]);
  $older := $listed[
    $toMillis(StartDate) < $since or ($toMillis(StartDate) = $since and Name < $own.Name)
  ];
  $count($older) > 0 ? $older[-1].Name & ', which runs since ' & $older[-1].StartDate : ''
) %}"""
_REFUSAL = (
    "'Another execution is on its way: ' & $older & '. Wait for its end, stop it, or start this "
    'one with "wait": true.\''
)


def wait_or_refuse(
    scope: Construct, *, settings: Settings, following: sfn.IChainable
) -> sfn.CustomState:
    """`ListExecutions` and what follows from it; goes on where no older execution runs."""
    task = sfn.CustomState(
        scope,
        "ListExecutions",
        state_json={
            "Type": "Task",
            "Resource": integration("aws-sdk:sfn:listExecutions"),
            "Arguments": {
                "StateMachineArn": "{% $states.context.StateMachine.Id %}",
                "StatusFilter": "RUNNING",
                "MaxResults": MAX_LISTED,
            },
            "Assign": {"older": _OLDER},
            "Output": {},
        },
    )
    retry_request(task, _ERRORS)
    unknown = fail_state(scope, "ExecutionsUnknown", error="ExecutionsUnknown")
    task.add_catch(unknown, errors=["States.ALL"], assign={"failure": FAILURE})
    wait = sfn.Wait.jsonata(
        scope,
        "WaitForOlderExecution",
        time=sfn.WaitTime.duration(
            Duration.seconds(settings.poll_seconds if settings.is_local else WAIT_SECONDS)
        ),
    )
    choice = sfn.Choice.jsonata(scope, "NoOlderRuns")
    choice.when(sfn.Condition.jsonata("{% $older = '' %}"), following)
    choice.when(sfn.Condition.jsonata("{% $plan.wait %}"), wait.next(task))
    choice.otherwise(
        fail_state(scope, "AnotherIsRunning", error="AnotherIsRunning", cause=_REFUSAL)
    )
    task.next(choice)
    return task
