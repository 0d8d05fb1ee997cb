"""What the machine can compute with; knows instance types' names, and nothing of their drivers."""

import re
from pathlib import Path

import torch

from training.folders import LOCAL, JobInputError

NVIDIA_DEVICE = Path("/dev/nvidiactl")
"""There when the machine has an NVIDIA driver and the container may use it."""
_BFLOAT16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
_GPU_INSTANCE = re.compile(r"ml\.(gr?|p)\d")


def check_gpu(instance_type: str, nvidia_device: Path = NVIDIA_DEVICE) -> None:
    """Refuse to train on the CPU of a SageMaker instance that has a GPU.

    Raises:
        JobInputError: PyTorch cannot use the GPU; the message has its reason and the remedy.
    """
    if not _has_gpu(instance_type, nvidia_device) or torch.cuda.is_available():
        return
    raise JobInputError(
        f"{instance_type or 'the instance'} has a GPU, but PyTorch {torch.__version__} (CUDA "
        f"{torch.version.cuda or 'none'}) cannot use it: {_cuda_problem()}; build the training "
        "image on another base image (--build-arg BASE=…), one whose CUDA the instance's driver "
        "supports, or set another instance type; training on this CPU would be slow and dear"
    )


def training_device(local_rank: int = 0) -> torch.device:
    """What the process of this number on its host trains on."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    device = torch.device("cuda", local_rank)
    torch.cuda.set_device(device)
    return device


def computes_in_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether products are taken in bfloat16; `auto` does so where the machine is made for it."""
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        supported: bool = torch.cuda.is_bf16_supported()
        return supported
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in _BFLOAT16_INSTRUCTIONS)


def _has_gpu(instance_type: str, nvidia_device: Path) -> bool:
    if instance_type == LOCAL:
        return False
    return bool(_GPU_INSTANCE.match(instance_type)) or nvidia_device.exists()


def _cuda_problem() -> str:
    try:
        torch.cuda.current_device()
    except (AssertionError, RuntimeError) as error:
        return str(error).partition("\n")[0].rstrip(". ")
    return "no CUDA device is visible"
