"""The server as a process: started once, found again, stopped with all that it started."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local import server_process
from local.settings import LocalSettings
from tests.functional.local_machine import (
    LocalMachine,
    alive,
    eventually,
    local_settings,
    running_machine,
)
from tests.functional.test_local_jobs import helper_of


def test_stop_leaves_no_process_and_no_port(tmp_path: Path) -> None:
    with running_machine(tmp_path) as machine:
        server = server_process.find(machine.settings)
        assert server is not None
        request = machine.training_request("left-running", do="wait")
        machine.client("sagemaker").create_training_job(**request)
        helper = helper_of(machine, "left-running")
        with pytest.raises(server_process.ServerError, match=r"already runs in .*state"):
            server_process.start(machine.settings)
        assert server_process.stop(machine.settings)
        assert not alive(server.pid)
        assert eventually(lambda: not alive(helper))
        assert not server_process.is_listening(machine.settings.port)
        assert server_process.find(machine.settings) is None
        assert not server_process.stop(machine.settings)


def test_a_killed_server_leaves_no_orphans(tmp_path: Path) -> None:
    with running_machine(tmp_path) as machine:
        server = server_process.find(machine.settings)
        assert server is not None
        request = machine.training_request("orphan", do="wait")
        machine.client("sagemaker").create_training_job(**request)
        helper = helper_of(machine, "orphan")
        os.kill(server.pid, signal.SIGKILL)
        assert eventually(lambda: not alive(helper))
        assert server_process.find(machine.settings) is None
        server_process.start(machine.settings)
        assert server_process.find(machine.settings) is not None


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    settings = local_settings(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.port))
        other.listen()
        with pytest.raises(server_process.ServerError) as refused:
            server_process.start(settings)
    message = str(refused.value)
    assert message.startswith(f"port {settings.port} is in use by another program")
    assert f"PORT={settings.port + 1}" in message


def test_a_server_that_cannot_start_shows_its_last_words(tmp_path: Path) -> None:
    settings = local_settings(tmp_path)
    settings.state_folder.mkdir(parents=True)
    settings.credentials_file.write_text("{}", encoding="utf-8")
    with pytest.raises(server_process.ServerError, match="does not hold an access key"):
        server_process.start(settings)


def command(settings: LocalSettings, *words: str) -> "subprocess.CompletedProcess[str]":
    options = ["--port", str(settings.port), "--state", str(settings.state_folder)]
    return subprocess.run(
        [sys.executable, "-m", "local", *words, *options],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_commands_without_a_server(tmp_path: Path) -> None:
    settings = local_settings(tmp_path)
    down = command(settings, "down")
    assert (down.returncode, down.stdout) == (0, "AWS on this machine does not run\n")
    assert "does not run" in command(settings, "status").stdout
    exported = command(settings, "env")
    assert (exported.returncode, exported.stdout) == (1, "")
    assert exported.stderr.startswith("env: AWS on this machine does not run")


def test_a_wrong_or_missing_signature_is_refused_everywhere(machine: LocalMachine) -> None:
    wrong = {
        "aws_access_key_id": machine.key.access_key_id,
        "aws_secret_access_key": "not the secret",
    }
    account = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "test"}
    for credentials in (wrong, account):
        for service, operation in (
            ("sagemaker", "list_training_jobs"),
            ("s3", "list_buckets"),
            ("stepfunctions", "list_state_machines"),
            ("sts", "get_caller_identity"),
        ):
            with pytest.raises(ClientError):
                getattr(machine.client(service, **credentials), operation)()


def test_the_emulators_own_paths_are_closed(machine: LocalMachine) -> None:
    for path in ("/_ministack/reset", "/_ministack/config"):
        request = urllib.request.Request(machine.settings.endpoint_url + path, data=b"{}")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == 403
        refused.value.close()
