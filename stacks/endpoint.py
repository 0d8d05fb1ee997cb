"""The endpoint stack: everything that exists only while there is a model to serve.

It holds no IAM, because the state machine may update it under the stack's own role; its three
parameters are all that a promotion changes. One of them names the model's engine, which chooses the
image: deploying with another engine leaves the served model as it is.
"""

import json

from aws_cdk import CfnCondition, CfnOutput, CfnParameter, CfnResource, Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from protocol.retraining import MODEL_URI
from stacks.fleet import VARIANT, build_scaling, deployment_config, production_variant
from stacks.images import EndpointImages
from stacks.runbooks import described
from stacks.service_stack import ServiceStack
from stacks.settings import Engine, Settings

NAMESPACE = "AWS/SageMaker"
MAX_ERROR_RATE = 0.05
MAX_LATENCY_SECONDS = 10
_MODEL_URL = f"^({MODEL_URI})?$"
_FOLDER_URL = r"^(s3://[a-z0-9][a-z0-9.-]+/[^\s\"\\]+)?$"


class Endpoint(ServiceStack):
    """Three parameters, and behind them a model, its endpoint, its alarms and its scaling."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, role: iam.Role
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            description="Translation service: the endpoint; promotions update this stack",
        )
        model_url = _parameter(self, "ModelDataUrl", "The model to serve; empty: none", _MODEL_URL)
        description_url = _parameter(
            self, "ModelDescriptionUrl", "Where the model describes itself", _FOLDER_URL
        )
        has_model = CfnCondition(
            self,
            "HasModel",
            expression=Fn.condition_not(Fn.condition_equals(model_url.value_as_string, "")),
        )
        engine = ModelEngine(self)
        served = ServedModel(
            self,
            "Served",
            settings=settings,
            role=role,
            engine=engine,
            model_url=model_url.value_as_string,
        )
        ModelRecord(
            self,
            "Record",
            settings=settings,
            endpoint=served.endpoint,
            engine=engine,
            model_url=model_url.value_as_string,
            description_url=description_url.value_as_string,
        )
        for child in self.node.find_all():
            if isinstance(child, CfnResource):
                child.cfn_options.condition = has_model
        config = CfnOutput(
            self, "EndpointConfigName", value=served.config.attr_endpoint_config_name
        )
        config.condition = has_model


def _parameter(scope: Construct, name: str, description: str, pattern: str) -> CfnParameter:
    return CfnParameter(
        scope, name, type="String", default="", description=description, allowed_pattern=pattern
    )


class ModelEngine:
    """The parameter that says which engine the model is of, and what depends on it."""

    def __init__(self, scope: Construct) -> None:
        parameter = CfnParameter(
            scope,
            "ModelEngine",
            type="String",
            default="",
            description="The engine that the model is of; empty while there is none",
            allowed_values=["", *Engine],
        )
        self._is_builtin = CfnCondition(
            scope,
            "ModelIsBuiltin",
            expression=Fn.condition_equals(parameter.value_as_string, Engine.BUILTIN),
        )

    def choose(self, *, pytorch: str, builtin: str) -> str:
        """The value that belongs to the model's engine, chosen when the stack is updated."""
        return Fn.condition_if(self._is_builtin.logical_id, builtin, pytorch).to_string()


class ServedModel(Construct):
    """Model, configuration and endpoint, with the alarms that roll an update back."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        role: iam.Role,
        engine: ModelEngine,
        model_url: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.model = self._build_model(role, engine, model_url)
        self.config = self._build_config()
        self.endpoint = self._build_endpoint(self._build_alarms())
        if settings.has_autoscaling:
            build_scaling(self, settings, self.endpoint)

    def _build_model(
        self, role: iam.Role, engine: ModelEngine, model_url: str
    ) -> sagemaker.CfnModel:
        images = EndpointImages.of(self, self._settings)
        container = sagemaker.CfnModel.ContainerDefinitionProperty(
            image=engine.choose(pytorch=images.pytorch.uri, builtin=images.builtin.uri),
            model_data_url=model_url,
        )
        return sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=role.role_arn,
            primary_container=container,
            # Serverless inference refuses isolated models.
            enable_network_isolation=not self._settings.endpoint_serverless,
        )

    def _build_config(self) -> sagemaker.CfnEndpointConfig:
        variant = production_variant(self._settings, self.model.attr_model_name)
        return sagemaker.CfnEndpointConfig(self, "Config", production_variants=[variant])

    def _build_alarms(self) -> list[cloudwatch.CfnAlarm]:
        """What rolls an update back; without instances there is no fleet to go back to."""
        if self._settings.endpoint_serverless:
            return []
        return [
            self._build_alarm("Errors", "Invocation5XXErrors", MAX_ERROR_RATE),
            # SageMaker reports latency in microseconds.
            self._build_alarm("Latency", "ModelLatency", MAX_LATENCY_SECONDS * 1_000_000),
        ]

    def _build_alarm(self, name: str, metric: str, threshold: float) -> cloudwatch.CfnAlarm:
        # The configuration is among the dimensions, so that only the new fleet is judged, and in
        # the name, so that each promotion gets an alarm that has not seen the old fleet's state.
        config = self.config.attr_endpoint_config_name
        dimensions = {
            "EndpointName": self._settings.endpoint_name,
            "VariantName": VARIANT,
            "EndpointConfigName": config,
        }
        return cloudwatch.CfnAlarm(
            self,
            f"{name}Alarm",
            alarm_name=Fn.join("-", [self._settings.name, metric, config]),
            alarm_description=described(
                f"{metric} of the endpoint; while it updates: go back",
                self._settings,
                "endpoint-alarms.md#a-promotion-was-rolled-back",
            ),
            namespace=NAMESPACE,
            metric_name=metric,
            statistic="Average",
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=key, value=value)
                for key, value in dimensions.items()
            ],
            period=60,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            threshold=threshold,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
        )

    def _build_endpoint(self, alarms: list[cloudwatch.CfnAlarm]) -> sagemaker.CfnEndpoint:
        return sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=self._settings.endpoint_name,
            endpoint_config_name=self.config.attr_endpoint_config_name,
            # With it a promotion keeps a scaled-out count, and the scaling target holds the limits;
            # without scaling the configuration's count is what the owner wants.
            retain_all_variant_properties=self._settings.has_autoscaling,
            deployment_config=deployment_config(self._settings, alarms),
        )


class ModelRecord(Construct):
    """The parameter that tells the API which model is served; written after the endpoint is."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        endpoint: sagemaker.CfnEndpoint,
        engine: ModelEngine,
        model_url: str,
        description_url: str,
    ) -> None:
        super().__init__(scope, construct_id)
        value = json.dumps(
            {
                "model_data": model_url,
                "description": description_url,
                "engine": engine.choose(pytorch=Engine.PYTORCH, builtin=Engine.BUILTIN),
                # The built-in engine's models do not say theirs.
                "source_language": settings.source_language,
                "target_language": settings.target_language,
            }
        )
        self.parameter = ssm.CfnParameter(
            self,
            "Parameter",
            type="String",
            name=settings.model_parameter,
            value=value,
            description="The model that the translation endpoint serves",
        )
        self.parameter.add_resource_dependency(endpoint)
