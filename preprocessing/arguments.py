"""The command lines of the walk-through's script and of the processing job."""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import NoReturn

from preprocessing.errors import ArgumentsError
from preprocessing.named_corpora import NAMED_CORPORA, named_corpus
from preprocessing.settings import OutputPaths, Settings, TextURIs
from preprocessing.vocabularies import VocabularyLimits
from protocol.artifacts import TRAIN_RECORDS, VALIDATION_RECORDS
from protocol.retraining import Cleaning, InputError, RetrainingInput

TEXT_HELP = "http(s):// or s3:// URI, or a path; .gz is decompressed; archive.tgz#member"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ArgumentsError(f"{message}; --help lists the arguments")


def script_settings(arguments: Sequence[str]) -> Settings:
    """Settings from the flags of the walk-through's `create_vocab_proto.py`.

    Raises:
        ArgumentsError: an argument is missing, unknown or not usable.
    """
    given = _script_parser().parse_args(arguments)
    train, validation = _texts(given)
    if train is None:
        raise ArgumentsError(
            "name the training text: --train-source and --train-target, or --corpus"
        )
    return Settings(
        train=train,
        validation=validation,
        outputs=OutputPaths(train=given.train_output, validation=given.val_output),
        source_limits=VocabularyLimits(
            num_words=given.num_words_source, min_count=given.word_min_count_source
        ),
        target_limits=VocabularyLimits(
            num_words=given.num_words_target, min_count=given.word_min_count_target
        ),
        single_vocabulary=given.single_vocab,
        existing_vocabularies=_existing(given.vocab_source_json, given.vocab_target_json),
        max_lines=given.max_lines,
        subwords=given.subwords,
        cleaning=_cleaning(given),
        initial_model=given.initial_model,
        cache=given.cache,
    )


def job_settings(arguments: Sequence[str], output: Path) -> Settings:
    """Settings of the processing job; without a corpus, the first lines of the walk-through's.

    Raises:
        ArgumentsError: an argument is unknown or not usable.
    """
    given = _job_parser().parse_args(arguments)
    content: dict[str, object] = {"subwords": given.subwords, "cleaning": _cleaning_content(given)}
    test = _pair("test", given.test_source, given.test_target)
    if corpus := _corpus_content(*_texts(given), test):
        content["corpus"] = corpus
    if given.max_lines is not None:
        content["max_lines"] = given.max_lines
    if given.test_only and not (given.test_source and given.test_target):
        raise ArgumentsError("--test-only needs --test-source and --test-target")
    try:
        wanted = RetrainingInput.parse(content)
    except InputError as error:
        raise ArgumentsError(str(error)) from error
    return Settings(
        train=TextURIs(source=wanted.corpus.source, target=wanted.corpus.target),
        validation=TextURIs(
            source=wanted.corpus.validation_source, target=wanted.corpus.validation_target
        ),
        test=test,
        test_only=given.test_only,
        outputs=OutputPaths.of_job(output),
        max_lines=wanted.max_lines,
        subwords=wanted.subwords,
        cleaning=wanted.cleaning,
        initial_model=given.initial_model,
        cache=given.cache,
    )


def _script_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m preprocessing",
        description="Make vocabularies and record files out of a parallel corpus.",
        allow_abbrev=False,
    )
    _add_input(parser)
    add = parser.add_argument
    add("-to", "--train-output", type=Path, default=Path(TRAIN_RECORDS), metavar="FILE")
    add("-vo", "--val-output", type=Path, default=Path(VALIDATION_RECORDS), metavar="FILE")
    add("-single-vocab", "--single-vocab", action="store_true", help="one vocabulary for both")
    add("--vocab-source-json", type=Path, metavar="FILE", help="use this one, make none")
    add("--vocab-target-json", type=Path, metavar="FILE", help="use this one, make none")
    limits = VocabularyLimits()
    for side in ("source", "target"):
        add(f"--num-words-{side}", type=_count, default=limits.num_words, metavar="N")
        add(f"--word-min-count-{side}", type=_count, default=limits.min_count, metavar="N")
    return parser


