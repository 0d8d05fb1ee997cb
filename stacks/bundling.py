"""Puts each Lambda function, `protocol/` and their requirements into `build/lambda/`.

Two bundles per function: `aws` with wheels for Lambda's platform, `host` with wheels for this
machine, where the local deployment runs the functions. Nothing is built when sources and
requirements are unchanged, and nothing is installed when only sources have changed, so the
network is needed for new requirements alone.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    "translate_api": ("existing_clients", "deepl_api", "libretranslate_api"),
    "check_input": (),
    "api_keys": (),
    "removal": (),
}
"""Every function, with the other packages of `lambda/` that it imports."""
PLATFORMS = ("host", "aws")
DIGEST_FILE = ".digest"
REQUIREMENTS_DIGEST_FILE = ".requirements-digest"
LAMBDA_PLATFORM = (
    *("--platform", "manylinux2014_x86_64", "--implementation", "cp"),
    *("--python-version", "3.12", "--only-binary", ":all:"),
)
_IGNORED = ("__pycache__", "*.pyc", "*.pyi", "requirements.txt")


class BundleError(ValueError):
    """A bundle is missing, or could not be built."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bundle:
    """One function for one platform."""

    function: str
    platform: str
    packages: tuple[str, ...] = ()
    """Other packages of `lambda/` that go with it."""
    root: Path = ROOT
    output: Path = ROOT / "build" / "lambda"

    @property
    def folder(self) -> Path:
        return self.output / self.function / self.platform

    @property
    def requirements(self) -> Path:
        return self.root / "lambda" / self.function / "requirements.txt"

    @property
    def sources(self) -> tuple[Path, ...]:
        packages = (self.root / "lambda" / name for name in (self.function, *self.packages))
        return (*packages, self.root / "protocol")

    def is_fresh(self) -> bool:
        """Whether the bundle was built from exactly today's sources and requirements."""
        return self._recorded(DIGEST_FILE) == self.digest()

    def digest(self) -> str:
        """A hash over everything that goes into the bundle."""
        digest = hashlib.sha256(self._requirements_digest().encode())
        for path in _files(self.sources):
            digest.update(str(path.relative_to(self.root)).encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def build(self) -> None:
        """Build into a temporary folder and rename, so that a bundle is whole or absent.

        Raises:
            BundleError: the function does not exist, or pip could not install what it needs.
        """
        if not (self.root / "lambda" / self.function).is_dir():
            raise BundleError(f"lambda/{self.function} does not exist")
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder.parent, prefix=".new-") as temporary:
            new = Path(temporary) / "bundle"
            new.mkdir()
            self._install(new)
            ignore = shutil.ignore_patterns(*_IGNORED)
            for source in self.sources:
                shutil.copytree(source, new / source.name, ignore=ignore)
            (new / DIGEST_FILE).write_text(self.digest(), encoding="utf-8")
            if self.folder.exists():
                self.folder.rename(Path(temporary) / "old")
            new.rename(self.folder)

    def _requirements_digest(self) -> str:
        wanted = self.requirements.read_bytes() if self.requirements.is_file() else b""
        target = f"{self.platform} {sys.version_info[:2]} ".encode()
        return hashlib.sha256(target + wanted).hexdigest()

    def _recorded(self, name: str) -> str | None:
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def _install(self, target: Path) -> None:
        """Fill an empty folder with the requirements, from the present bundle if it has them."""
        if self._recorded(REQUIREMENTS_DIGEST_FILE) == self._requirements_digest():
            own = shutil.ignore_patterns(*(source.name for source in self.sources), DIGEST_FILE)
            shutil.copytree(
                self.folder,
                target,
                ignore=lambda folder, names: (
                    own(folder, names) if Path(folder) == self.folder else set()
                ),
                dirs_exist_ok=True,
            )
            return
        if self.requirements.is_file():
            self._install_from_index(target)
        digest = target / REQUIREMENTS_DIGEST_FILE
        digest.write_text(self._requirements_digest(), encoding="utf-8")

    def _install_from_index(self, target: Path) -> None:
        platform = LAMBDA_PLATFORM if self.platform == "aws" else ()
        command = [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"),
            *("--disable-pip-version-check", "--no-warn-conflicts", "--target", str(target)),
            *("--requirement", str(self.requirements), *platform),
        ]
        installed = subprocess.run(command, capture_output=True, text=True, check=False)
        if installed.returncode:
            raise BundleError(
                f"pip could not install lambda/{self.function}/requirements.txt "
                f"for {self.platform}:\n{installed.stderr.strip()}"
            )


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyi":
                yield path


def require_bundle(bundles: Path, function: str, platform: str) -> Path:
    """The folder of a bundle that synthesis reads.

    Raises:
        BundleError: says how to make it.
    """
    folder = bundles / function / platform
    if not (folder / function).is_dir():
        raise BundleError(f"{folder} holds no {function} bundle; run: make bundle")
    return folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring all bundles up to date."""
    argparse.ArgumentParser(prog="python -m stacks.bundling", description=__doc__).parse_args(
        arguments
    )
    for function, packages in FUNCTIONS.items():
        for platform in PLATFORMS:
            bundle = Bundle(
                function=function,
                platform=platform,
                packages=packages,
                root=ROOT,
                output=ROOT / "build" / "lambda",
            )
            if bundle.is_fresh():
                continue
            try:
                bundle.build()
            except BundleError as error:
                print(f"error: {error}", file=sys.stderr)
                return 1
            print(f"bundled {function} for {platform}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
