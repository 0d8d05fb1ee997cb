"""Evaluation: the candidate translates a test set, is compared with the served model and judged."""

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.artifacts import TEST_FOLDER
from stacks.retraining.job_states import (
    FAILURE,
    JobPhase,
    fail_state,
    integration,
    job_state,
    retry_request,
    s3_uri,
)
from stacks.retraining.preprocess_state import processing_cluster, processing_output
from stacks.retraining.verify_state import S3_ERRORS, read_file_state
from stacks.settings import Settings

ENTRYPOINT = ["python", "-m", "evaluation.job"]
INPUT_ROOT = "/opt/ml/processing/input"
FOLDER = "evaluation"
DOCUMENT = "evaluation.json"
ERROR = "EvaluationFailed"
NOT_JUDGED_BUILTIN = (
    "not judged: a model of the engine builtin translates in SageMaker's own container only"
)
NOT_JUDGED_FORCED = "not judged: force was given for a model that had been trained before"
_BASELINE = (
    "($plan.force ? 'forced' : $baseline.model_data = '' ? 'none' "
    ": $baseline.model_data = $model_data ? 'same' "
    ": $baseline.engine = 'builtin' ? 'other-engine' : 'served')"
)
_INPUTS = f"""{{% (
  $input := function($name, $uri) {{
    {{
      'InputName': $name,
      'S3Input': {{
        'S3Uri': $uri,
        'LocalPath': '{INPUT_ROOT}/' & $name,
        'S3DataType': 'S3Prefix',
        'S3InputMode': 'File',
        'S3DataDistributionType': 'FullyReplicated',
        'S3CompressionType': 'None'
      }}
    }}
  }};
  [
    $input('candidate', $model_data),
    $text.uri != '' ? $input('test', $text.uri),
    $text.uri != '' and {_BASELINE} = 'served' ? $input('served', $baseline.model_data)
  ]
) %}}"""
_RESULT = """(
  $found := $parse($states.result.Body);
  {
    'gate': $found.verdict,
    'scores': $type($found.candidate) = 'object'
      ? {'bleu': $found.candidate.bleu, 'chrf': $found.candidate.chrf} : {}
  }
)"""


def not_evaluated_state(scope: Construct, *, reason: str, judged: sfn.IChainable) -> sfn.Pass:
    """`NotEvaluated`: assigns what an evaluation would, for a candidate that had none."""
    passed = sfn.Pass.jsonata(
        scope,
        "NotEvaluated",
        assign={"gate": {"promote": True, "reason": reason}, "evaluation": "", "scores": {}},
        outputs={},
    )
    passed.next(judged)
    return passed


