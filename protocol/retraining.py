"""The retraining state machine's input: one parser for client, machine and jobs."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from protocol.scripts import SCRIPTS
from protocol.tuning import Tuning, TuningError

WMT17 = "http://data.statmt.org/wmt17/translation-task/preprocessed/de-en"
DEFAULT_MAX_LINES = 10_000
MAX_URI_LENGTH = 256
"""SageMaker's limit for one container argument."""
MAX_HYPERPARAMETER_LENGTH = 2500
MAX_COUNT = 2**31 - 1
MODEL_URI = r"s3://[a-z0-9][a-z0-9.-]+/[^\s\"\\]+\.tar\.gz"
"""A model that a promotion can hand to the endpoint's stack, whose record of it is JSON. Written
for Python and for CloudFormation alike."""
MANIFEST_KEY = "manifests/retrain.json"
"""In the service's bucket: the input of executions that a schedule or the object itself starts."""
URI_SCHEMES = ("http://", "https://", "s3://")


class InputError(ValueError):
    """The execution's input is not usable; the message names the key and what would be right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corpus:
    """Where the parallel text lies; a pair of sides is given together or not at all."""

    source: str = f"{WMT17}/corpus.tc.en.gz"
    target: str = f"{WMT17}/corpus.tc.de.gz"
    validation_source: str = f"{WMT17}/dev.tgz#newstest2014.tc.en"
    validation_target: str = f"{WMT17}/dev.tgz#newstest2014.tc.de"
    test_source: str | None = None
    """What candidates are judged by; without it, the validation text."""
    test_target: str | None = None

    def __post_init__(self) -> None:
        for name, uri in self.given().items():
            _check_uri(f"corpus.{name}", uri)

    def given(self) -> dict[str, str]:
        """The texts that there are, by their keys."""
        return {key: value for key, value in dataclasses.asdict(self).items() if value is not None}

    @classmethod
    def parse(cls, content: object) -> "Corpus":
        """Read the `corpus` object.

        Raises:
            InputError: unknown keys, or one side of a pair without the other.
        """
        given = _object("corpus", content, {part.name for part in dataclasses.fields(cls)})
        given = {key: value for key, value in given.items() if value is not None}
        for role in ("", "validation_", "test_"):
            source, target = f"{role}source", f"{role}target"
            if (source in given) != (target in given):
                raise InputError(f"corpus.{source} and corpus.{target} must be given together")
        if "source" in given and "validation_source" not in given:
            raise InputError(
                "corpus.validation_source and corpus.validation_target must be given together "
                "with a corpus of your own"
            )
        return cls(**given)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleaning:
    """What is done to the text and which training pairs are dropped; all off by default."""

    max_length: int | None = None
    """In words; a pair with a longer side is dropped."""
    max_length_ratio: float | None = None
    """A pair is dropped where the longer side has more than so many times the other's words."""
    drop_duplicates: bool = False
    """A pair that came before is dropped: both sides equal, word by word."""
    drop_identical: bool = False
    """A pair whose target is its source is dropped."""
    source_script: str | None = None
    """A pair is dropped where fewer than half of the side's letters are of the script, or of one
    of several scripts that are joined by `+`."""
    target_script: str | None = None
    detokenize_source: str | None = None
    """Undo Moses' tokenisation and escapes in this language, before anything else."""
    detokenize_target: str | None = None

    @classmethod
    def parse(cls, content: object) -> "Cleaning":
        """Read the `cleaning` object.

        Raises:
            InputError: names the key, the value found and what would be right.
        """
        given = _object("cleaning", content, {part.name for part in dataclasses.fields(cls)})
        return cls(
            max_length=_count("cleaning.max_length", given.get("max_length")),
            max_length_ratio=_ratio("cleaning.max_length_ratio", given.get("max_length_ratio")),
            drop_duplicates=_boolean("cleaning.drop_duplicates", given.get("drop_duplicates")),
            drop_identical=_boolean("cleaning.drop_identical", given.get("drop_identical")),
            source_script=_script("cleaning.source_script", given.get("source_script")),
            target_script=_script("cleaning.target_script", given.get("target_script")),
            detokenize_source=_code("cleaning.detokenize_source", given.get("detokenize_source")),
            detokenize_target=_code("cleaning.detokenize_target", given.get("detokenize_target")),
        )

    def given(self) -> dict[str, object]:
        """The keys that are on, with their values."""
        return {key: value for key, value in dataclasses.asdict(self).items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrainingInput:
    """Every key is optional; without any, the walk-through's first 10,000 WMT17 lines train."""

    corpus: Corpus = field(default_factory=Corpus)
    max_lines: int | None = DEFAULT_MAX_LINES
    """Training pairs to read; `None` reads all. 10,000 when absent and the corpus is WMT17."""
    subwords: int | None = None
    """Merges of a joint byte-pair encoding; `None` keeps the walk-through's words."""
    initial_model: str | None = None
    """An earlier model that training goes on from, with its vocabularies."""
    cleaning: Cleaning = field(default_factory=Cleaning)
    hyperparameters: dict[str, str] = field(default_factory=dict)
    tuning: Tuning | None = None
    """A tuning job takes the place of training; `None`: train once."""
    pretrained_model: str | None = None
    promote: bool = True
    force: bool = False
    """Promote whatever the comparison with the model now served says."""
    wait: bool = False
    """Wait for executions that were started earlier, where otherwise this one would be refused."""

    @classmethod
    def parse(cls, content: object) -> "RetrainingInput":
        """Read the input of an execution.

        Raises:
            InputError: names the key, the value found and what would be right.
        """
        given = _object("the input", content, {part.name for part in dataclasses.fields(cls)})
        corpus, cleaning = given.get("corpus"), given.get("cleaning")
        texts = Corpus.parse(corpus if corpus is not None else {})
        is_own = isinstance(corpus, Mapping) and corpus.get("source") is not None
        default_lines = None if is_own else DEFAULT_MAX_LINES
        return cls(
            corpus=texts,
            max_lines=_count("max_lines", given.get("max_lines", default_lines)),
            subwords=_count("subwords", given.get("subwords")),
            initial_model=_model_uri("initial_model", given.get("initial_model")),
            cleaning=Cleaning.parse(cleaning if cleaning is not None else {}),
            hyperparameters=_hyperparameters(given.get("hyperparameters")),
            tuning=_tuning(given.get("tuning")),
            pretrained_model=_model_uri("pretrained_model", given.get("pretrained_model")),
            promote=_boolean("promote", given.get("promote"), default=True),
            force=_boolean("force", given.get("force")),
            wait=_boolean("wait", given.get("wait")),
        )


def _object(where: str, content: object, allowed: set[str]) -> dict[str, Any]:
    if not isinstance(content, Mapping):
        raise InputError(f"{where} must be a JSON object, not {content!r}")
    if unknown := sorted(content.keys() - allowed):
        known = ", ".join(sorted(allowed))
        raise InputError(f"{where}: unknown key {unknown[0]!r}; known keys: {known}")
    return dict(content)


def _check_uri(name: str, uri: object) -> None:
    if not isinstance(uri, str) or not uri.strip() or uri.startswith("-"):
        raise InputError(f"{name} must be an http(s), s3 or file URI, not {uri!r}")
    if len(uri) > MAX_URI_LENGTH:
        raise InputError(f"{name} has {len(uri)} characters; SageMaker takes {MAX_URI_LENGTH}")
    scheme, separator, rest = uri.partition("://")
    if separator and f"{scheme}://" not in (*URI_SCHEMES, "file://"):
        raise InputError(f"{name}: unknown scheme {scheme!r} in {uri!r}; use http(s), s3 or file")
    if scheme == "s3" and separator and not all(rest.partition("/")[::2]):
        raise InputError(f"{name} must be s3://BUCKET/KEY, not {uri!r}")


def _count(name: str, value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InputError(f"{name} must be a positive whole number or null, not {value!r}")
    if value > MAX_COUNT:
        raise InputError(f"{name} must be at most {MAX_COUNT:,}, not {value:,}")
    return value


def _boolean(name: str, value: object, *, default: bool = False) -> bool:
    if value is None:
        return default
    if not isinstance(value, bool):
        raise InputError(f"{name} must be true or false, not {value!r}")
    return value


def _ratio(name: str, value: object) -> float | None:
    if value is None:
        return None
    if not isinstance(value, bool) and isinstance(value, int | float) and 1 <= value <= MAX_COUNT:
        return float(value)
    raise InputError(f"{name} must be a number from 1 to {MAX_COUNT:,} or null, not {value!r}")


def _script(name: str, value: object) -> str | None:
    if value is None:
        return None
    scripts = value.split("+") if isinstance(value, str) else [""]
    if not SCRIPTS.issuperset(scripts):
        raise InputError(
            f"{name} must be a script by its Unicode name, such as Latin or Cyrillic, or several "
            f"joined by +, such as Han+Hiragana+Katakana, or null, not {value!r}"
        )
    return "+".join(dict.fromkeys(scripts))


def _code(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[a-z]{2,3}", value):
        raise InputError(
            f"{name} must be a language code of two or three small letters, such as en, or null, "
            f"not {value!r}"
        )
    return value


def _tuning(content: object) -> Tuning | None:
    try:
        return None if content is None else Tuning.parse(content)
    except TuningError as error:
        raise InputError(str(error)) from error


def _model_uri(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith("s3://") or "/" not in value[5:]:
        raise InputError(f"{name} must be s3://BUCKET/KEY of a .tar.gz, not {value!r}")
    if not value.endswith(".tar.gz"):
        raise InputError(f"{name} must end in .tar.gz, SageMaker's form; got {value!r}")
    if not re.fullmatch(MODEL_URI, value):
        raise InputError(
            f"{name} must have a bucket name of a-z, 0-9, dots and hyphens and a key "
            f"without white space, quotation mark or backslash; got {value!r}"
        )
    return value


def _hyperparameters(content: object) -> dict[str, str]:
    if content is None:
        return {}
    if not isinstance(content, Mapping):
        raise InputError(f"hyperparameters must be a JSON object, not {content!r}")
    return {key: _hyperparameter(key, value) for key, value in content.items() if value is not None}


def _hyperparameter(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise InputError(
            f"hyperparameters.{name} must be a string, a number or a boolean, not {value!r}"
        )
    if len(text := str(value)) > MAX_HYPERPARAMETER_LENGTH:
        raise InputError(
            f"hyperparameters.{name} has {len(text)} characters; "
            f"SageMaker takes {MAX_HYPERPARAMETER_LENGTH}"
        )
    return text
