import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stacks import bundling
from stacks.bundling import FUNCTIONS, Bundle, BundleError, require_bundle

FUNCTION = "translate_api"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one function that needs one package."""
    function = tmp_path / "lambda" / FUNCTION
    function.mkdir(parents=True)
    (function / "handler.py").write_text("answer = 1\n", encoding="utf-8")
    (function / "requirements.txt").write_text("some-package==1\n", encoding="utf-8")
    (function / "__pycache__").mkdir()
    (function / "__pycache__" / "handler.pyc").write_bytes(b"")
    (tmp_path / "protocol").mkdir()
    (tmp_path / "protocol" / "shapes.py").write_text("", encoding="utf-8")
    return tmp_path


class Pip:
    """Stands in for pip: installs one file, and keeps its commands."""

    def __init__(self, returncode: int = 0) -> None:
        self.commands: list[list[str]] = []
        self.returncode = returncode

    def __call__(self, command: Sequence[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        self.commands.append(list(command))
        target = Path(command[command.index("--target") + 1])
        (target / "some_package.py").write_text("", encoding="utf-8")
        return subprocess.CompletedProcess(command, self.returncode, "", "no matching wheel")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Pip:
    stand_in = Pip()
    monkeypatch.setattr("stacks.bundling.subprocess.run", stand_in)
    return stand_in


def bundle(root: Path, platform: str = "host") -> Bundle:
    return Bundle(function=FUNCTION, platform=platform, root=root, output=root / "build")


def test_a_bundle_is_the_function_the_protocol_and_what_they_need(root: Path, pip: Pip) -> None:
    bundle(root).build()
    folder = bundle(root).folder
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert found == [
        ".digest",
        ".requirements-digest",
        "protocol/shapes.py",
        "some_package.py",
        "translate_api/handler.py",
    ]


def test_the_aws_bundle_takes_wheels_of_lambdas_platform_only(root: Path, pip: Pip) -> None:
    bundle(root, "aws").build()
    bundle(root, "host").build()
    on_aws, on_host = pip.commands
    assert "manylinux2014_x86_64" in on_aws
    assert on_aws[on_aws.index("--python-version") + 1] == "3.12"
    assert on_aws[on_aws.index("--only-binary") + 1] == ":all:"
    assert "--platform" not in on_host


@pytest.mark.parametrize(
    "changed",
    ["lambda/translate_api/handler.py", "lambda/translate_api/requirements.txt", "protocol/new.py"],
)
def test_a_bundle_is_fresh_until_something_in_it_changes(
    root: Path, pip: Pip, changed: str
) -> None:
    assert not bundle(root).is_fresh()
    bundle(root).build()
    assert bundle(root).is_fresh()
    (root / changed).write_text("answer = 2\n", encoding="utf-8")
    assert not bundle(root).is_fresh()


def test_rebuilding_replaces_the_whole_folder(root: Path, pip: Pip) -> None:
    bundle(root).build()
    (bundle(root).folder / FUNCTION / "stale.py").write_text("", encoding="utf-8")
    bundle(root).build()
    assert not (bundle(root).folder / FUNCTION / "stale.py").exists()
    assert [path.name for path in bundle(root).folder.parent.iterdir()] == ["host"]


def test_changed_sources_alone_need_no_installation(root: Path, pip: Pip) -> None:
    bundle(root).build()
    (root / "lambda" / FUNCTION / "handler.py").write_text("answer = 2\n", encoding="utf-8")
    (root / "protocol" / "shapes.py").rename(root / "protocol" / "forms.py")
    bundle(root).build()
    assert len(pip.commands) == 1
    folder = bundle(root).folder
    assert (folder / FUNCTION / "handler.py").read_text(encoding="utf-8") == "answer = 2\n"
    assert (folder / "some_package.py").is_file()
    assert [path.name for path in (folder / "protocol").iterdir()] == ["forms.py"]
    assert bundle(root).is_fresh()


def test_changed_requirements_are_installed(root: Path, pip: Pip) -> None:
    bundle(root).build()
    bundle(root).requirements.write_text("some-package==2\n", encoding="utf-8")
    bundle(root).build()
    assert len(pip.commands) == 2


def test_a_failed_installation_leaves_the_old_bundle(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stacks.bundling.subprocess.run", Pip())
    bundle(root).build()
    monkeypatch.setattr("stacks.bundling.subprocess.run", Pip(returncode=1))
    bundle(root).requirements.write_text("no-such-package==1\n", encoding="utf-8")
    with pytest.raises(BundleError, match="for host:\nno matching wheel"):
        bundle(root).build()
    assert (bundle(root).folder / "some_package.py").is_file()
    assert [path.name for path in bundle(root).folder.parent.iterdir()] == ["host"]


def test_a_function_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="lambda/translate_api does not exist"):
        bundle(tmp_path).build()


def test_synthesis_says_how_to_make_a_missing_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="run: make bundle"):
        require_bundle(tmp_path, FUNCTION, "aws")


def test_the_command_builds_what_is_not_fresh_and_only_that(
    root: Path, pip: Pip, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bundling, "FUNCTIONS", {FUNCTION: ()})
    monkeypatch.setattr(bundling, "ROOT", root)
    assert bundling.main([]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "bundled translate_api for host",
        "bundled translate_api for aws",
    ]
    assert bundling.main([]) == 0
    assert capsys.readouterr().out == ""
    assert len(pip.commands) == 2


def test_every_synthesis_of_the_command_line_bundles_first() -> None:
    configuration = json.loads(Path("cdk.json").read_text(encoding="utf-8"))
    assert configuration["build"] == ".venv/bin/python -m stacks.bundling"
    assert configuration["app"] == ".venv/bin/python app.py"


def test_other_packages_go_with_the_function_that_imports_them(root: Path, pip: Pip) -> None:
    (root / "lambda" / "shared").mkdir()
    (root / "lambda" / "shared" / "text.py").write_text("answer = 1\n", encoding="utf-8")
    with_package = Bundle(
        function=FUNCTION,
        platform="host",
        packages=("shared",),
        root=root,
        output=root / "build",
    )
    with_package.build()
    assert (with_package.folder / "shared" / "text.py").is_file()
    (root / "lambda" / "shared" / "text.py").write_text("answer = 2\n", encoding="utf-8")
    assert not with_package.is_fresh()
    with_package.build()
    assert "2" in (with_package.folder / "shared" / "text.py").read_text(encoding="utf-8")
    assert len(pip.commands) == 1


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bundle_holds_every_package_that_its_own_import(function: str) -> None:
    sources = Bundle(function=function, platform="host", packages=FUNCTIONS[function]).sources
    text = "".join(
        path.read_text(encoding="utf-8") for source in sources for path in source.rglob("*.py")
    )
    others = {path.name for path in (bundling.ROOT / "lambda").iterdir() if path.is_dir()}
    imported = {name for name in others if f"from {name}." in text}
    assert imported <= {source.name for source in sources}
