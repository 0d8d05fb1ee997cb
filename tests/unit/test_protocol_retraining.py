import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import regex

from protocol.retraining import Cleaning, Corpus, InputError, RetrainingInput
from protocol.scripts import SCRIPTS

OWN = {
    "source": "s3://bucket/train.en",
    "target": "s3://bucket/train.de",
    "validation_source": "s3://bucket/dev.en",
    "validation_target": "s3://bucket/dev.de",
}


def test_without_input_the_first_lines_of_wmt17_train() -> None:
    parsed = RetrainingInput.parse({})

    assert parsed == RetrainingInput()
    assert parsed.max_lines == 10_000
    assert parsed.corpus.source.endswith("corpus.tc.en.gz")
    assert parsed.corpus.validation_target.endswith("dev.tgz#newstest2014.tc.de")


def test_a_corpus_of_ones_own_is_read_whole() -> None:
    parsed = RetrainingInput.parse({"corpus": OWN})

    assert parsed.corpus == Corpus(**OWN)
    assert parsed.max_lines is None


def test_all_of_wmt17_is_read_when_asked_for() -> None:
    assert RetrainingInput.parse({"max_lines": None}).max_lines is None


def test_hyperparameters_become_strings_and_nulls_are_dropped() -> None:
    given = {"batch_size": 64, "learning_rate": 0.5, "bucketing_enabled": True, "momentum": None}

    assert RetrainingInput.parse({"hyperparameters": given}).hyperparameters == {
        "batch_size": "64",
        "learning_rate": "0.5",
        "bucketing_enabled": "true",
    }


def test_cleaning_is_off_unless_asked_for() -> None:
    contents: list[dict[str, Any]] = [{}, {"cleaning": None}, {"cleaning": {}}]
    for content in contents:
        assert RetrainingInput.parse(content).cleaning == Cleaning()
    off = {"max_length": None, "drop_duplicates": None, "drop_identical": False}
    assert Cleaning.parse(off).given() == {}


def test_every_way_of_cleaning_can_be_asked_for() -> None:
    given: dict[str, Any] = {
        "max_length": 80,
        "max_length_ratio": 3,
        "drop_duplicates": True,
        "drop_identical": True,
        "source_script": "Latin",
        "target_script": "Han+Hiragana+Katakana",
        "detokenize_source": "en",
        "detokenize_target": "jpn",
    }

    parsed = RetrainingInput.parse({"cleaning": given}).cleaning

    assert parsed == Cleaning(**given)
    assert parsed.given() == given


