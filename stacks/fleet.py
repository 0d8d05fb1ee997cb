"""What an endpoint runs on: a fleet of instances that scales, or serverless inference."""

from collections.abc import Sequence

from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.settings import Settings

VARIANT = "AllTraffic"
BAKE_SECONDS = 300
CANARY_SECONDS = 300
MAX_UPDATE_SECONDS = 3600


def production_variant(
    settings: Settings, model_name: str
) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
    """The endpoint's one variant: instances of a type, or memory and concurrency."""
    if not settings.endpoint_serverless:
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=model_name,
            initial_variant_weight=1,
            initial_instance_count=settings.endpoint_min_instances,
            instance_type=settings.endpoint_instance_type,
        )
    serverless = sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
        memory_size_in_mb=settings.serverless_memory_mb,
        max_concurrency=settings.serverless_max_concurrency,
    )
    return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=VARIANT,
        model_name=model_name,
        initial_variant_weight=1,
        serverless_config=serverless,
    )


def deployment_config(
    settings: Settings, alarms: Sequence[cloudwatch.CfnAlarm]
) -> sagemaker.CfnEndpoint.DeploymentConfigProperty | None:
    """How an update switches fleets, and what rolls it back; `None` without a fleet."""
    if settings.endpoint_serverless:
        return None
    rollback = sagemaker.CfnEndpoint.AutoRollbackConfigProperty(
        alarms=[sagemaker.CfnEndpoint.AlarmProperty(alarm_name=alarm.ref) for alarm in alarms]
    )
    policy = sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
        traffic_routing_configuration=_traffic(settings),
        termination_wait_in_seconds=0 if settings.is_local else BAKE_SECONDS,
        maximum_execution_timeout_in_seconds=MAX_UPDATE_SECONDS,
    )
    return sagemaker.CfnEndpoint.DeploymentConfigProperty(
        auto_rollback_configuration=rollback, blue_green_update_policy=policy
    )


def _traffic(settings: Settings) -> sagemaker.CfnEndpoint.TrafficRoutingConfigProperty:
    if settings.endpoint_min_instances < 2:
        # A canary is at most half of the fleet, so one instance can have none.
        return sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
            type="ALL_AT_ONCE", wait_interval_in_seconds=0
        )
    # One instance is at most half of every fleet of two or more; a percentage of an odd
    # number of instances would lean on how SageMaker rounds.
    canary = sagemaker.CfnEndpoint.CapacitySizeProperty(type="INSTANCE_COUNT", value=1)
    return sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
        type="CANARY", canary_size=canary, wait_interval_in_seconds=CANARY_SECONDS
    )


def build_scaling(scope: Construct, settings: Settings, endpoint: sagemaker.CfnEndpoint) -> None:
    """Let the fleet follow its calls between the two counts of the settings."""
    target = scaling.CfnScalableTarget(
        scope,
        "ScalableTarget",
        service_namespace="sagemaker",
        resource_id=f"endpoint/{settings.endpoint_name}/variant/{VARIANT}",
        scalable_dimension="sagemaker:variant:DesiredInstanceCount",
        min_capacity=settings.endpoint_min_instances,
        max_capacity=settings.endpoint_max_instances,
    )
    target.add_resource_dependency(endpoint)
    scaling.CfnScalingPolicy(
        scope,
        "ScalingPolicy",
        policy_name=f"{settings.name}-invocations",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.ref,
        target_tracking_scaling_policy_configuration=_tracking(settings),
    )


def _tracking(
    settings: Settings,
) -> scaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty:
    metric = scaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
        predefined_metric_type="SageMakerVariantInvocationsPerInstance"
    )
    return scaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
        predefined_metric_specification=metric,
        target_value=settings.invocations_per_instance,
        scale_in_cooldown=600,
        scale_out_cooldown=60,
    )
