"""Promotion: update the endpoint stack, ask the endpoint, and go back when the answer is wrong.

The endpoint belongs to CloudFormation; nothing here creates or updates it directly.
"""

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.retraining.baseline import SERVED, baseline_is_unchanged, describe_stack_task
from stacks.retraining.job_states import FAILURE, fail_state, integration, retry_request
from stacks.retraining.register_states import REJECTED, approval_state
from stacks.retraining.rollback_reason import rollback_reason_task
from stacks.retraining.stack_update import PROMOTED, Outcomes, StackUpdate
from stacks.settings import Settings

_ROLL_BACK = "PromotionRolledBack"
"""Whether CloudFormation went back, or SageMaker alone while the stack reported success."""
RUNBOOK = "docs/runbooks/update-rollback-failed.md"
_STACK_SAYS = (
    "'the endpoint stack is in ' & $stack.status & ($stack.reason = '' ? '' : ', ' & $stack.reason)"
)
_ROLLED_BACK = (
    "'Rolled back, ' & ($previous.model_data = '' ? 'no model is served, as before: ' "
    f": 'the model before serves on: ') & {_STACK_SAYS} "
    "& ($rollback_reason = '' ? '' : '. ' & $rollback_reason)"
)
_OTHER_PARAMETERS = f"""{{% [
  $states.result.Stacks[0].Parameters[
    $not(ParameterKey in {list(PROMOTED.values())})
  ].{{ 'ParameterKey': ParameterKey, 'UsePreviousValue': true }}
] %}}"""
_QUESTIONS = """{% $string({
  'instances': [$verification.sentences.{ 'data': source }]
}) %}"""
_ANSWERS = """{% (
  $body := $states.result.Body;
  [($type($body) = 'string' ? $parse($body) : $body).predictions.target]
) %}"""
_ALL_ANSWERED = (
    "$count($answers) = $count($verification.sentences) and $count($answers[$trim($) = '']) = 0"
)
_HALF_AGREE = (
    "2 * $count($filter($verification.sentences, "
    "function($sentence, $i) { $sentence.target = $answers[$i] })) "
    ">= $count($verification.sentences)"
)
_WRONG = (
    "'The endpoint translated ' & $string($verification.sentences.source) & ' to ' "
    "& $string($answers) & '; the candidate itself said ' "
    "& $string($verification.sentences.target) & '.'"
)
_SILENT = "'The endpoint did not translate: ' & $failure & '.'"
_FELL_BACK = (
    "'The stack says ' & $stack.status & ' with ' & $stack.config & ', but the endpoint is ' "
    "& $endpoint.status & ' with ' & $endpoint.config & '. ' & $endpoint.failure"
)
_RUNTIME_ERRORS = [
    "SageMakerRuntime.InternalDependencyException",
    "SageMakerRuntime.InternalFailureException",
    "SageMakerRuntime.ModelNotReadyException",
    "SageMakerRuntime.SdkClientException",
    "SageMakerRuntime.ServiceUnavailableException",
]


