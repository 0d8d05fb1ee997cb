"""From an execution's input to the names, arguments and hyperparameters of its jobs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from check_input.names import folder_name, job_name
from check_input.settings import Engine, Settings
from check_input.tuning import plan_tuning
from protocol.retraining import MAX_URI_LENGTH, URI_SCHEMES, Corpus, InputError, RetrainingInput

MAX_HYPERPARAMETERS = 100
"""SageMaker's limit for one training job."""
MAX_HYPERPARAMETER_NAME_LENGTH = 256
_TRAINING_KEYS = (
    "corpus",
    "max_lines",
    "subwords",
    "initial_model",
    "cleaning",
    "hyperparameters",
    "tuning",
)
_TEST_KEYS = {
    "corpus": {"test_source", "test_target"},
    "cleaning": {"detokenize_source", "detokenize_target"},
}
"""What concerns a test set, which a pretrained model may come with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What the later states read; every hyperparameter is a string."""

    job_name: str
    preprocessing_arguments: tuple[str, ...]
    """Empty where there is no text to read."""
    test_set: str
    """Which text the candidate is judged by: `test`, `validation`, or empty for none of its own."""
    hyperparameters: Mapping[str, str]
    tuning: Mapping[str, Any] | None
    """What a tuning job searches in the place of training; `None`: there is none."""
    initial_model: str
    """Empty where training begins anew."""
    pretrained_model: str
    """Empty unless training is skipped."""
    promote: bool
    force: bool
    wait: bool
    execution_prefix: str

    def as_dict(self) -> dict[str, Any]:
        arguments = list(self.preprocessing_arguments)
        return asdict(self) | {"preprocessing_arguments": arguments}


def make_plan(execution: str, content: object, settings: Settings) -> Plan:
    """Check an input and plan its jobs.

    Raises:
        InputError: names the key, the value found and what would be right.
    """
    wanted = RetrainingInput.parse(content)
    _check_contradictions(content)
    _check_corpus(wanted.corpus, settings)
    _check_engine(wanted, settings.engine)
    _check_models(wanted, settings)
    hyperparameters = _hyperparameters(wanted.hyperparameters, settings)
    return Plan(
        job_name=job_name(execution),
        preprocessing_arguments=_preprocessing_arguments(wanted),
        test_set=_test_set(wanted),
        hyperparameters=hyperparameters,
        tuning=_tuning(wanted, hyperparameters, settings),
        initial_model=wanted.initial_model or "",
        pretrained_model=wanted.pretrained_model or "",
        promote=wanted.promote,
        force=wanted.force,
        wait=wanted.wait,
        execution_prefix=f"executions/{folder_name(execution)}",
    )


def _check_contradictions(content: object) -> None:
    """A pretrained model skips training, so what would steer training must not be given."""
    given = content if isinstance(content, Mapping) else {}
    if given.get("pretrained_model") is None:
        return
    has_test_set = bool(_given(given, "corpus") & _TEST_KEYS["corpus"])
    for key in _TRAINING_KEYS:
        if key in _TEST_KEYS and has_test_set:
            useless = [f"{key}.{name}" for name in _given(given, key) - _TEST_KEYS[key]]
        else:
            useless = [key] if given.get(key) else []
        if useless:
            raise InputError(
                f"pretrained_model skips training, so {min(useless)} would have no effect; "
                "leave one out"
            )


def _given(content: Mapping[str, Any], key: str) -> set[str]:
    found = content.get(key)
    return {name for name, value in found.items() if value} if isinstance(found, Mapping) else set()


def _check_corpus(corpus: Corpus, settings: Settings) -> None:
    for key, uri in corpus.given().items():
        name = f"corpus.{key}"
        if uri.startswith("s3://"):
            _check_bucket(name, uri, settings)
        elif not uri.startswith(URI_SCHEMES) and not settings.allow_file_corpora:
            raise InputError(
                f"{name}: the jobs cannot read the file path {uri!r}; use an http(s) address, or "
                f"upload the file to s3://{settings.bucket}/corpora/"
            )


