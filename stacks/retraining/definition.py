"""How the parts of a retraining follow each other, and what an execution returns."""

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.images import ServiceImages
from stacks.retraining.baseline import read_baseline_state
from stacks.retraining.check_input_state import check_input_state
from stacks.retraining.evaluate_states import (
    NOT_JUDGED_BUILTIN,
    Evaluation,
    not_evaluated_state,
)
from stacks.retraining.gate_state import gate_state
from stacks.retraining.job_states import job_prefix
from stacks.retraining.notify_states import Notifier
from stacks.retraining.older_executions import wait_or_refuse
from stacks.retraining.preprocess_state import preprocess_state
from stacks.retraining.promote_states import Promotion
from stacks.retraining.register_states import (
    APPROVED,
    Registration,
    approval_state,
    refusal_states,
)
from stacks.retraining.score_states import score_states
from stacks.retraining.train_state import TrainingJob, train_state
from stacks.retraining.tune_states import tune_or_train
from stacks.retraining.verify_state import (
    DESCRIPTION,
    read_manifest_state,
    read_verification_state,
    verify_state,
)
from stacks.settings import Settings

PROBE = "this is so cool"
"""What an endpoint of the built-in engine, which has no smoke test, is asked after promotion."""
_RESULT = {
    "model_data": "{% $model_data %}",
    "metrics": "{% $metrics %}",
    "reason": "{% $reason %}",
    "evaluation": "{% $evaluation %}",
    "model_package": "{% $model_package %}",
}