class Promotion(Construct):
    """The states from `DescribeEndpointStack` to `promoted`; `entry` is the first."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, promoted: sfn.IChainable
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        restore = self._restore()
        remember = self._remember()
        update = StackUpdate(
            self,
            "Promote",
            settings=settings,
            target="candidate",
            outcomes=self._promotion_outcomes(remember, restore, promoted),
        )
        remember.next(baseline_is_unchanged(self, following=update.entry))
        self.entry = remember

    def _remember(self) -> sfn.CustomState:
        task = describe_stack_task(
            self,
            "DescribeEndpointStack",
            settings=self._settings,
            assign={"previous": SERVED, "other_parameters": _OTHER_PARAMETERS},
        )
        failed = fail_state(self, "EndpointStackUnknown", error="PromotionFailed")
        task.add_catch(failed, errors=["States.ALL"], assign={"failure": FAILURE})
        return task

    def _promotion_outcomes(
        self, remember: sfn.CustomState, restore: sfn.IChainable, promoted: sfn.IChainable
    ) -> Outcomes:
        failed = fail_state(self, "PromotionFailed", error="PromotionFailed")
        translate = self._translate(restore)
        judge = sfn.Choice.jsonata(self, "AnswersAreRight")
        translate.next(judge)
        judge.when(sfn.Condition.jsonata(f"{{% {self._right()} %}}"), promoted)
        judge.otherwise(self._verdict("AnswersAreWrong", "BadTranslation", _WRONG, restore))
        return Outcomes(
            agreed=translate,
            emptied=failed,
            busy=remember,
            refused=failed,
            rolled_back=self._explain_rollback(),
            rollback_failed=self._rollback_failed("PromotionRollbackFailed", _STACK_SAYS),
            disagreed=self._verdict("EndpointFellBack", _ROLL_BACK, _FELL_BACK, restore),
            endless=fail_state(
                self,
                "PromotionEndless",
                error="PromotionTimedOut",
                cause="'The update goes on and may still switch to the new model, but has not "
                f"ended in time: ' & {_STACK_SAYS} & '; see docs/runbooks/endpoint-alarms.md'",
            ),
        )

    def _right(self) -> str:
        return _ALL_ANSWERED if self._settings.is_builtin else f"{_ALL_ANSWERED} and {_HALF_AGREE}"

    def _translate(self, restore: sfn.IChainable) -> sfn.CustomState:
        task = sfn.CustomState(
            self,
            "TranslateThroughEndpoint",
            state_json={
                "Type": "Task",
                "Resource": integration("aws-sdk:sagemakerruntime:invokeEndpoint"),
                "Arguments": {
                    "EndpointName": self._settings.endpoint_name,
                    "ContentType": "application/json",
                    "Accept": "application/json",
                    "Body": _QUESTIONS,
                },
                "Assign": {"answers": _ANSWERS},
                "Output": {},
            },
        )
        retry_request(task, _RUNTIME_ERRORS)
        silent = self._verdict("EndpointDoesNotAnswer", "BadTranslation", _SILENT, restore)
        task.add_catch(silent, errors=["States.ALL"], assign={"failure": FAILURE})
        return task

    def _explain_rollback(self) -> sfn.CustomState:
        """Find out why; the register and the execution's cause say it."""
        failed = fail_state(self, "PromotionRolledBack", error=_ROLL_BACK, cause=_ROLLED_BACK)
        reject = approval_state(
            self, "RejectRolledBack", status=REJECTED, reason=_ROLLED_BACK, then=failed
        )
        return rollback_reason_task(self, "ExplainRollback", settings=self._settings, then=reject)

    def _restore(self) -> sfn.CustomState:
        """The states that put the previous model back and then fail with `$verdict`."""
        cause = (
            "$verdict.cause & ($previous.model_data = '' ? ' No model is served, as before.' "
            ": ' Back to ' & $previous.model_data & '.')"
        )
        failed = fail_state(self, "ModelRejected", error="{% $verdict.error %}", cause=cause)
        reject = approval_state(self, "RejectRestored", status=REJECTED, reason=cause, then=failed)
        told = "$verdict.cause & ' And going back failed: ' & "
        stuck = self._rollback_failed("RestoreFailed", f"{told}{_STACK_SAYS}")
        refused = self._rollback_failed("RestoreRefused", f"{told}$failure")
        update = StackUpdate(
            self,
            "Restore",
            settings=self._settings,
            target="previous",
            outcomes=Outcomes(
                agreed=reject,
                emptied=reject,
                busy=None,
                refused=refused,
                rolled_back=stuck,
                rollback_failed=stuck,
                disagreed=stuck,
                endless=stuck,
            ),
        )
        return update.entry

    def _rollback_failed(self, state: str, cause: str) -> sfn.State:
        return fail_state(self, state, error="RollbackFailed", cause=f"{cause} & ' See {RUNBOOK}.'")

    def _verdict(self, state: str, error: str, cause: str, restore: sfn.IChainable) -> sfn.Pass:
        verdict: dict[str, Any] = {"error": error, "cause": f"{{% {cause} %}}"}
        passed = sfn.Pass.jsonata(self, state, assign={"verdict": verdict}, outputs={})
        passed.next(restore)
        return passed
