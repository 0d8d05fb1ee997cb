"""What instance types can do: which ones the built-in algorithm takes, and how much they store."""

TRAINING_STORAGE_GB = {
    "ml.g4dn.xlarge": 125,
    "ml.g4dn.2xlarge": 225,
    "ml.g4dn.4xlarge": 225,
    "ml.g4dn.8xlarge": 900,
    "ml.g4dn.12xlarge": 900,
    "ml.g4dn.16xlarge": 900,
    "ml.g5.xlarge": 250,
    "ml.g5.2xlarge": 450,
    "ml.g5.4xlarge": 600,
    "ml.g5.8xlarge": 900,
    "ml.g5.12xlarge": 3800,
    "ml.g5.16xlarge": 1900,
    "ml.g5.24xlarge": 3800,
    "ml.g5.48xlarge": 7600,
}
"""The disks that come with the instance; SageMaker gives these types no other volume. They are also
all types that the built-in algorithm trains on and that can still be had."""

BUILTIN_TRANSFORM_FAMILIES = (
    *("c4", "c5", "c6i", "c7i", "m4", "m5", "m6i", "m7i"),
    *("r6i", "r7i", "g4dn", "g5"),
)
"""Its image is built for x86-64 and for GPUs up to those of G5."""
BUILTIN_ENDPOINT_FAMILIES = (
    *BUILTIN_TRANSFORM_FAMILIES,
    *("c5d", "c6in", "m5d", "r5", "r5d", "t2"),
)
"""Types that SageMaker has for endpoints, though not for transform jobs, are added here."""


def volume_problem(instance_type: str, volume_gb: int) -> str:
    """Why a training job cannot have this volume; empty where it can."""
    storage = TRAINING_STORAGE_GB.get(instance_type)
    if storage is None or volume_gb <= storage:
        return ""
    return (
        f"training_volume_gb: {instance_type} has {storage} GB of its own and takes no other "
        f"volume, so {volume_gb} cannot be had; use {storage} or less, or a larger type"
    )


def builtin_problem(training_type: str, endpoint_type: str, transform_type: str) -> str:
    """Why the built-in algorithm cannot run on these types; empty where it can."""
    if training_type not in TRAINING_STORAGE_GB:
        return (
            f"training_instance_type: {training_type!r} cannot run the built-in algorithm; use a "
            f"type of the families ml.g4dn or ml.g5: {', '.join(TRAINING_STORAGE_GB)}"
        )
    for setting, serving_type, families in (
        ("endpoint_instance_type", endpoint_type, BUILTIN_ENDPOINT_FAMILIES),
        ("transform_instance_type", transform_type, BUILTIN_TRANSFORM_FAMILIES),
    ):
        if serving_type.split(".")[1] not in families:
            return (
                f"{setting}: {serving_type!r} cannot run the built-in algorithm's image; "
                f"use a type of the families ml.{', ml.'.join(families)}"
            )
    return ""