class RetrainingDefinition(Construct):
    """Check input, preprocess, train, verify, judge, promote; `start` is the first state."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        check_input: lambda_.Function,
        role_arn: str,
        bucket: str,
        images: ServiceImages,
        topic_arn: str | None,
    ) -> None:
        """`role_arn` is the jobs' role; `topic_arn` is told how executions end."""
        super().__init__(scope, construct_id)
        self._settings = settings
        self._role_arn = role_arn
        self._bucket = bucket
        self._images = images
        self._notifier = Notifier(self, name=settings.name, topic_arn=topic_arn)
        self.start = self._first(check_input)

    def _first(self, check_input: lambda_.Function) -> sfn.IChainable:
        """The parts in their order, from the last to the first, since each names its successor."""
        promotion = Promotion(self, "Promotion", settings=self._settings, promoted=self._promoted())
        registration = Registration(
            self,
            "Registration",
            settings=self._settings,
            image_uri=self._images.serving.uri,
            registered=self._gate(promotion),
        )
        scored = score_states(self, settings=self._settings, following=registration.entry)
        verified = self._verified(self._evaluated(scored))
        baseline = read_baseline_state(self, settings=self._settings)
        baseline.next(self._model(verified))
        start = self._check_input(check_input)
        start.next(wait_or_refuse(self, settings=self._settings, following=baseline))
        return start

    def _gate(self, promotion: Promotion) -> sfn.IChainable:
        finish = self._finish("Finish", promoted=False)
        refused = self._notifier.not_promoted(
            "NotifyNotPromoted", self._finish("NotPromoted", promoted=False)
        )
        return gate_state(
            self,
            unwanted=self._notifier.not_promoted("NotifyFinished", finish),
            accepted=self._candidate(promotion),
            refused=refusal_states(self, then=refused),
        )

    def _promoted(self) -> sfn.IChainable:
        told = self._notifier.promoted(self._finish("Promoted", promoted=True))
        return approval_state(self, "ApproveModel", status=APPROVED, reason="$reason", then=told)

    def _model(self, verified: sfn.IChainable) -> sfn.IChainable:
        """From an input that was checked to a model, trained here or given."""
        pretrained = sfn.Pass.jsonata(
            self,
            "UsePretrainedModel",
            assign={"model_data": "{% $plan.pretrained_model %}", "metrics": {}},
            outputs={},
        )
        pretrained.next(verified)
        given = sfn.Choice.jsonata(self, "ModelIsGiven")
        given.when(sfn.Condition.jsonata("{% $plan.pretrained_model != '' %}"), pretrained)
        given.otherwise(self._trained(verified))
        preprocess = self._preprocess()
        preprocess.next(given)
        text = sfn.Choice.jsonata(self, "TextIsGiven")
        is_given = sfn.Condition.jsonata("{% $exists($plan.preprocessing_arguments[0]) %}")
        text.when(is_given, preprocess)
        return text.otherwise(given)

    def _verified(self, evaluated: sfn.IChainable) -> sfn.IChainable:
        """The smoke test of a model that is there, and its metrics."""
        if self._settings.is_builtin:
            return evaluated
        verify = verify_state(
            self,
            settings=self._settings,
            image_uri=self._images.serving.uri,
            role_arn=self._role_arn,
            bucket=self._bucket,
        )
        manifest = read_manifest_state(self, bucket=self._bucket)
        manifest.next(evaluated)
        trained = sfn.Choice.jsonata(self, "MetricsAreKnown")
        trained.when(sfn.Condition.jsonata("{% $plan.pretrained_model = '' %}"), evaluated)
        verify.next(trained.otherwise(manifest))
        return verify

    def _evaluated(self, judged: sfn.IChainable) -> sfn.IChainable:
        """What the gate, and whoever registers the candidate, is told of it."""
        if self._settings.is_builtin:
            return not_evaluated_state(self, reason=NOT_JUDGED_BUILTIN, judged=judged)
        evaluation = Evaluation(
            self,
            "Evaluation",
            settings=self._settings,
            image_uri=self._images.preprocessing.uri,
            role_arn=self._role_arn,
            bucket=self._bucket,
            judged=judged,
        )
        return evaluation.entry

    def _candidate(self, promotion: Promotion) -> sfn.State:
        """Name the candidate and what it must answer; then promote it."""
        candidate = sfn.Pass.jsonata(
            self, "NameCandidate", assign=self._candidate_variables(), outputs={}
        )
        if self._settings.is_builtin:
            candidate.next(promotion.entry)
            return candidate
        read = read_verification_state(self, bucket=self._bucket)
        read.next(promotion.entry)
        candidate.next(read)
        return candidate

    def _candidate_variables(self) -> dict[str, object]:
        uri = f"'s3://{self._bucket}/' & $plan.execution_prefix & "
        if not self._settings.is_builtin:
            described = f"{uri}'/{DESCRIPTION}'"
        else:
            # The built-in engine describes itself by its vocabularies; those of a model that was
            # trained elsewhere are not known.
            described = f"$plan.pretrained_model = '' ? {uri}'/vocab' : ''"
        variables: dict[str, object] = {
            "candidate": {
                "model_data": "{% $model_data %}",
                "description": f"{{% {described} %}}",
                "engine": str(self._settings.engine),
            },
            "busy_waits": 0,
        }
        if self._settings.is_builtin:
            variables["verification"] = {"sentences": [{"source": PROBE, "target": ""}]}
        return variables

    def _check_input(self, function: lambda_.Function) -> sfn.CustomState:
        waits = ("preprocess", "train", "tune", "verify", "evaluate")
        return check_input_state(
            self,
            function,
            assign={
                "job_prefix": job_prefix(self._settings, "$states.result.Payload.job_name"),
                **{f"{phase}_waits": 0 for phase in waits},
            },
        )

    def _preprocess(self) -> sfn.CustomState:
        return preprocess_state(
            self,
            settings=self._settings,
            image_uri=self._images.preprocessing.uri,
            role_arn=self._role_arn,
            bucket=self._bucket,
        )

    def _trained(self, verified: sfn.IChainable) -> sfn.State:
        job = TrainingJob(
            settings=self._settings,
            image_uri=self._images.training.uri,
            role_arn=self._role_arn,
            bucket=self._bucket,
        )
        train = train_state(self, job)
        train.next(verified)
        return tune_or_train(self, job, train=train, following=verified)

    def _finish(self, state: str, *, promoted: bool) -> sfn.Pass:
        return sfn.Pass.jsonata(self, state, outputs={**_RESULT, "promoted": promoted})
