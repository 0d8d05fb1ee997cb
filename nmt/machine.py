"""What a training's result depends on to the last bit, beside its data and its settings."""

from dataclasses import asdict, dataclass
from typing import Any

import torch


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """Where a training runs; on another machine sums are rounded in another order."""

    torch_version: str
    device: str
    """`cpu`, or the GPU's name."""
    processor: str
    """The widest instructions that torch uses on the CPU."""
    num_threads: int
    num_processes: int
    arithmetic: str
    """`float32` or `bfloat16`."""

    @classmethod
    def current(cls, device: torch.device, *, num_processes: int, bfloat16: bool) -> "Machine":
        """The machine that this process runs on."""
        on_gpu = device.type == "cuda"
        return cls(
            torch_version=str(torch.__version__),
            device=torch.cuda.get_device_name(device) if on_gpu else device.type,
            processor=torch.backends.cpu.get_cpu_capability(),
            num_threads=torch.get_num_threads(),
            num_processes=num_processes,
            arithmetic="bfloat16" if bfloat16 else "float32",
        )

    def changes(self, now: "Machine") -> list[str]:
        """What differs now, in words."""
        before, after = asdict(self), asdict(now)
        return [
            changed(name, value, after[name])
            for name, value in before.items()
            if value != after[name]
        ]


def changed(name: str, before: Any, now: Any) -> str:
    """One difference, in words."""
    return f"{name.replace('_', ' ')} was {before}, now {now}"
