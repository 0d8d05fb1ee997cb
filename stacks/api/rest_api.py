"""The REST API's methods, limits and logs; all of it ends in one function."""

from typing import Any

from aws_cdk import Duration, Fn, RemovalPolicy, Size
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from protocol.recordio import CONTENT_TYPE
from protocol.schemas import request_model
from protocol.translation import JSON_CONTENT_TYPE
from stacks.api.gateway_responses import add_gateway_responses
from stacks.api.key_authorizers import DEEPL_ROOT, KeyAuthorizers
from stacks.findings import acknowledge
from stacks.log_retention import retention
from stacks.settings import ApiAuth, Settings

STAGE = "prod"
INTEGRATION_SECONDS = 29
"""API Gateway's own limit."""
COMPRESSED_FROM_BYTES = 1024
"""With a limit set, API Gateway also unzips bodies that come compressed, whatever their type.

Answers of this size and more are compressed for callers who accept gzip: a matrix becomes a fifth.
"""
ROUTES = {
    "translate": "POST",
    "model": "GET",
    "vocabulary": None,
    "vocabulary/{side}": "GET",
    "openapi.json": "GET",
}
VALIDATED_ROUTE = "translate"
LIBRETRANSLATE_ROOT = "/libretranslate"


class TranslationApi(Construct):
    """The methods of docs/openapi.json; the function refuses the rest."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        function: lambda_.Function,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.access_log = logs.LogGroup(
            self,
            "AccessLog",
            retention=retention(settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.rest_api = self._build_api()
        self._authorizers = (
            KeyAuthorizers(self, "KeyAuthorizers", settings=settings)
            if settings.has_key_authorizers
            else None
        )
        self._keep_execution_log_short()
        add_gateway_responses(self.rest_api, settings.cors_origins)
        self._build_methods(function)
        if settings.api_auth is ApiAuth.API_KEY:
            self._build_key()

    def _build_api(self) -> apigateway.RestApi:
        api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=self._settings.name,
            description="Translates sentences",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            binary_media_types=[CONTENT_TYPE],
            min_compression_size=Size.bytes(COMPRESSED_FROM_BYTES),
            api_key_source_type=(
                apigateway.ApiKeySourceType.AUTHORIZER
                if self._settings.has_key_authorizers
                else None
            ),
            cloud_watch_role=not self._settings.is_local,
            cloud_watch_role_removal_policy=(
                None if self._settings.is_local else RemovalPolicy.RETAIN
            ),
            deploy_options=self._stage_options(),
        )
        # The stack has outputs of its own for the address.
        api.node.try_remove_child("Endpoint")
        acknowledge(
            api,
            "A firewall has a monthly price; callers are authenticated and throttled. An owner "
            "who wants one attaches it to the stage.",
            "AwsSolutions-APIG3",
        )
        acknowledge(
            api,
            "The role is the account's one for all of API Gateway; the policy is AWS's own for it.",
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]",
        )
        return api

    def _stage_options(self) -> apigateway.StageOptions:
        fields = {
            "requestId": apigateway.AccessLogField.context_request_id(),
            "time": apigateway.AccessLogField.context_request_time(),
            "caller": apigateway.AccessLogField.context_identity_user_arn(),
            "sourceIp": apigateway.AccessLogField.context_identity_source_ip(),
            "method": apigateway.AccessLogField.context_http_method(),
            "path": apigateway.AccessLogField.context_path(),
            "status": apigateway.AccessLogField.context_status(),
            "responseLength": apigateway.AccessLogField.context_response_length(),
            "latency": apigateway.AccessLogField.context_response_latency(),
            "integrationLatency": apigateway.AccessLogField.context_integration_latency(),
            "error": apigateway.AccessLogField.context_error_response_type(),
        }
        line = "{" + ", ".join(f'"{key}": "{value}"' for key, value in fields.items()) + "}"
        return apigateway.StageOptions(
            stage_name=STAGE,
            throttling_rate_limit=self._settings.throttle_rate_limit,
            throttling_burst_limit=self._settings.throttle_burst_limit,
            access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
            access_log_format=apigateway.AccessLogFormat.custom(line),
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            data_trace_enabled=False,
            metrics_enabled=True,
            tracing_enabled=not self._settings.is_local,
        )

    def _keep_execution_log_short(self) -> None:
        # API Gateway would create this group itself, and keep it for ever.
        group = logs.LogGroup(
            self,
            "ExecutionLog",
            log_group_name=Fn.join(
                "", ["API-Gateway-Execution-Logs_", self.rest_api.rest_api_id, f"/{STAGE}"]
            ),
            retention=retention(self._settings.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.rest_api.deployment_stage.node.add_dependency(group)

    def _build_methods(self, function: lambda_.Function) -> None:
        integration = apigateway.LambdaIntegration(
            function,
            proxy=True,
            timeout=Duration.seconds(INTEGRATION_SECONDS),
            scope_permission_to_method=False,
        )
        root = self.rest_api.root
        adapters = _adapter_paths(self._settings)
        resources = {path: root.resource_for_path(path) for path in (*ROUTES, *adapters)}
        for path, verb in ROUTES.items():
            if verb is not None:
                validation = self._validation() if path == VALIDATED_ROUTE else {}
                self._add_method(resources[path], verb, integration, **validation)
        # Without these API Gateway would answer 403 to a wrong method and to an unknown path.
        for resource in (root, *resources.values(), root.add_resource("{proxy+}")):
            self._add_method(resource, "ANY", integration)
            if self._settings.cors_origins:
                self._add_preflight(resource, integration)

    def _validation(self) -> dict[str, Any]:
        """Options of a method whose JSON bodies API Gateway checks; others pass unseen."""
        schema = request_model()
        model = apigateway.CfnModel(
            self,
            "TranslationRequest",
            rest_api_id=self.rest_api.rest_api_id,
            name="TranslationRequest",
            content_type=JSON_CONTENT_TYPE,
            schema=schema,
        )
        deployment = self.rest_api.latest_deployment
        if deployment is None:
            raise RuntimeError("the REST API has no deployment to add its model to")
        # A deployment keeps the models of its time; another schema needs another deployment.
        deployment.add_to_logical_id({"model": schema})
        deployment.node.add_dependency(model)
        return {
            "request_models": {
                JSON_CONTENT_TYPE: apigateway.Model.from_model_name(self, "Request", model.ref)
            },
            "request_validator": self.rest_api.add_request_validator(
                "Validator", validate_request_body=True, validate_request_parameters=True
            ),
        }

    def _add_method(
        self,
        resource: apigateway.IResource,
        verb: str,
        integration: apigateway.LambdaIntegration,
        **options: Any,
    ) -> None:
        by_key = self._settings.api_auth is ApiAuth.API_KEY
        auth = apigateway.AuthorizationType
        if self._authorizers is None:
            options["authorization_type"] = auth.NONE if by_key else auth.IAM
        else:
            options["authorizer"] = self._authorizers.of(resource)
        method = resource.add_method(verb, integration, api_key_required=by_key, **options)
        acknowledge(
            method,
            "Callers are machines with AWS credentials or a key; there is no pool of users.",
            "AwsSolutions-COG4",
            *(["AwsSolutions-APIG4"] if by_key else []),
        )

    def _add_preflight(
        self, resource: apigateway.IResource, integration: apigateway.LambdaIntegration
    ) -> None:
        method = resource.add_method(
            "OPTIONS", integration, authorization_type=apigateway.AuthorizationType.NONE
        )
        acknowledge(
            method,
            "A browser asks without a signature whether a page may call; the function answers "
            "with headers alone, and only where the owner has named origins.",
            "AwsSolutions-APIG4",
            "AwsSolutions-COG4",
        )

    def _build_key(self) -> None:
        self.key = self.rest_api.add_api_key("ApiKey")
        plan = self.rest_api.add_usage_plan(
            "UsagePlan",
            throttle=apigateway.ThrottleSettings(
                rate_limit=self._settings.throttle_rate_limit,
                burst_limit=self._settings.throttle_burst_limit,
            ),
        )
        plan.add_api_key(self.key)
        plan.add_api_stage(stage=self.rest_api.deployment_stage)


def _adapter_paths(settings: Settings) -> list[str]:
    """Where the APIs of other services are, for whose operations the function has the table."""
    roots = {DEEPL_ROOT: settings.deepl_api, LIBRETRANSLATE_ROOT: settings.libretranslate_api}
    names = [root.strip("/") for root, is_on in roots.items() if is_on]
    return [path for name in names for path in (name, f"{name}/{{proxy+}}")]
