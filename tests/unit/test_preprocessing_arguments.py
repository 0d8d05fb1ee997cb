from pathlib import Path

import pytest

from preprocessing.arguments import job_settings, script_settings
from preprocessing.errors import ArgumentsError
from preprocessing.settings import OutputPaths, Settings, TextURIs
from preprocessing.vocabularies import VocabularyLimits
from protocol.retraining import WMT17, Cleaning


def test_the_walkthroughs_command_has_the_walkthroughs_defaults() -> None:
    flags = ["--train-source", "corpus.tc.en.small", "--train-target", "corpus.tc.de.small"]
    flags += ["--val-source", "newstest2014.tc.en", "--val-target", "newstest2014.tc.de"]
    assert script_settings(flags) == Settings(
        train=TextURIs(source="corpus.tc.en.small", target="corpus.tc.de.small"),
        validation=TextURIs(source="newstest2014.tc.en", target="newstest2014.tc.de"),
        outputs=OutputPaths(
            train=Path("train.rec"),
            validation=Path("val.rec"),
            source_vocabulary=Path("vocab.src.json"),
            target_vocabulary=Path("vocab.trg.json"),
            subwords=Path("subwords.json"),
        ),
        source_limits=VocabularyLimits(num_words=50_000, min_count=1),
        target_limits=VocabularyLimits(num_words=50_000, min_count=1),
    )


def test_every_flag_of_the_walkthrough_in_its_short_form() -> None:
    flags = ["-ts", "a", "-tt", "b", "-vs", "c", "-vt", "d", "-to", "e", "-vo", "f"]
    flags += ["-single-vocab", "--num-words-source", "7", "--num-words-target", "8"]
    flags += ["--word-min-count-source", "2", "--word-min-count-target", "3"]
    assert script_settings(flags) == Settings(
        train=TextURIs(source="a", target="b"),
        validation=TextURIs(source="c", target="d"),
        outputs=OutputPaths(train=Path("e"), validation=Path("f")),
        single_vocabulary=True,
        source_limits=VocabularyLimits(num_words=7, min_count=2),
        target_limits=VocabularyLimits(num_words=8, min_count=3),
    )


def test_a_job_without_a_corpus_takes_the_walkthroughs() -> None:
    assert job_settings([], Path("output")) == Settings(
        train=TextURIs(source=f"{WMT17}/corpus.tc.en.gz", target=f"{WMT17}/corpus.tc.de.gz"),
        validation=TextURIs(
            source=f"{WMT17}/dev.tgz#newstest2014.tc.en",
            target=f"{WMT17}/dev.tgz#newstest2014.tc.de",
        ),
        outputs=OutputPaths.of_job(Path("output")),
        max_lines=10_000,
    )


def test_a_job_with_a_corpus_of_its_own_reads_all_of_it() -> None:
    flags = ["--train-source", "a", "--train-target", "b", "--val-source", "c", "--val-target", "d"]
    settings = job_settings([*flags, "--subwords", "500"], Path("output"))
    assert settings.train == TextURIs(source="a", target="b")
    assert settings.validation == TextURIs(source="c", target="d")
    assert settings.max_lines is None
    assert settings.subwords == 500


CLEANING = ["--max-length", "80", "--max-length-ratio", "2.5", "--drop-duplicates"]
CLEANING += ["--drop-identical", "--source-script", "Latin", "--target-script", "Han+Hiragana"]
CLEANING += ["--detokenize-source", "en", "--detokenize-target", "ja", "--cache", "downloads"]


def test_cleaning_has_the_same_flags_in_the_script_and_in_the_job() -> None:
    script = script_settings(["-ts", "a", "-tt", "b", *CLEANING])
    job = job_settings(CLEANING, Path("output"))
    assert script.cleaning == Cleaning(
        max_length=80,
        max_length_ratio=2.5,
        drop_duplicates=True,
        drop_identical=True,
        source_script="Latin",
        target_script="Han+Hiragana",
        detokenize_source="en",
        detokenize_target="ja",
    )
    assert job.cleaning == script.cleaning
    assert job.cache == script.cache == Path("downloads")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--max-length", "0"], "argument --max-length: must be at least 1"),
        (["--max-length-ratio", "much"], "--max-length-ratio: invalid float value: 'much'"),
        (["--max-length-ratio", "0.9"], "cleaning.max_length_ratio must be a number from 1 to"),
        (["--source-script", "cyrillic"], "cleaning.source_script must be a script by its Unicode"),
        (["--detokenize-target", "German"], "cleaning.detokenize_target must be a language code"),
    ],
)
def test_a_mistake_in_cleaning_is_named(flags: list[str], message: str) -> None:
    with pytest.raises(ArgumentsError, match=message):
        script_settings(["-ts", "a", "-tt", "b", *flags])
    with pytest.raises(ArgumentsError, match=message):
        job_settings(flags, Path("output"))


@pytest.mark.parametrize(
    "flags", [["--corpus", "wmt17"], ["--corpus", "wmt17", "--max-lines", "9"]]
)
def test_a_named_corpus_brings_its_validation_text_and_is_read_whole(flags: list[str]) -> None:
    for settings in (script_settings(flags), job_settings(flags, Path("output"))):
        assert settings.train.target == f"{WMT17}/corpus.tc.de.gz"
        assert settings.validation
        assert settings.validation.source == f"{WMT17}/dev.tgz#newstest2014.tc.en"
        assert settings.max_lines == (9 if "--max-lines" in flags else None)


def test_a_named_corpus_goes_with_a_validation_text_of_ones_own() -> None:
    flags = ["--corpus", "wmt17", "--val-source", "c", "--val-target", "d"]
    for settings in (script_settings(flags), job_settings(flags, Path("output"))):
        assert settings.train.source == f"{WMT17}/corpus.tc.en.gz"
        assert settings.validation == TextURIs(source="c", target="d")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--corpus", "wmt18"], "there is no corpus named 'wmt18'; known names: wmt17"),
        (["--corpus", "wmt17", "-ts", "a", "-tt", "b"], "leave out --train-source and --train-ta"),
        (["--corpus", "wmt17", "-vs", "a"], "--val-source and --val-target must be given together"),
        (["-ts", "a"], "--train-source and --train-target must be given together"),
    ],
)
def test_contradictions_about_the_corpus_are_named(flags: list[str], message: str) -> None:
    with pytest.raises(ArgumentsError, match=message):
        script_settings(flags)
    with pytest.raises(ArgumentsError, match=message):
        job_settings(flags, Path("output"))


def test_the_script_needs_a_training_text() -> None:
    with pytest.raises(ArgumentsError, match="--train-source and --train-target, or --corpus"):
        script_settings(["--val-source", "c", "--val-target", "d"])