class Evaluation(Construct):
    """The states from `EvaluationIsWanted` to `judged`; `entry` is the first.

    They assign `$gate` (`promote` and `reason`), `$evaluation` (an S3 URI, or empty) and `$scores`
    (`bleu` and `chrf`, or neither).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        image_uri: str,
        role_arn: str,
        bucket: str,
        judged: sfn.IChainable,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._bucket = bucket
        evaluate = self._evaluate(image_uri, role_arn)
        evaluate.next(self._read(judged))
        skipped = not_evaluated_state(self, reason=NOT_JUDGED_FORCED, judged=judged)
        self.entry = self._choice(evaluate, skipped)

    def _choice(self, evaluate: sfn.CustomState, skipped: sfn.Pass) -> sfn.Choice:
        """Which text the candidate is judged by, `$text`."""
        own = {"uri": s3_uri(self._bucket, f"{TEST_FOLDER}/"), "origin": "{% $plan.test_set %}"}
        choice = sfn.Choice.jsonata(
            self, "EvaluationIsWanted", assign={"text": {"uri": "", "origin": "none"}}
        )
        # Who goes back to an earlier model shall not wait for a judgement that counts for nothing.
        choice.when(sfn.Condition.jsonata("{% $plan.test_set = '' and $plan.force %}"), skipped)
        choice.when(
            sfn.Condition.jsonata("{% $plan.test_set != '' %}"), evaluate, assign={"text": own}
        )
        made_here = f"'s3://{self._bucket}/executions/'"
        choice.when(
            sfn.Condition.jsonata(f"{{% $contains($baseline.model_data, {made_here}) %}}"),
            self._find_text(evaluate),
            assign={
                "made_by": f"{{% 'executions/' & $substringBefore("
                f"$substringAfter($baseline.model_data, {made_here}), '/') %}}"
            },
        )
        return choice.otherwise(evaluate)

    def _find_text(self, evaluate: sfn.CustomState) -> sfn.CustomState:
        """`FindTestSet`: that of the execution that made the served model, if it left one."""
        folder = f"$made_by & '/{TEST_FOLDER}/'"
        uri = f"'s3://{self._bucket}/' & {folder}"
        found = (
            f"{{% $states.result.KeyCount >= 2 ? {{'uri': {uri}, 'origin': 'served'}} "
            ": {'uri': '', 'origin': 'none'} %}"
        )
        task = sfn.CustomState(
            self,
            "FindTestSet",
            state_json={
                "Type": "Task",
                "Resource": integration("aws-sdk:s3:listObjectsV2"),
                "Arguments": {
                    "Bucket": self._bucket,
                    "Prefix": f"{{% {folder} %}}",
                    "MaxKeys": 2,
                },
                "Assign": {"text": found},
                "Output": {},
            },
        )
        retry_request(task, S3_ERRORS)
        failed = fail_state(
            self,
            "FindTestSetFailed",
            error=ERROR,
            cause="'The test set of the served model could not be looked for: ' & $failure",
        )
        task.add_catch(failed, errors=["States.ALL"], assign={"failure": FAILURE})
        task.next(evaluate)
        return task

    def _evaluate(self, image_uri: str, role_arn: str) -> sfn.CustomState:
        """`Evaluate`: writes `executions/<execution>/evaluation/`."""
        phase = JobPhase(
            state="Evaluate",
            letter="e",
            error=ERROR,
            max_runtime_seconds=self._settings.evaluation_max_runtime_minutes * 60,
            runtime_setting="evaluation_max_runtime_minutes",
        )
        output = processing_output(
            FOLDER, f"/opt/ml/processing/output/{FOLDER}", s3_uri(self._bucket, FOLDER)
        )
        arguments: dict[str, Any] = {
            "ProcessingJobName": phase.job_name(),
            "RoleArn": role_arn,
            "AppSpecification": {
                "ImageUri": image_uri,
                "ContainerEntrypoint": ENTRYPOINT,
                "ContainerArguments": self._arguments(),
            },
            "ProcessingResources": processing_cluster(self._settings),
            "ProcessingInputs": _INPUTS,
            "ProcessingOutputConfig": {"Outputs": [output]},
            "StoppingCondition": {"MaxRuntimeInSeconds": phase.max_runtime_seconds},
            "NetworkConfig": {"EnableNetworkIsolation": True},
        }
        return job_state(self, phase, resource="createProcessingJob", arguments=arguments)

    def _arguments(self) -> list[str]:
        settings = self._settings
        given = {
            "--execution": "{% $plan.execution_prefix %}",
            "--test-set": "{% $text.origin %}",
            "--baseline": f"{{% {_BASELINE} %}}",
            "--gate-min-bleu": f"{settings.gate_min_bleu:g}",
            "--gate-max-loss": f"{settings.gate_max_loss:g}",
            "--gate-max-loss-by-chance": f"{settings.gate_max_loss_by_chance:g}",
        }
        return [part for option in given.items() for part in option]

    def _read(self, judged: sfn.IChainable) -> sfn.CustomState:
        task = read_file_state(
            self,
            "ReadEvaluation",
            bucket=self._bucket,
            path=f"{FOLDER}/{DOCUMENT}",
            assign={
                "gate": f"{{% {_RESULT}.gate %}}",
                "scores": f"{{% {_RESULT}.scores %}}",
                "evaluation": s3_uri(self._bucket, f"{FOLDER}/{DOCUMENT}"),
            },
            error=ERROR,
            writer="evaluation",
        )
        task.next(judged)
        return task