def _check_bucket(name: str, uri: str, settings: Settings) -> None:
    bucket = uri.removeprefix("s3://").partition("/")[0]
    if bucket not in settings.readable_buckets:
        readable = ", ".join(sorted(settings.readable_buckets))
        raise InputError(
            f"{name}: the jobs may not read the bucket {bucket!r}, only {readable}; allow it with "
            "the setting corpus_buckets and deploy again"
        )


def _check_engine(wanted: RetrainingInput, engine: Engine) -> None:
    if engine is Engine.BUILTIN and wanted.subwords is not None:
        raise InputError(
            f"subwords must be null with the engine builtin, not {wanted.subwords}: its endpoint "
            "splits a sentence at spaces and would find no subword in its vocabulary"
        )
    if engine is Engine.BUILTIN and wanted.corpus.test_source is not None:
        raise InputError(
            "corpus.test_source would have no effect with the engine builtin: its models translate "
            "in SageMaker's own container only and are not evaluated"
        )


def _check_models(wanted: RetrainingInput, settings: Settings) -> None:
    if wanted.pretrained_model:
        _check_bucket("pretrained_model", wanted.pretrained_model, settings)
    if not wanted.initial_model:
        return
    _check_bucket("initial_model", wanted.initial_model, settings)
    if len(wanted.initial_model) > MAX_URI_LENGTH:
        raise InputError(
            f"initial_model has {len(wanted.initial_model)} characters; as an argument of the "
            f"processing job SageMaker takes {MAX_URI_LENGTH}"
        )
    if wanted.subwords is not None:
        raise InputError(
            "initial_model brings its own vocabularies, so subwords would have no effect; leave "
            "one out"
        )
    if settings.engine is Engine.BUILTIN:
        raise InputError(
            "initial_model must be null with the engine builtin: the built-in algorithm has no "
            "incremental training"
        )


def _test_set(wanted: RetrainingInput) -> str:
    if wanted.corpus.test_source is not None:
        return "test"
    return "" if wanted.pretrained_model else "validation"


def _preprocessing_arguments(wanted: RetrainingInput) -> tuple[str, ...]:
    corpus = wanted.corpus
    if wanted.pretrained_model and corpus.test_source is None:
        return ()
    training: dict[str, object] = {
        "--train-source": corpus.source,
        "--train-target": corpus.target,
        "--val-source": corpus.validation_source,
        "--val-target": corpus.validation_target,
        "--max-lines": wanted.max_lines,
        "--subwords": wanted.subwords,
        "--initial-model": wanted.initial_model,
    }
    arguments: dict[str, object] = {
        **({"--test-only": True} if wanted.pretrained_model else training),
        "--test-source": corpus.test_source,
        "--test-target": corpus.test_target,
    }
    for key, value in wanted.cleaning.given().items():
        arguments[f"--{key.replace('_', '-')}"] = value
    return tuple(
        text
        for option, value in arguments.items()
        if value is not None
        for text in ((option,) if value is True else (option, str(value)))
    )


def _hyperparameters(given: Mapping[str, str], settings: Settings) -> dict[str, str]:
    merged = {**_languages(settings), **settings.default_hyperparameters, **given}
    if len(merged) > MAX_HYPERPARAMETERS:
        raise InputError(
            f"hyperparameters: {len(merged)} of them with the defaults; SageMaker takes "
            f"{MAX_HYPERPARAMETERS}"
        )
    for name in merged:
        if not 0 < len(name) <= MAX_HYPERPARAMETER_NAME_LENGTH:
            raise InputError(
                f"hyperparameters: the name {name[:40]!r} has {len(name)} characters; SageMaker "
                f"takes 1 to {MAX_HYPERPARAMETER_NAME_LENGTH}"
            )
    return merged


def _tuning(
    wanted: RetrainingInput, hyperparameters: Mapping[str, str], settings: Settings
) -> dict[str, Any] | None:
    if wanted.tuning is None:
        return None
    return plan_tuning(
        wanted.tuning,
        own=wanted.hyperparameters,
        merged=hyperparameters,
        is_builtin=settings.engine is Engine.BUILTIN,
        has_initial_model=wanted.initial_model is not None,
    )


def _languages(settings: Settings) -> dict[str, str]:
    """The built-in algorithm refuses hyperparameters that it does not know."""
    if settings.engine is Engine.BUILTIN:
        return {}
    return {
        "source_language": settings.source_language,
        "target_language": settings.target_language,
    }
