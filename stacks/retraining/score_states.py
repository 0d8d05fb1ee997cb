"""The states that publish a candidate's scores as metrics; what is not written changes no end."""

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.retraining.job_states import integration, retry_request
from stacks.service_metrics import NAMESPACE, SCORES, score_dimensions
from stacks.settings import Settings

_ERRORS = [
    "CloudWatch.CloudWatchException",
    "CloudWatch.InternalServiceException",
    "CloudWatch.SdkClientException",
]


def score_states(scope: Construct, *, settings: Settings, following: sfn.IChainable) -> sfn.Choice:
    """`ScoresAreKnown` and `PublishScores`: they read `$scores`, which may hold none."""
    known = " and ".join(f"$type($scores.{score}) = 'number'" for score in SCORES.values())
    choice = sfn.Choice.jsonata(scope, "ScoresAreKnown")
    choice.when(sfn.Condition.jsonata(f"{{% {known} %}}"), _publish(scope, settings, following))
    return choice.otherwise(following)


def _publish(scope: Construct, settings: Settings, following: sfn.IChainable) -> sfn.CustomState:
    named = [{"Name": name, "Value": value} for name, value in score_dimensions(settings).items()]
    data = [
        {"MetricName": metric, "Dimensions": named, "Value": f"{{% $scores.{score} %}}"}
        for metric, score in SCORES.items()
    ]
    task = sfn.CustomState(
        scope,
        "PublishScores",
        state_json={
            "Type": "Task",
            "Resource": integration("aws-sdk:cloudwatch:putMetricData"),
            "Arguments": {"Namespace": NAMESPACE, "MetricData": data},
            "Output": {},
        },
    )
    retry_request(task, _ERRORS)
    task.add_catch(following, errors=["States.ALL"])
    task.next(following)
    return task
