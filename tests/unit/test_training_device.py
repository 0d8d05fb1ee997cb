import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.reversal import write_job
from training.__main__ import main
from training.device import check_gpu, computes_in_bfloat16
from training.folders import LOCAL, Folders, JobInputError

ENTRYPOINT = Path(__file__).parents[2] / "containers" / "training" / "entrypoint.sh"
TOO_OLD = "The NVIDIA driver on your system is too old (found version 11040). Please update.\nSee …"


def driver_too_old() -> int:
    raise RuntimeError(TOO_OLD)


def write_resources(root: Path, content: dict[str, object]) -> None:
    path = root / "input" / "config" / "resourceconfig.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(autouse=True)
def _unusable_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "current_device", driver_too_old)


@pytest.fixture
def nvidia_device(tmp_path: Path) -> Path:
    path = tmp_path / "nvidiactl"
    path.touch()
    return path


@pytest.mark.parametrize(
    "instance",
    ["ml.g4dn.xlarge", "ml.g5.xlarge", "ml.g6e.2xlarge", "ml.gr6.4xlarge", "ml.p4d.24xlarge"],
)
def test_a_gpu_instance_without_a_usable_gpu_is_refused(instance: str, tmp_path: Path) -> None:
    with pytest.raises(JobInputError) as caught:
        check_gpu(instance, tmp_path / "absent")

    message = str(caught.value)
    assert message.startswith(f"{instance} has a GPU, but PyTorch {torch.__version__} (CUDA ")
    assert (
        "cannot use it: The NVIDIA driver on your system is too old (found version 11040)"
        in message
    )
    assert "--build-arg BASE=…" in message
    assert "another instance type" in message
    assert "See …" not in message


def test_an_nvidia_device_makes_any_instance_one_with_a_gpu(nvidia_device: Path) -> None:
    with pytest.raises(JobInputError, match=r"^ml\.x9\.large has a GPU"):
        check_gpu("ml.x9.large", nvidia_device)


def test_no_reason_of_cudas_own_is_said_so(
    monkeypatch: pytest.MonkeyPatch, nvidia_device: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)

    with pytest.raises(JobInputError, match="cannot use it: no CUDA device is visible; build"):
        check_gpu("ml.g5.xlarge", nvidia_device)


@pytest.mark.parametrize("instance", ["ml.m5.xlarge", "ml.c7i.large", "ml.trn1.2xlarge"])
def test_a_cpu_instance_trains_on_its_cpu(instance: str, tmp_path: Path) -> None:
    check_gpu(instance, tmp_path / "absent")


def test_outside_sagemaker_the_cpu_is_free_to_use(tmp_path: Path, nvidia_device: Path) -> None:
    assert Folders(tmp_path).instance_type() == LOCAL
    check_gpu(LOCAL, nvidia_device)


def test_sagemaker_need_not_name_the_instance(tmp_path: Path, nvidia_device: Path) -> None:
    write_resources(tmp_path, {"hosts": ["algo-1"]})
    unnamed = Folders(tmp_path).instance_type()

    check_gpu(unnamed, tmp_path / "absent")
    with pytest.raises(JobInputError, match="^the instance has a GPU"):
        check_gpu(unnamed, nvidia_device)


def test_a_usable_gpu_is_accepted(monkeypatch: pytest.MonkeyPatch, nvidia_device: Path) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    check_gpu("ml.g5.xlarge", nvidia_device)


@pytest.mark.parametrize(
    ("precision", "capabilities", "expected"),
    [
        ("auto", {"avx512_bf16": True}, True),
        ("auto", {"avx512_bf16": False, "amx_bf16": True}, True),
        ("auto", {"avx512_f": True}, False),
        ("bfloat16", {}, True),
        ("float32", {"avx512_bf16": True}, False),
    ],
)
def test_a_cpu_made_for_bfloat16_uses_it(
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    capabilities: dict[str, bool],
    expected: bool,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)

    assert computes_in_bfloat16(precision, torch.device("cpu")) is expected


def test_freed_memory_is_used_again() -> None:
    script = (
        "import resource, torch\n"
        "from training.memory import keep_freed_memory\n"
        "faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "assert keep_freed_memory()\n"
        "step = lambda: torch.empty(2**23).fill_(0)\n"
        "for _ in range(20): step()\n"
        "before = faults()\n"
        "for _ in range(20): step()\n"
        "print(faults() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert int(done.stdout) < 2000


def test_the_job_fails_with_the_reason_before_it_looks_at_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    write_job(tmp_path, {}, num_pairs=2)
    (tmp_path / "input" / "data").rename(tmp_path / "elsewhere")
    write_resources(tmp_path, {"hosts": ["algo-1"], "current_instance_type": "ml.g5.xlarge"})

    assert main({"SAGEMAKER_ROOT": str(tmp_path)}) == 1

    failure = (tmp_path / "output" / "failure").read_text(encoding="utf-8")
    assert failure.startswith("ml.g5.xlarge has a GPU, but PyTorch")


@pytest.mark.skipif(
    Path("/usr/local/bin/entrypoint.sh").exists(), reason="this machine has AWS's entrypoint"
)
def test_a_base_image_without_awss_entrypoint_is_warned_of() -> None:
    done = subprocess.run(
        ["bash", str(ENTRYPOINT), "echo", "two words"], capture_output=True, text=True, check=True
    )

    assert done.stdout == "two words\n"
    assert done.stderr.startswith("[warning] there is no /usr/local/bin/entrypoint.sh")
