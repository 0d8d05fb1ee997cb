"""The bulk translation's state machine: how its parts follow each other, and what it returns."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.bulk.file_states import FileStates
from stacks.bulk.roles import containers_role, files_role, machine_role
from stacks.bulk.transform_states import TRANSFORM_WAITS, TransformStates
from stacks.images import ServiceImages
from stacks.log_retention import retention
from stacks.retraining.check_input_state import check_input_state
from stacks.retraining.job_states import (
    FAILURE,
    MAX_NAME_LENGTH,
    fail_state,
    integration,
    retry_request,
)
from stacks.settings import Settings

_SHARDS_FAILED = """(
  $first := $joined.failed_shards[0];
  $string($joined.missing_shards) & ' of ' & $string($split.shards)
    & ' shards are not translated, the first of them ' & $first.shard & ' of ' & $first.input
    & ', which ' & $first.reason & '. ' & ($failure = '' ? '' : $failure & ' ')
    & 'What is translated is kept: the same input, started again, goes on from there.'
)"""


class BulkMachine(Construct):
    """Check input, find the model, split, translate, join."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        check_input: lambda_.Function,
        bucket: s3.IBucket,
        images: ServiceImages,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        files = files_role(self, settings=settings, bucket=bucket, images=images)
        containers = containers_role(self, settings=settings, bucket=bucket, images=images)
        role = machine_role(self, settings=settings, passed=[files, containers], bucket=bucket)
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[check_input.function_arn]
            )
        )
        self._files = FileStates(
            self,
            settings=settings,
            image_uri=images.preprocessing.uri,
            role_arn=files.role_arn,
            bucket=bucket.bucket_name,
        )
        self._transform = TransformStates(
            self, settings=settings, images=images.endpoint, role_arn=containers.role_arn
        )
        self.log_group = self._build_log_group()
        self.machine = self._build_machine(check_input, role)

    def _build_log_group(self) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Logs",
            # The prefix keeps CloudWatch's policy for log deliveries short of its size limit.
            log_group_name=f"/aws/vendedlogs/states/{self._settings.bulk_machine_name}",
            retention=retention(self._settings.log_retention_days),
            # A group that stayed behind would be in the way of the next deployment.
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _build_machine(self, check_input: lambda_.Function, role: iam.Role) -> sfn.StateMachine:
        settings = self._settings
        # Each job over files twice, and half a day for waiting.
        hours = settings.bulk_max_runtime_hours + 4 * settings.processing_max_runtime_hours + 12
        return sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=settings.bulk_machine_name,
            query_language=sfn.QueryLanguage.JSONATA,
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(check_input)),
            role=role,
            timeout=Duration.hours(hours),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self.log_group,
                level=sfn.LogLevel.ALL,
                include_execution_data=True,
            ),
        )

    def _definition(self, check_input: lambda_.Function) -> sfn.IChainable:
        start, find = self._check_input(check_input), self._find_model()
        split, join = self._files.split(), self._files.join()
        start.next(find)
        find.next(self._known_model(split))
        read = self._files.read("ReadSplit", "split.json", "split")
        split.next(read)
        read.next(self._something_to_translate(join))
        read_joined = self._files.read("ReadJoined", "joined.json", "joined")
        join.next(read_joined)
        read_joined.next(self._ends())
        return start

    def _something_to_translate(self, join: sfn.IChainable) -> sfn.Choice:
        create = self._transform.create_model()
        delete = self._transform.delete_model(join)
        create.next(self._transform.transform(delete))
        choice = sfn.Choice.jsonata(self, "ShardsAreMissing")
        choice.when(sfn.Condition.jsonata("{% $split.missing > 0 %}"), create)
        return choice.otherwise(join)

    def _ends(self) -> sfn.Choice:
        result = "{% $merge([$joined, {'model_data': $served.model_data}]) %}"
        finish = sfn.Pass.jsonata(self, "Finish", outputs=result)
        failed = fail_state(self, "ShardsFailed", error="ShardsFailed", cause=_SHARDS_FAILED)
        choice = sfn.Choice.jsonata(self, "EverythingIsTranslated")
        choice.when(sfn.Condition.jsonata("{% $joined.missing_shards = 0 %}"), finish)
        return choice.otherwise(failed)

    def _check_input(self, function: lambda_.Function) -> sfn.CustomState:
        return check_input_state(
            self,
            function,
            assign={
                "job_prefix": self._job_prefix("$states.result.Payload.job_name"),
                "split_waits": 0,
                "join_waits": 0,
                TRANSFORM_WAITS: 0,
                "transform_seconds": 0,
                "failure": "",
            },
        )

    def _find_model(self) -> sfn.CustomState:
        task = sfn.CustomState(
            self,
            "FindModel",
            state_json={
                "Type": "Task",
                "Resource": integration("aws-sdk:ssm:getParameter"),
                "Arguments": {"Name": self._settings.model_parameter},
                "Assign": {"served": "{% $parse($states.result.Parameter.Value) %}"},
                "Output": {},
            },
        )
        retry_request(task, ["Ssm.InternalServerErrorException", "Ssm.SdkClientException"])
        none = fail_state(
            self,
            "NoModel",
            error="NoModel",
            cause="'No model is served yet, so that there is nothing to translate with; start the "
            f"state machine {self._settings.state_machine_name} first.'",
        )
        task.add_catch(none, errors=["Ssm.ParameterNotFoundException"])
        unknown = fail_state(self, "ModelUnknown", error="ModelUnknown")
        task.add_catch(unknown, errors=["States.ALL"], assign={"failure": FAILURE})
        return task

    def _known_model(self, split: sfn.IChainable) -> sfn.Choice:
        untold = fail_state(
            self,
            "VocabulariesUnknown",
            error="NoModel",
            cause="'The served model is of the built-in engine and came without vocabularies; bulk "
            "translation needs one that the retraining has trained.'",
        )
        choice = sfn.Choice.jsonata(self, "VocabulariesAreKnown")
        condition = "{% $served.engine = 'builtin' and $served.description = '' %}"
        choice.when(sfn.Condition.jsonata(condition), untold)
        return choice.otherwise(split)

    def _job_prefix(self, job_name: str) -> str:
        """An expression for the start of all names; a plan's name too long to follow is hashed."""
        start = self._settings.bulk_job_name_start
        kept = MAX_NAME_LENGTH - len(start) - len("-x99")
        return (
            f"{{% '{start}' & ($length({job_name}) <= {kept} ? {job_name} : "
            f"$substring({job_name}, 0, {kept - 9}) & '-' & "
            f"$substring($hash({job_name}, 'SHA-256'), 0, 8)) %}}"
        )
