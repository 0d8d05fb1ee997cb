"""The states that register a candidate once, and write into the register what became of it.

They read `$model_data`, `$plan`, `$evaluation` (an S3 URI; empty where nothing was evaluated) and
`$scores`, and assign `$model_package` (an ARN) and `$model_package_status`.
"""

from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.recordio import CONTENT_TYPE
from stacks.retraining.job_states import FAILURE, fail_state, integration, retry_request
from stacks.settings import Settings

APPROVED = "Approved"
REJECTED = "Rejected"
MAX_DESCRIPTION = 1024
PAGE = 100
_MEDIA_TYPES = ["application/json", CONTENT_TYPE]
_ERRORS = [
    "SageMaker.ConflictException",
    "SageMaker.SageMakerException",
    "SageMaker.SdkClientException",
]
_FOUND = "$states.result.ModelPackageSummaryList[ModelPackageDescription = $model_data][0]"
_ONCE = "{% $substring($hash($states.context.Execution.Id, 'SHA-256'), 0, 36) %}"
"""The same for every attempt of one execution, so that a repeated request registers nothing."""


class Registration(Construct):
    """The states from `OpenRegister` to `registered`; `entry` is the first."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        image_uri: str,
        registered: sfn.IChainable,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._image_uri = image_uri
        self._failed = fail_state(self, "RegistrationFailed", error="RegistrationFailed")
        first = sfn.Pass.jsonata(self, "OpenRegister", assign={"register_page": ""}, outputs={})
        find = self._find()
        register = self._register()
        choice = sfn.Choice.jsonata(self, "ModelIsRegistered")
        for condition, following in (
            ("$model_package != ''", registered),
            ("$register_page != ''", find),
        ):
            choice.when(sfn.Condition.jsonata(f"{{% {condition} %}}"), following)
        choice.otherwise(register)
        find.next(choice)
        register.next(registered)
        self.entry = first
        first.next(find)

    def _find(self) -> sfn.CustomState:
        """A model that comes back was registered by the execution that made it."""
        request = (
            f"{{'ModelPackageGroupName': '{self._settings.name}', 'MaxResults': {PAGE}, "
            "'SortBy': 'CreationTime', 'SortOrder': 'Descending'}"
        )
        return self._task(
            "FindModelPackage",
            "listModelPackages",
            f"{{% $merge([{request}, $register_page = '' ? {{}} : "
            "{'NextToken': $register_page}]) %}",
            {
                "model_package": f"{{% [{_FOUND}.ModelPackageArn, ''][0] %}}",
                "model_package_status": f"{{% [{_FOUND}.ModelApprovalStatus, ''][0] %}}",
                "register_page": "{% [$states.result.NextToken, ''][0] %}",
            },
        )

    def _register(self) -> sfn.CustomState:
        known = {
            "ModelPackageGroupName": self._settings.name,
            # A list of packages shows this and not the model, so a model is found by it again.
            "ModelPackageDescription": "{% $model_data %}",
            "InferenceSpecification": {
                "Containers": [{"Image": self._image_uri, "ModelDataUrl": "{% $model_data %}"}],
                "SupportedContentTypes": _MEDIA_TYPES,
                "SupportedResponseMIMETypes": _MEDIA_TYPES,
            },
            "ModelApprovalStatus": "PendingManualApproval",
            "CustomerMetadataProperties": self._properties(),
            # The candidate has answered in the serving code by now.
            "SkipModelValidation": "All",
            "ClientToken": _ONCE,
        }
        return self._task(
            "RegisterModel",
            "createModelPackage",
            known | self._metrics(),
            {
                "model_package": "{% $states.result.ModelPackageArn %}",
                "model_package_status": "",
            },
        )

    def _properties(self) -> str:
        settings = self._settings
        languages = f"{settings.source_language}-{settings.target_language}"
        return f"""{{% $merge([
  {{
    'execution': $substringAfter($plan.execution_prefix, '/'),
    'engine': '{settings.engine}',
    'languages': '{languages}'
  }},
  $type($scores.bleu) = 'number' ? {{'bleu': $formatNumber($scores.bleu, '0.00')}} : {{}},
  $type($scores.chrf) = 'number' ? {{'chrf': $formatNumber($scores.chrf, '0.00')}} : {{}}
]) %}}"""

    def _metrics(self) -> dict[str, Any]:
        if self._settings.is_builtin:
            return {}
        statistics = "{'ContentType': 'application/json', 'S3Uri': $evaluation}"
        quality = f"$evaluation = '' ? {{}} : {{'ModelQuality': {{'Statistics': {statistics}}}}}"
        return {"ModelMetrics": f"{{% {quality} %}}"}

    def _task(
        self, state: str, action: str, arguments: dict[str, Any] | str, assign: dict[str, Any]
    ) -> sfn.CustomState:
        task = _request(self, state, action, arguments, assign)
        task.add_catch(self._failed, errors=["States.ALL"], assign={"failure": FAILURE})
        return task


def approval_state(
    scope: Construct, state: str, *, status: str, reason: str, then: sfn.IChainable
) -> sfn.CustomState:
    """Write into the register what became of the candidate, and go on.

    That is settled by now, so a register that does not answer changes nothing. The status is
    `APPROVED` or `REJECTED`; the reason is JSONata.
    """
    told = f"$substring($replace({reason}, /\\s+/, ' '), 0, {MAX_DESCRIPTION})"
    arguments = {
        "ModelPackageArn": "{% $model_package %}",
        "ModelApprovalStatus": status,
        "ApprovalDescription": f"{{% {told} %}}",
    }
    task = _request(scope, state, "updateModelPackage", arguments, {})
    task.add_catch(then, errors=["States.ALL"])
    task.next(then)
    return task


def refusal_states(scope: Construct, *, then: sfn.IChainable) -> sfn.Choice:
    """Write into the register that the gate refused the candidate, and why, and go on.

    A model that was approved before and now lost a comparison stays one to go back to.
    """
    reject = approval_state(scope, "RejectModel", status=REJECTED, reason="$reason", then=then)
    choice = sfn.Choice.jsonata(scope, "ModelWasApproved")
    approved = sfn.Condition.jsonata(f"{{% $model_package_status = '{APPROVED}' %}}")
    return choice.when(approved, then).otherwise(reject)


def _request(
    scope: Construct,
    state: str,
    action: str,
    arguments: dict[str, Any] | str,
    assign: dict[str, Any],
) -> sfn.CustomState:
    task = sfn.CustomState(
        scope,
        state,
        state_json={
            "Type": "Task",
            "Resource": integration(f"aws-sdk:sagemaker:{action}"),
            "Arguments": arguments,
            "Output": {},
            **({"Assign": assign} if assign else {}),
        },
    )
    retry_request(task, _ERRORS)
    return task
