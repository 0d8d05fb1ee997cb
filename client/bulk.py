"""Translates a file with the bulk translation's state machine: S3's own, or one of this machine."""

from collections.abc import Callable
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

    @property
    def is_local(self) -> bool:
        return "://" not in self.file

    def to_input(self, bucket: Callable[[], str], s3: Any) -> dict[str, Any]:
        """The execution's input, checked as the service will check it; local files are uploaded.

        Raises:
            InputError: names the key, the value and what would be right.
            ClientError: there is no such file, or no such folder for its result.
        """
        content: dict[str, Any] = {"input": self.file, "output": self.output}
        content |= {"shard_lines": self.shard_lines, "instances": self.instances}
        if self.is_local:
            self._check_folder()
            place = {"input": "s3://bucket/file", "output": None}
            BulkInput.parse(content | place)
            uploaded = upload_local_files({"input": self.file}, bucket, s3)["input"]
            fingerprint = uploaded.split("/")[-2]
            content["input"] = uploaded
            content["output"] = f"s3://{bucket()}/{OUTPUT_FOLDER}uploads/{fingerprint}/"
        BulkInput.parse(content)
        return {key: value for key, value in content.items() if value is not None}

    def save(self, output: str, s3: Any) -> Path:
        """Bring the result of a local file to this machine, beside the file unless asked otherwise.

        Raises:
            ClientError: it cannot be written.
        """
        bucket, key = bucket_and_key(output)
        # The name in S3 has no characters that need care; what follows it is the result's part.
        path = self._result(key.removesuffix(".gz").rpartition(".")[2])
        partial = path.with_name(path.name + ".partial")
        body = s3.get_object(Bucket=bucket, Key=key)["Body"]
        try:
            with partial.open("wb") as file:
                for chunk in iter(lambda: body.read(1 << 20), b""):
                    file.write(chunk)
            partial.replace(path)
        except OSError as error:
            raise ClientError(f"{path} cannot be written: {error.strerror}") from error
        return path

    def _result(self, language: str) -> Path:
        """Where the result of a local file is saved."""
        source = Path(self.file).expanduser()
        folder = Path(self.output).expanduser() if self.output else source.parent
        return folder / translated_name(source.name, language)

    def _check_folder(self) -> None:
        if self.output is not None and not Path(self.output).expanduser().is_dir():
            raise ClientError(
                f"output: {self.output} is no folder of this machine, where the result of a local "
                "file is saved"
            )


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
