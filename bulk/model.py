"""The tokenizer and vocabularies of a model: a line to ids and back, as the endpoint does it."""

import hashlib
import json
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from bulk.errors import BulkError, WrongAnswersError
from nmt.tokenizer import Tokenizer, load_tokenizer
from protocol.artifacts import (
    MANIFEST,
    SOURCE_VOCABULARY,
    SUBWORDS,
    TARGET_VOCABULARY,
    ModelManifest,
)
from protocol.vocabulary import UNK_ID, load_vocabulary

FINGERPRINT_LENGTH = 16
_NEEDED = (MANIFEST, SOURCE_VOCABULARY, TARGET_VOCABULARY, SUBWORDS)


class BulkModel:
    """What both jobs know of the model that translates."""

    def __init__(
        self,
        *,
        tokenizer: Tokenizer,
        source_vocabulary: Mapping[str, int],
        target_vocabulary: Mapping[str, int],
        target_language: str,
        fingerprint: str,
    ) -> None:
        self._tokenizer = tokenizer
        self._source = source_vocabulary
        self._target = list(target_vocabulary)
        self.target_language = target_language
        self.fingerprint = fingerprint
        """Of the archive's content and place: another model never uses this one's shards."""

    @classmethod
    def load(
        cls, folder: Path, scratch: Path, *, model_data: str, target_language: str
    ) -> "BulkModel":
        """Read what SageMaker brought: an archive of ours, or a built-in model's vocabularies.

        Args:
            folder: holds one .tar.gz, or the vocabularies alone.
            scratch: an empty folder.
            model_data: the archive's URI.
            target_language: of a model whose archive does not tell its own.

        Raises:
            ValueError: the archive or a vocabulary cannot be used.
        """
        archives = sorted(folder.glob("*.tar.gz"))
        digest = hashlib.sha256(model_data.encode())
        if len(archives) == 1:
            with archives[0].open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
            _unpack(archives[0], scratch)
            language = ModelManifest.load(scratch / MANIFEST).target_language
            folder = scratch
        else:
            language = target_language
            digest.update(_bytes_of_vocabularies(folder))
        return cls(
            tokenizer=load_tokenizer(folder),
            source_vocabulary=load_vocabulary(folder / SOURCE_VOCABULARY),
            target_vocabulary=load_vocabulary(folder / TARGET_VOCABULARY),
            target_language=language,
            fingerprint=digest.hexdigest()[:FINGERPRINT_LENGTH],
        )

    def encode(self, text: str) -> list[int]:
        """The ids of a line's pieces; a piece that the vocabulary lacks is `<unk>`."""
        return [self._source.get(piece, UNK_ID) for piece in self._tokenizer.pieces(text)]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of a translation.

        Raises:
            WrongAnswersError: an id is not in the target vocabulary.
        """
        if ids and not 0 <= min(ids) <= max(ids) < len(self._target):
            raise WrongAnswersError(f"an id beyond 0 to {len(self._target) - 1} among its answers")
        return self._tokenizer.text([self._target[token_id] for token_id in ids])


def fingerprint(*parts: object) -> str:
    """A short name for what was made of these."""
    text = json.dumps(parts, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def _unpack(archive: Path, folder: Path) -> None:
    """Take out the few small files that are needed, one after the other."""
    try:
        with tarfile.open(archive, "r|gz") as content:
            for member in content:
                name = str(PurePosixPath(member.name))
                if name in _NEEDED and member.isfile() and (file := content.extractfile(member)):
                    (folder / name).write_bytes(file.read())
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise BulkError(f"{archive.name} cannot be unpacked: {error}") from error


def _bytes_of_vocabularies(folder: Path) -> bytes:
    for name in (SOURCE_VOCABULARY, TARGET_VOCABULARY):
        if not (folder / name).is_file():
            raise BulkError(
                f"the model came without {name}, so that its ids cannot be told; only a model "
                "that this service trained can translate in bulk"
            )
    return b"".join((folder / name).read_bytes() for name in (SOURCE_VOCABULARY, TARGET_VOCABULARY))
