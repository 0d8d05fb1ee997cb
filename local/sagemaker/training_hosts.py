"""The hosts of a training job, which are folders and loopback addresses of this one machine."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.sagemaker.errors import ValidationError
from local.sagemaker.hosting import free_port
from local.sagemaker.job import write_text
from local.sagemaker.storage import files_of

MAX_HOSTS = 8
# The job runs here, on no instance, whatever type was asked for: nobody pays for a GPU.
_INSTANCE_TYPE = "local"
_GROUP = "homogeneousCluster"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingHosts:
    """Names that processes can find each other by; a lone host is called as on AWS."""

    names: tuple[str, ...]
    port: int
    """Where several hosts meet; 0 for one. Two jobs at once must not meet at one port."""

    @classmethod
    def of(cls, request: dict[str, Any]) -> "TrainingHosts":
        """The hosts that a request asks for.

        Raises:
            ValidationError: they are more than this machine plays.
        """
        count = request["ResourceConfig"].get("InstanceCount", 1)
        if not 1 <= count <= MAX_HOSTS:
            raise ValidationError(
                f"ResourceConfig.InstanceCount must be 1 to {MAX_HOSTS} on this machine"
            )
        if count == 1:
            return cls(names=("algo-1",), port=0)
        names = tuple(f"127.0.0.{number}" for number in range(1, count + 1))
        return cls(names=names, port=free_port())

    @property
    def environment(self) -> dict[str, str]:
        """What tells the processes where they meet."""
        return {"MASTER_PORT": str(self.port)} if self.port else {}

    def folders(self, root: Path) -> list[Path]:
        """Each host's /opt/ml; the first one's is where everything is downloaded to."""
        return [root if len(self.names) == 1 else root / name for name in self.names]

    def prepare(self, root: Path) -> None:
        """Give every host the input that the first one has, and a view of its own of the hosts."""
        first, *others = self.folders(root)
        for folder in others:
            # Links: the data are large and nobody writes to them.
            shutil.copytree(first / "input", folder / "input", copy_function=os.link)
        for name, folder in zip(self.names, self.folders(root), strict=True):
            for part in ("model", "output/data"):
                (folder / part).mkdir(parents=True, exist_ok=True)
            config = folder / "input" / "config" / "resourceconfig.json"
            write_text(config, json.dumps(self._resource_config(name)))

    def gather(self, root: Path, part: str) -> Path:
        """The first host's folder, with the files of the others that it does not have itself."""
        first, *others = (folder / part for folder in self.folders(root))
        for folder in others:
            for name, path in self._new_files(folder, first):
                (first / name).parent.mkdir(parents=True, exist_ok=True)
                path.replace(first / name)
        return first

    def _new_files(self, folder: Path, first: Path) -> Iterator[tuple[str, Path]]:
        return ((name, path) for name, path in files_of(folder) if not (first / name).exists())

    def _resource_config(self, name: str) -> dict[str, Any]:
        group = {"instance_group_name": _GROUP, "instance_type": _INSTANCE_TYPE}
        return {
            "current_host": name,
            "current_instance_type": _INSTANCE_TYPE,
            "current_group_name": _GROUP,
            "hosts": list(self.names),
            "instance_groups": [{**group, "hosts": list(self.names)}],
            "network_interface_name": "lo",
        }