def _job_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m preprocessing.job",
        description="The processing job: a corpus in, vocabularies and record files out.",
        allow_abbrev=False,
    )
    _add_input(parser)
    add = parser.add_argument
    add("--test-source", metavar="TEXT", help="what models are judged by, else the validation text")
    add("--test-target", metavar="TEXT")
    add("--test-only", action="store_true", help="write the test set and nothing else")
    return parser


def _add_input(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(sorted(NAMED_CORPORA))
    add = parser.add_argument
    add("--corpus", metavar="NAME", help=f"in place of the four texts, all of: {names}")
    add("-ts", "--train-source", metavar="TEXT", help=TEXT_HELP)
    add("-tt", "--train-target", metavar="TEXT")
    add("-vs", "--val-source", metavar="TEXT")
    add("-vt", "--val-target", metavar="TEXT")
    add("--max-lines", type=_positive, metavar="N", help="read only the first N training pairs")
    add(
        "--subwords", type=_positive, metavar="N", help="learn a joint byte-pair encoding, N merges"
    )
    add("--initial-model", metavar="URI", help="a model.tar.gz whose vocabularies are used again")
    add("--cache", type=Path, metavar="FOLDER", help="keep downloads there for the next run")
    _add_cleaning(parser)


def _add_cleaning(parser: argparse.ArgumentParser) -> None:
    """One flag for each field of `Cleaning`, named after it."""
    group = parser.add_argument_group("cleaning", "which training pairs to drop; by default none")
    add = group.add_argument
    add("--max-length", type=_positive, metavar="WORDS", help="those with more words on a side")
    add("--max-length-ratio", type=float, metavar="R", help="with over R times the other's words")
    add("--drop-duplicates", action="store_true", help="those that came before")
    add("--drop-identical", action="store_true", help="those whose target is their source")
    for side in ("source", "target"):
        add(f"--{side}-script", metavar="NAME", help="those with most letters in another script")
    for side in ("source", "target"):
        add(f"--detokenize-{side}", metavar="LANGUAGE", help="before all, undo Moses' tokenisation")


def _cleaning_content(given: argparse.Namespace) -> dict[str, object]:
    return {part.name: getattr(given, part.name) for part in fields(Cleaning)}


def _cleaning(given: argparse.Namespace) -> Cleaning:
    try:
        return Cleaning.parse(_cleaning_content(given))
    except InputError as error:
        raise ArgumentsError(str(error)) from error


def _texts(given: argparse.Namespace) -> tuple[TextURIs | None, TextURIs | None]:
    """The training text and the validation text, as far as they are given."""
    train = _pair("train", given.train_source, given.train_target)
    validation = _pair("val", given.val_source, given.val_target)
    if given.corpus is None:
        return train, validation
    if train:
        raise ArgumentsError(
            "--corpus names the training text: leave out --train-source and --train-target"
        )
    named = named_corpus(given.corpus)
    train = TextURIs(source=named.source, target=named.target)
    own = TextURIs(source=named.validation_source, target=named.validation_target)
    return train, validation or own


def _pair(role: str, source: str | None, target: str | None) -> TextURIs | None:
    if source and target:
        return TextURIs(source=source, target=target)
    if source or target:
        raise ArgumentsError(f"--{role}-source and --{role}-target must be given together")
    return None


def _corpus_content(
    train: TextURIs | None, validation: TextURIs | None, test: TextURIs | None
) -> dict[str, str]:
    """The texts under the keys of the state machine's input."""
    content: dict[str, str] = {}
    for role, text in (("", train), ("validation_", validation), ("test_", test)):
        if text:
            content |= {f"{role}source": text.source, f"{role}target": text.target}
    return content


def _existing(source: Path | None, target: Path | None) -> tuple[Path, Path] | None:
    if source and target:
        return source, target
    if source or target:
        raise ArgumentsError("--vocab-source-json and --vocab-target-json must be given together")
    return None


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not (number := _count(text)):
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
