"""Stack updates as AWS guards them: `ResourceTypes` is kept, and policies can ask for it."""

from typing import Any
from urllib.parse import parse_qs

_PREFIX = "ResourceTypes.member."


def install() -> None:
    """Change ministack's CloudFormation."""
    from ministack.core import iam_actions  # noqa: PLC0415 - environment
    from ministack.services import cloudformation as service  # noqa: PLC0415
    from ministack.services.cloudformation import handlers, helpers, stacks  # noqa: PLC0415

    _run_sagemaker_on_threads(stacks)
    _keep_resource_types(service, handlers, helpers)
    _tell_resource_types(iam_actions)


def _run_sagemaker_on_threads(stacks: Any) -> None:
    # Handlers run on the event loop; an endpoint takes minutes, in which no AWS would answer.
    original = stacks._runs_on_worker_thread

    def runs_on_worker_thread(resource_type: str) -> bool:
        return resource_type.startswith("AWS::SageMaker::") or bool(original(resource_type))

    stacks._runs_on_worker_thread = runs_on_worker_thread


def _keep_resource_types(service: Any, handlers: Any, helpers: Any) -> None:
    # ministack ignores the parameter, so a stack update could put anything into a stack.
    original = service._ACTION_HANDLERS["UpdateStack"]

    def update_stack(params: dict[str, Any]) -> Any:
        allowed = _resource_types(params)
        stack = handlers._resolve_stack(_first(params.get("StackName"))) or {}
        template = _new_template(helpers, params) or stack.get("_template", {})
        for resource in template.get("Resources", {}).values() if allowed else ():
            if not _is_allowed(str(resource.get("Type")), allowed):
                return helpers._error(
                    "ValidationError",
                    f"Resource type {resource.get('Type')} is not allowed by parameter "
                    f"ResourceTypes {allowed}",
                )
        return original(params)

    service._ACTION_HANDLERS["UpdateStack"] = update_stack


def _new_template(helpers: Any, params: dict[str, Any]) -> dict[str, Any] | None:
    from ministack.services.cloudformation.engine import _parse_template  # noqa: PLC0415

    body, _ = helpers._resolve_template(params)
    return dict(_parse_template(body)) if body else None


def _is_allowed(resource_type: str, allowed: list[str]) -> bool:
    return any(
        resource_type == name or (name.endswith("*") and resource_type.startswith(name[:-1]))
        for name in allowed
    )


def _tell_resource_types(iam_actions: Any) -> None:
    # Policies with the condition key cloudformation:ResourceTypes could never be met.
    original = iam_actions.request_tag_context

    def request_context(
        service: str, iam_action: str, body: bytes, params: dict[str, Any]
    ) -> dict[str, Any]:
        context = dict(original(service, iam_action, body, params))
        if service == "cloudformation":
            sent = params | parse_qs(body.decode("utf-8", errors="replace"))
            if types := _resource_types(sent):
                context["cloudformation:ResourceTypes"] = types
        return context

    iam_actions.request_tag_context = request_context


def _resource_types(params: dict[str, Any]) -> list[str]:
    return [_first(value) for key, value in params.items() if key.startswith(_PREFIX)]


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)
