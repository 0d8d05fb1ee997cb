"""Which processes a job consists of: one for each GPU of its hosts, or one for each host."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from training.folders import JobInputError

DEFAULT_PORT = 29_500
_THIS_MACHINE = "127.0.0.1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    """The hosts of a job, seen from one of them."""

    hosts: tuple[str, ...]
    current_host: str
    processes_per_host: int
    network_interface: str | None = None

    @property
    def size(self) -> int:
        """Processes of the whole job."""
        return len(self.hosts) * self.processes_per_host

    @property
    def first_rank(self) -> int:
        """The rank of this host's first process."""
        return self.hosts.index(self.current_host) * self.processes_per_host

    @property
    def is_first(self) -> bool:
        """Whether this host has the process that measures and writes."""
        return self.current_host == self.hosts[0]

    @property
    def address(self) -> str:
        """Where the others find the first host."""
        return self.hosts[0] if len(self.hosts) > 1 else _THIS_MACHINE

    def port(self, environ: Mapping[str, str]) -> int:
        """Where they find it there; a host alone takes any free port, 0."""
        default = DEFAULT_PORT if len(self.hosts) > 1 else 0
        return int(environ.get("MASTER_PORT", default))


def read_cluster(resources: Mapping[str, Any], processes_per_host: int | None) -> Cluster:
    """The cluster that `resourceconfig.json` describes; a lone host where there is none.

    Raises:
        JobInputError: the current host is not among the hosts, or a host has too few GPUs.
    """
    hosts = tuple(sorted(resources.get("hosts", []))) or (_THIS_MACHINE,)
    current_host = resources.get("current_host", hosts[0])
    if current_host not in hosts:
        raise JobInputError(
            f"resourceconfig.json: current_host {current_host} is not one of the hosts "
            f"{', '.join(hosts)}"
        )
    return Cluster(
        hosts=hosts,
        current_host=current_host,
        processes_per_host=_processes(processes_per_host, torch.cuda.device_count()),
        network_interface=resources.get("network_interface_name"),
    )


def _processes(wanted: int | None, num_gpus: int) -> int:
    if wanted is not None and 0 < num_gpus < wanted:
        raise JobInputError(
            f"hyperparameter processes_per_host is {wanted}, but the host has {num_gpus} GPUs; "
            "a GPU takes one process"
        )
    return wanted or max(num_gpus, 1)
