"""Translates a file with the bulk translation's state machine: S3's own, or one of this machine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from client.failures import ClientError
from client.uploads import upload_local_files
from protocol.bulk import OUTPUT_FOLDER, BulkInput, bucket_and_key, translated_name


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkOptions:
    """What the owner asked for."""

    file: str
    """An S3 URI, or a path of this machine."""
    output: str | None = None
    """A folder in S3; for a file of this machine, the folder that its result is saved in."""
    shard_lines: int | None = None
    instances: int | None = None
    saved: bool = True
    """Whether the result of a local file is waited for and saved on this machine."""
    force: bool = False
    """Replace what lies where the result is saved."""

    @property
    def is_local(self) -> bool:
        return "://" not in self.file

    def to_input(
        self, bucket: Callable[[], str], s3: Any, language: Callable[[], str]
    ) -> dict[str, Any]:
        """The execution's input, checked as the service will check it; local files are uploaded.

        Args:
            bucket: the service's own.
            s3: a client.
            language: what the served model translates into, which results are named by.

        Raises:
            InputError: names the key, the value and what would be right.
            ClientError: there is no such file, no such folder for its result, or already one.
        """
        self._check_force()
        content: dict[str, Any] = {"input": self.file, "output": self.output}
        content |= {"shard_lines": self.shard_lines, "instances": self.instances}
        if self.is_local:
            self._check_folder()
            place = {"input": "s3://bucket/file", "output": None}
            BulkInput.parse(content | place)
            if self.saved and not self.force:
                remedy = "move it, give another folder with --output, or replace it with --force"
                _check_free(self._result(language()), remedy)
            uploaded = upload_local_files({"input": self.file}, bucket, s3)["input"]
            fingerprint = uploaded.split("/")[-2]
            content["input"] = uploaded
            content["output"] = f"s3://{bucket()}/{OUTPUT_FOLDER}uploads/{fingerprint}/"
        BulkInput.parse(content)
        return {key: value for key, value in content.items() if value is not None}

    def save(self, output: str, s3: Any) -> Path:
        """Bring the result of a local file to this machine, beside the file unless asked otherwise.

        Raises:
            ClientError: it cannot be written, or would replace a file that has come meanwhile.
        """
        bucket, key = bucket_and_key(output)
        # The name in S3 has no characters that need care; what follows it is the result's part.
        path = self._result(key.removesuffix(".gz").rpartition(".")[2])
        if not self.force:
            _check_free(path, f"the result is {output}")
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        try:
            _write(path, iter(lambda: body.read(1 << 20), b""))
        except OSError as error:
            raise ClientError(f"{path} cannot be written: {error.strerror}") from error
        return path

    def _result(self, language: str) -> Path:
        """Where the result of a local file is saved."""
        source = Path(self.file).expanduser()
        folder = Path(self.output).expanduser() if self.output else source.parent
        return folder / translated_name(source.name, language)

    def _check_force(self) -> None:
        if self.force and not (self.is_local and self.saved):
            raise ClientError(
                "--force replaces the result of a local file on this machine; of a file in S3, or "
                "with --no-wait, nothing is saved here"
            )

    def _check_folder(self) -> None:
        if self.output is not None and not Path(self.output).expanduser().is_dir():
            raise ClientError(
                f"output: {self.output} is no folder of this machine, where the result of a local "
                "file is saved"
            )


def _check_free(path: Path, remedy: str) -> None:
    if path.exists():
        raise ClientError(f"{path} is there already and is not overwritten; {remedy}")


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    """The whole content under this name, or nothing."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.writelines(chunks)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def described(output: dict[str, Any]) -> list[str]:
    """What an execution that has ended did, in lines for people."""
    lines = [f"result: {uri}" for uri in output["outputs"]]
    if output["files"] > len(output["outputs"]):
        lines.append(f"and {output['files'] - len(output['outputs'])} more files")
    translated = f"{output['sentences']} sentences of {output['lines']} lines"
    if speed := output["transform"]["sentences_per_second"]:
        translated += f", {speed} a second in this execution"
    lines.append(translated)
    if output["failed_lines"]:
        lines.append(
            f"{output['failed_lines']} lines could not be translated and are empty; the manifest "
            "beside the result says why"
        )
    return lines
