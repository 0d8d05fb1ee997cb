"""The stack that tells the owner: alarms and the dashboard."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.monitoring.alarms import Watched, watched
from stacks.monitoring.dashboard import ServiceDashboard
from stacks.runbooks import described
from stacks.service_stack import ServiceStack
from stacks.settings import Settings


class Monitoring(ServiceStack):
    """Reads metrics only, and names the endpoint literally, so it needs no model to exist."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        retraining: sfn.StateMachine,
        bulk: sfn.StateMachine,
        function: lambda_.Function,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            description="Translation service: dashboard and alarms",
        )
        self._settings = settings
        items = watched(settings, retraining=retraining, bulk=bulk, function=function)
        alarms = [self._alarm(item) for item in items]
        ServiceDashboard(
            self,
            "Dashboard",
            settings=settings,
            retraining=retraining,
            bulk=bulk,
            function=function,
            alarms=alarms,
        )

    def _alarm(self, item: Watched) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            item.name,
            metric=item.metric,
            threshold=item.above,
            evaluation_periods=item.periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=described(item.description, self._settings, item.runbook),
        )
        if self._settings.alarm_topic_arn:
            topic = sns.Topic.from_topic_arn(
                self, f"{item.name}Topic", self._settings.alarm_topic_arn
            )
            alarm.add_alarm_action(actions.SnsAction(topic))
        return alarm
