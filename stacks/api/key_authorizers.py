"""Finds API keys where clients of other services send them, for API Gateway to check."""

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from stacks.function import PythonFunction
from stacks.settings import Settings

DEEPL_ROOT = "/v2"
ANSWER_SECONDS = 300
"""How long API Gateway asks no more about a key; it checks the key itself with every request."""
FUNCTION_SECONDS = 5


class KeyAuthorizers(Construct):
    """One for `x-api-key`, and one for the `Authorization` of DeepL's clients.

    With an authorizer as its source of keys, an API reads no header by itself any more, so every
    method needs one of the two. An authorizer that may find its key in one header or in another
    could not remember its answers, which AWS keeps by headers that must all be there.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self._function = PythonFunction(
            self,
            "ApiKeys",
            settings=settings,
            package="api_keys",
            environment={},
            timeout=Duration.seconds(FUNCTION_SECONDS),
            memory_mb=256,
            statements=[],
        )
        self._own = self._authorizer("OwnHeader", "x-api-key", None)
        self._deepl = self._authorizer("DeeplHeader", "Authorization", "^DeepL-Auth-Key .+$")

    def of(self, resource: apigateway.IResource) -> apigateway.IAuthorizer:
        """The authorizer of a resource's methods."""
        is_deepl = f"{resource.path}/".startswith(f"{DEEPL_ROOT}/")
        return self._deepl if is_deepl else self._own

    def _authorizer(
        self, construct_id: str, header: str, pattern: str | None
    ) -> apigateway.TokenAuthorizer:
        return apigateway.TokenAuthorizer(
            self,
            construct_id,
            handler=self._function.function,
            identity_source=apigateway.IdentitySource.header(header),
            validation_regex=pattern,
            results_cache_ttl=Duration.seconds(ANSWER_SECONDS),
        )
