"""What a tuning job's request must be beyond AWS's model of it."""

from collections.abc import Iterator
from typing import Any

from local.sagemaker.errors import ValidationError
from local.sagemaker.training import check_training_request

KINDS = ("Integer", "Continuous", "Categorical")
_MAX_RANGES = 30
_STRATEGIES = ("Bayesian", "Random")
_SCALINGS = ("Auto", "Linear", "Logarithmic")


def ranges_of(config: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every range with its kind, in an order that does not depend on the request's."""
    ranges = config.get("ParameterRanges", {})
    for kind in KINDS:
        for found in sorted(ranges.get(f"{kind}ParameterRanges", []), key=lambda r: r["Name"]):
            yield kind, found


def check_tuning_request(request: dict[str, Any]) -> None:
    """Refuse what this machine, or AWS beyond its model, does not take.

    Raises:
        ValidationError: names what is wrong.
    """
    config = request["HyperParameterTuningJobConfig"]
    definition = request.get("TrainingJobDefinition")
    if definition is None:
        raise ValidationError("TrainingJobDefinition is needed on this machine")
    if config["Strategy"] not in _STRATEGIES:
        raise ValidationError(f"Strategy {config['Strategy']} is not there on this machine")
    for key in ("CheckpointConfig", "HyperParameterTuningResourceConfig", "HyperParameterRanges"):
        if key in definition:
            raise ValidationError(f"TrainingJobDefinition.{key} is not there on this machine")
    for key in ("WarmStartConfig", "Autotune", "TrainingJobDefinitions"):
        if key in request:
            raise ValidationError(f"{key} is not there on this machine")
    _check_limits(config["ResourceLimits"])
    _check_objective(config, definition)
    _check_ranges(config, definition)
    check_training_request(definition)


def _check_limits(limits: dict[str, Any]) -> None:
    jobs, parallel = limits.get("MaxNumberOfTrainingJobs"), limits["MaxParallelTrainingJobs"]
    if jobs is None:
        raise ValidationError("MaxNumberOfTrainingJobs is needed on this machine")
    if parallel > jobs:
        raise ValidationError(
            f"MaxParallelTrainingJobs, {parallel}, must not be above MaxNumberOfTrainingJobs, "
            f"{jobs}"
        )


def _check_objective(config: dict[str, Any], definition: dict[str, Any]) -> None:
    objective = config.get("HyperParameterTuningJobObjective")
    if objective is None:
        raise ValidationError("HyperParameterTuningJobObjective is needed")
    metrics = definition["AlgorithmSpecification"].get("MetricDefinitions", [])
    if objective["MetricName"] not in [metric["Name"] for metric in metrics]:
        raise ValidationError(
            f"The objective metric {objective['MetricName']} is not among the MetricDefinitions"
        )


def _check_ranges(config: dict[str, Any], definition: dict[str, Any]) -> None:
    found = list(ranges_of(config))
    names = [item["Name"] for _, item in found]
    if not 1 <= len(names) <= _MAX_RANGES:
        raise ValidationError(f"{len(names)} hyperparameters to search; 1 to {_MAX_RANGES} can be")
    fixed = [*names, *definition.get("StaticHyperParameters", {})]
    if twice := sorted({name for name in fixed if fixed.count(name) > 1}):
        raise ValidationError(f"The hyperparameter {twice[0]} is given twice")
    for kind, item in found:
        if kind != "Categorical":
            _check_bounds(kind, item)


def _check_bounds(kind: str, item: dict[str, Any]) -> None:
    try:
        read = int if kind == "Integer" else float
        low, high = read(item["MinValue"]), read(item["MaxValue"])
    except ValueError as error:
        raise ValidationError(f"The range of {item['Name']} is not one of numbers") from error
    if low > high:
        raise ValidationError(f"The range of {item['Name']} ends below its beginning")
    scaling = item.get("ScalingType", "Auto")
    if scaling not in _SCALINGS:
        raise ValidationError(f"ScalingType {scaling} is not there on this machine")
    if scaling == "Logarithmic" and low <= 0:
        raise ValidationError(f"The range of {item['Name']} must be above 0 for its logarithm")