@pytest.mark.parametrize("script", sorted(SCRIPTS))
def test_every_script_is_one_of_unicodes(script: str) -> None:
    assert regex.compile(rf"\p{{Script={script}}}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "cleaning must be a JSON object"),
        ({"max_lenght": 80}, "cleaning: unknown key 'max_lenght'; known keys: detokenize_source,"),
        ({"max_length": 0}, "cleaning.max_length must be a positive whole number or null, not 0"),
        ({"max_length": 2**31}, "cleaning.max_length must be at most 2,147,483,647, not 2,147,48"),
        ({"max_length_ratio": 0.5}, "cleaning.max_length_ratio must be a number from 1 to .*0.5"),
        ({"max_length_ratio": True}, "cleaning.max_length_ratio must be a number .*, not True"),
        ({"max_length_ratio": "3"}, "cleaning.max_length_ratio must be a number .*, not '3'"),
        ({"max_length_ratio": float("nan")}, "cleaning.max_length_ratio .* or null, not nan"),
        ({"max_length_ratio": 10**400}, "cleaning.max_length_ratio must be a number from 1"),
        ({"drop_duplicates": 1}, "cleaning.drop_duplicates must be true or false, not 1"),
        ({"drop_identical": "yes"}, "cleaning.drop_identical must be true or false, not 'yes'"),
        ({"source_script": "latin"}, "cleaning.source_script must be a script by its Unicode name"),
        ({"target_script": "Han+Kana"}, r"joined by \+, such as .* or null, not 'Han\+Kana'"),
        ({"target_script": ""}, "cleaning.target_script must be a script"),
        ({"target_script": ["Han"]}, "cleaning.target_script must be a script"),
        ({"detokenize_source": True}, "cleaning.detokenize_source must be a language code"),
        ({"detokenize_target": "de-DE"}, "two or three small letters, .* null, not 'de-DE'"),
    ],
)
def test_a_mistake_in_cleaning_is_named(content: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        RetrainingInput.parse({"cleaning": content})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "the input must be a JSON object"),
        ({"corpsu": {}}, "the input: unknown key 'corpsu'; known keys: cleaning, corpus,"),
        ({"corpus": "s3://bucket/x"}, "corpus must be a JSON object"),
        ({"corpus": {"train": "x"}}, "corpus: unknown key 'train'"),
        ({"corpus": {"source": "s3://b/x"}}, "corpus.source and corpus.target must be given toge"),
        (
            {"corpus": {"source": "s3://b/x", "target": "s3://b/y"}},
            "corpus.validation_source and corpus.validation_target must be given together",
        ),
        ({"corpus": {"test_source": "s3://b/x"}}, "corpus.test_source and corpus.test_target must"),
        ({"corpus": {"test_source": "x:y", "test_target": ""}}, "corpus.test_target must be an"),
        ({"wait": 1}, "wait must be true or false, not 1"),
        ({"corpus": OWN | {"source": ""}}, "corpus.source must be an http"),
        ({"corpus": OWN | {"source": "--help"}}, "corpus.source must be an http"),
        ({"corpus": OWN | {"source": "ftp://x/y"}}, "unknown scheme 'ftp'"),
        ({"corpus": OWN | {"source": "s3://bucket"}}, "must be s3://BUCKET/KEY"),
        ({"corpus": OWN | {"target": "s3://b/" + "x" * 260}}, "has 267 characters"),
        ({"max_lines": 0}, "max_lines must be a positive whole number or null, not 0"),
        ({"max_lines": True}, "max_lines must be a positive whole number or null, not True"),
        ({"subwords": "many"}, "subwords must be a positive whole number or null"),
        ({"hyperparameters": ["a"]}, "hyperparameters must be a JSON object"),
        ({"hyperparameters": {"a": {}}}, "hyperparameters.a must be a string"),
        ({"pretrained_model": "model.tar.gz"}, "pretrained_model must be s3://BUCKET/KEY"),
        ({"pretrained_model": "s3://b/model.zip"}, "pretrained_model must end in .tar.gz"),
        ({"pretrained_model": "s3://b/my model.tar.gz"}, "without white space, quotation mark"),
        (
            {"pretrained_model": "s3://bucket/a\u00a0b.tar.gz"},
            "without white space, quotation mark",
        ),
        ({"pretrained_model": 's3://bucket/a".tar.gz'}, "quotation mark or backslash; got"),
        ({"pretrained_model": "s3://bucket/a\\b.tar.gz"}, "quotation mark or backslash; got"),
        ({"pretrained_model": "s3://Bucket/a.tar.gz"}, "must have a bucket name of a-z"),
        ({"pretrained_model": "s3://bucket/a.tar.gz\n"}, "must end in .tar.gz"),
        ({"promote": "no"}, "promote must be true or false, not 'no'"),
    ],
)
def test_a_mistake_is_named(content: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        RetrainingInput.parse(content)


@pytest.mark.parametrize("uri", ["s3://my-bucket/model.tar.gz", "s3://b1/a/b(1)'s-ü/../x.tar.gz"])
def test_a_pretrained_model_may_have_any_other_key(uri: str) -> None:
    assert RetrainingInput.parse({"pretrained_model": uri}).pretrained_model == uri


def test_the_document_tells_every_key_of_the_input() -> None:
    text = Path("docs/retraining.md").read_text(encoding="utf-8")
    table = text.partition("## Input")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE)
    told = set(re.findall(r"`([\w.]+)`", " ".join(cells)))
    keys = {part.name for part in dataclasses.fields(RetrainingInput)} - {"corpus"}
    assert told == keys | {f"corpus.{part.name}" for part in dataclasses.fields(Corpus)}
