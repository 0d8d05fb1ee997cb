"""Service Quotas, which ministack lacks: SageMaker's quotas for instances, all alike."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from local.emulator.authorization import authorize_caller
from local.sagemaker.errors import SageMakerError, ValidationError
from local.sagemaker.permissions import Need
from local.sagemaker.request_model import check_request, service_model
from local.settings import ACCOUNT, REGION

INSTANCES = 20.0
"""Of each type and for each use; nothing here runs on instances."""
_PAGE = 100
_TARGET = "ServiceQuotasV20190624"
_CONTENT_TYPE = "application/x-amz-json-1.1"
_USES: Mapping[str, tuple[str, ...]] = {
    "TrainingInstanceType": ("training job usage", "spot training job usage"),
    "ProcessingInstanceType": ("processing job usage",),
    "TransformInstanceType": ("transform job usage",),
    "ProductionVariantInstanceType": ("endpoint usage",),
}
HttpAnswer = tuple[int, dict[str, str], bytes]


def install(app: Any, router: Any) -> None:
    """Let ministack answer for Service Quotas."""
    app.SERVICE_HANDLERS["servicequotas"] = answer
    router.SERVICE_PATTERNS["servicequotas"] = {"target_prefixes": [_TARGET]}


async def answer(
    _method: str,
    _path: str,
    headers: dict[str, str],
    body: bytes,
    _query: dict[str, list[str]],
) -> HttpAnswer:
    """One request, in the emulator's terms."""
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        authorize_caller(headers, Need(action=f"servicequotas:{operation}"))
        content = _listed(operation, json.loads(body or b"{}"))
    except SageMakerError as error:
        refusal = {"__type": error.code, "message": error.message}
        return error.status, {"Content-Type": _CONTENT_TYPE}, json.dumps(refusal).encode()
    return 200, {"Content-Type": _CONTENT_TYPE}, json.dumps(content).encode()


def _listed(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    check_request("service-quotas", operation, request)
    if operation not in ("ListServiceQuotas", "ListAWSDefaultServiceQuotas"):
        raise ValidationError(f"{operation} is not there in this machine's Service Quotas")
    quotas = list(_quotas()) if request["ServiceCode"] == "sagemaker" else []
    start = int(request.get("NextToken", "0"))
    end = start + int(request.get("MaxResults", _PAGE))
    more = {"NextToken": str(end)} if end < len(quotas) else {}
    return {"Quotas": quotas[start:end]} | more


def _quotas() -> Iterator[dict[str, Any]]:
    model = service_model("sagemaker")
    for shape, uses in _USES.items():
        for instance_type in model.shape_for(shape).enum:
            for use in uses:
                name = f"{instance_type} for {use}"
                code = f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"
                arn = f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:sagemaker/{code}"
                yield {
                    "ServiceCode": "sagemaker",
                    "ServiceName": "Amazon SageMaker",
                    "QuotaArn": arn,
                    "QuotaCode": code,
                    "QuotaName": name,
                    "Value": INSTANCES,
                    "Unit": "None",
                    "Adjustable": True,
                    "GlobalQuota": False,
                }
