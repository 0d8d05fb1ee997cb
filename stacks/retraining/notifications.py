"""Where the owner is told how executions end: a topic of the owner's, or one of the service's."""

from aws_cdk import CfnMapping, Duration, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from protocol.console import CONSOLE_HOSTS
from stacks.settings import Settings

UNTOLD = ("ABORTED", "TIMED_OUT")
"""Ends that no state of the machine can report."""


class Notifications(Construct):
    """The topic, and the rule for executions that were stopped or ran out of time."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._key: kms.Key | None = None
        if settings.notification_topic_arn:
            self.topic = sns.Topic.from_topic_arn(self, "Topic", settings.notification_topic_arn)
        else:
            self.topic = self._build_topic()

    def _build_topic(self) -> sns.ITopic:
        # EventBridge cannot publish to a topic that is encrypted with SNS's own key, whose policy
        # nobody can change. The key encrypts nothing that is kept, so it goes with the topic.
        self._key = kms.Key(
            self,
            "Key",
            description=f"Encrypts the notifications of the service {self._settings.name}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
            pending_window=Duration.days(7),
        )
        publisher = iam.ServicePrincipal("events.amazonaws.com")
        self._key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[publisher],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
            )
        )
        topic = sns.Topic(
            self,
            "Topic",
            display_name=f"{self._settings.name}: retraining",
            master_key=self._key,
            enforce_ssl=True,
        )
        topic.add_subscription(subscriptions.EmailSubscription(self._settings.notification_email))
        topic.grant_publish(publisher)
        return topic

    def statements(self) -> list[iam.PolicyStatement]:
        """What the state machine needs to publish."""
        publish = iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic.topic_arn])
        if self._key is None:
            return [publish]
        decrypt = iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self._key.key_arn]
        )
        return [publish, decrypt]

    def watch(self, machine: sfn.StateMachine) -> None:
        """Tell of the executions that end before they could tell themselves."""
        text = (
            f"{self._settings.name}: a retraining has ended as <status>. Unless its promotion was "
            "under way, the model that served before goes on serving. "
            f"Execution: {self._executions_page()}#/v2/executions/details/<execution>"
        )
        transformer = events.CfnRule.InputTransformerProperty(
            input_paths_map={"status": "$.detail.status", "execution": "$.detail.executionArn"},
            input_template=f'"{text}"',
        )
        target = events.CfnRule.TargetProperty(
            arn=self.topic.topic_arn, id="Topic", input_transformer=transformer
        )
        # The L2 rule warns of any topic that is given by its ARN.
        events.CfnRule(
            self,
            "Untold",
            description="Tells of executions that were stopped or ran out of time",
            event_pattern={
                "source": ["aws.states"],
                "detail-type": ["Step Functions Execution Status Change"],
                "detail": {
                    "stateMachineArn": [machine.state_machine_arn],
                    "status": list(UNTOLD),
                },
            },
            targets=[target],
        )

    def _executions_page(self) -> str:
        stack = Stack.of(self)
        hosts = CfnMapping(
            self,
            "Consoles",
            mapping={partition: {"host": host} for partition, host in CONSOLE_HOSTS.items()},
            lazy=True,
        )
        host = hosts.find_in_map(stack.partition, "host")
        return f"https://{stack.region}.{host}/states/home?region={stack.region}"
