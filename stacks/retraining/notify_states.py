"""The states that tell the owner how an execution ends; telling never changes the end."""

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.console import CONSOLE_HOSTS
from stacks.retraining.job_states import NOTIFY_FAILED, integration, retry_request

ROLLED_BACK = ("BadTranslation", "PromotionRolledBack")
"""Errors after which the model from before was put back."""
_ERRORS = ["Sns.SdkClientException", "Sns.SnsException", "Sns.ThrottledException"]
_CONSOLE = f"""(
    $arn := $split($states.context.Execution.Id, ':');
    $host := $lookup({dict(CONSOLE_HOSTS)}, $arn[1]);
    'https://' & $arn[3] & '.' & $host & '/states/home?region=' & $arn[3]
      & '#/v2/executions/details/' & $states.context.Execution.Id
  )"""
_SCORES = """$join([
    $type($scores.bleu) = 'number' ? 'BLEU ' & $formatNumber($scores.bleu, '0.00'),
    $type($scores.chrf) = 'number' ? 'chrF ' & $formatNumber($scores.chrf, '0.00')
  ], ', ')"""
_CANDIDATE_LINES = f"""
  'Why: ' & $reason,
  ($scored := {_SCORES}; $scored != '' ? 'Scores: ' & $scored),
  'Model: ' & $model_data,
  'Package: ' & $model_package,
  $evaluation != '' ? 'Report: ' & $replace($evaluation, /evaluation.json$/, 'report.html'),
  'Execution: ' & {_CONSOLE}"""


class Notifier:
    """Builds the states that publish to one topic, or none where there is no topic.

    It comes before all states that fail, which look for the one that tells of them.
    """

    def __init__(self, scope: Construct, *, name: str, topic_arn: str | None) -> None:
        self._scope = scope
        self._name = name
        self._topic_arn = topic_arn
        if topic_arn is not None:
            self._failed()

    def promoted(self, then: sfn.IChainable) -> sfn.IChainable:
        """Tell that the candidate is served now."""
        subject = f"'{self._name}: a new model is served'"
        return self._publish("NotifyPromoted", "promoted", subject, _CANDIDATE_LINES, then)

    def not_promoted(self, state: str, then: sfn.IChainable) -> sfn.IChainable:
        """Tell that the candidate was refused, or not meant to be served."""
        subject = f"'{self._name}: the candidate was not promoted'"
        return self._publish(state, "not_promoted", subject, _CANDIDATE_LINES, then)

    def _failed(self) -> None:
        """Tell of a failure that is in `$ending`, and fail."""
        end = sfn.Fail.jsonata(
            self._scope, "Failed", error="{% $ending.error %}", cause="{% $ending.cause %}"
        )
        rolled_back = f"$ending.error in {list(ROLLED_BACK)}"
        outcome = f"{{% {rolled_back} ? 'rolled_back' : 'failed' %}}"
        subject = (
            f"'{self._name}: ' & ({rolled_back} ? 'the promotion was rolled back (' "
            ": 'retraining failed (') & $ending.error & ')'"
        )
        lines = f"'Why: ' & $ending.cause, 'Execution: ' & {_CONSOLE}"
        self._publish(NOTIFY_FAILED, outcome, subject, lines, end)

    def _publish(
        self, state: str, outcome: str, subject: str, lines: str, then: sfn.IChainable
    ) -> sfn.IChainable:
        if self._topic_arn is None:
            return then
        task = sfn.CustomState(
            self._scope,
            state,
            state_json={
                "Type": "Task",
                "Resource": integration("aws-sdk:sns:publish"),
                "Arguments": {
                    "TopicArn": self._topic_arn,
                    "Subject": f"{{% $substring({subject}, 0, 100) %}}",
                    "Message": f"{{% $join([{subject} & '.', '', {lines}], '\\n') %}}",
                    "MessageAttributes": {
                        "outcome": {"DataType": "String", "StringValue": outcome},
                        "service": {"DataType": "String", "StringValue": self._name},
                    },
                },
                "Output": {},
            },
        )
        retry_request(task, _ERRORS)
        task.add_catch(then, errors=["States.ALL"])
        task.next(then)
        return task
