"""The API stack: the function that translates through the endpoint, and the REST API before it."""

from aws_cdk import CfnOutput, Duration, Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.api.rest_api import STAGE, TranslationApi
from stacks.findings import acknowledge_wildcards
from stacks.function import PythonFunction
from stacks.service_stack import ServiceStack
from stacks.settings import ApiAuth, Settings
from stacks.storage import Storage

FUNCTION_SECONDS = 28
"""Below API Gateway's 29, so that the function's own answer is what the caller gets."""
FUNCTION_MEMORY_MB = 1769
"""With this much comes a whole core; with less, every millisecond of the handler's takes longer."""


class Api(ServiceStack):
    """Knows the endpoint by its name only; before there is one, the function answers 503."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, storage: Storage
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            description="Translation service: the REST API",
        )
        self.translate_api = self._build_function(settings, storage.bucket_for(self))
        self.api = TranslationApi(
            self, "Api", settings=settings, function=self.translate_api.function
        )
        rest_api = self.api.rest_api
        CfnOutput(self, "ApiId", value=rest_api.rest_api_id)
        host = f"{rest_api.rest_api_id}.execute-api.{self.region}.{self.url_suffix}"
        CfnOutput(self, "ApiUrl", value=Fn.join("", ["https://", host, f"/{STAGE}"]))
        CfnOutput(self, "StageName", value=rest_api.deployment_stage.stage_name)
        if settings.api_auth is ApiAuth.API_KEY:
            CfnOutput(self, "ApiKeyId", value=self.api.key.key_id)

    def _build_function(self, settings: Settings, bucket: s3.IBucket) -> PythonFunction:
        models = bucket.arn_for_objects("executions/*")
        function = PythonFunction(
            self,
            "TranslateApi",
            settings=settings,
            package="translate_api",
            environment={
                "ENDPOINT_NAME": settings.endpoint_name,
                "MODEL_PARAMETER": settings.model_parameter,
                "STATE_MACHINE_NAME": settings.state_machine_name,
                "POWERTOOLS_SERVICE_NAME": f"{settings.name}-api",
                "CORS_ORIGINS": ",".join(settings.cors_origins),
                "DEEPL_API": str(settings.deepl_api).lower(),
                "LIBRETRANSLATE_API": str(settings.libretranslate_api).lower(),
            },
            timeout=Duration.seconds(FUNCTION_SECONDS),
            memory_mb=FUNCTION_MEMORY_MB,
            statements=[
                _allow(
                    "sagemaker:InvokeEndpoint",
                    self._arn("sagemaker", "endpoint", settings.endpoint_name),
                ),
                _allow("ssm:GetParameter", self._arn("ssm", "parameter", settings.model_parameter)),
                _allow("s3:GetObject", models),
            ],
        )
        if not settings.is_local:
            function.trace()
        acknowledge_wildcards(
            function.role, "Which execution's model is served changes by promotion.", models
        )
        return function

    def _arn(self, service: str, resource: str, name: str) -> str:
        return self.format_arn(
            service=service, resource=resource, resource_name=name.removeprefix("/")
        )


def _allow(action: str, resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[action], resources=[resource])
