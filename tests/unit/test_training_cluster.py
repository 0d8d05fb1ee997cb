import pytest
import torch

from training.cluster import Cluster, read_cluster
from training.folders import JobInputError

RESOURCES = {
    "current_host": "algo-2",
    "hosts": ["algo-2", "algo-1"],
    "network_interface_name": "eth0",
}


def test_outside_sagemaker_there_is_one_process() -> None:
    cluster = read_cluster({}, None)

    assert (cluster.size, cluster.first_rank, cluster.is_first) == (1, 0, True)
    assert (cluster.address, cluster.port({})) == ("127.0.0.1", 0)


def test_hosts_are_ranked_by_name() -> None:
    cluster = read_cluster(RESOURCES, None)

    assert cluster == Cluster(
        hosts=("algo-1", "algo-2"),
        current_host="algo-2",
        processes_per_host=1,
        network_interface="eth0",
    )
    assert (cluster.size, cluster.first_rank, cluster.is_first) == (2, 1, False)
    assert (cluster.address, cluster.port({})) == ("algo-1", 29_500)
    assert cluster.port({"MASTER_PORT": "7"}) == 7


def test_every_gpu_gets_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)

    cluster = read_cluster(RESOURCES, None)

    assert (cluster.processes_per_host, cluster.size, cluster.first_rank) == (4, 8, 4)
    assert read_cluster(RESOURCES, 2).size == 4


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)

    with pytest.raises(JobInputError, match="processes_per_host is 2, but the host has 1 GPUs"):
        read_cluster({}, 2)


def test_a_host_that_is_not_of_the_job_is_refused() -> None:
    with pytest.raises(JobInputError, match="current_host x is not one of the hosts algo-1, algo"):
        read_cluster({**RESOURCES, "current_host": "x"}, None)
