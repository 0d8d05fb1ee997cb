"""The bulk translation's input, checked by the machine's first step."""

from typing import Any

import pytest

from check_input.bulk_plan import BulkSettings, make_bulk_plan
from protocol.bulk import MAX_SOURCE_PIECES, translated_name
from protocol.retraining import InputError
from serving.settings import RequestLimits

SETTINGS = BulkSettings.from_environment(
    {
        "BUCKET": "own",
        "BULK_BUCKETS": "shared, other",
        "CORPUS_BUCKETS": "corpora",
        "BULK_MAX_INSTANCES": "4",
    }
)


def plan(**content: Any) -> dict[str, Any]:
    return make_bulk_plan("Nightly_Run.7", content, SETTINGS)


def test_the_result_lies_beside_the_input() -> None:
    found = plan(input="s3://own/bulk/news/today.txt.gz")
    assert found["output"] == "s3://own/bulk/news/"
    assert found["shard_lines"] == "10000"
    assert found["instances"] == 1
    assert found["execution_folder"].startswith("bulk-work/executions/Nightly_Run.7")
    assert found["job_name"].startswith("nightly-run-7-")
    assert plan(input="s3://shared/news/")["output"] == "s3://shared/news/"


def test_a_folder_for_results_may_be_given_with_or_without_its_slash() -> None:
    for output in ("s3://own/bulk/out", "s3://own/bulk/out/"):
        found = plan(input="s3://corpora/news.txt", output=output, shard_lines=5, instances=4)
        assert found["output"] == "s3://own/bulk/out/"
        assert (found["shard_lines"], found["instances"]) == ("5", 4)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "input is needed"),
        ({"input": "news.txt"}, "input must be s3://BUCKET/KEY, or s3://BUCKET/FOLDER/"),
        ({"input": "s3://own"}, "input must be s3://BUCKET/KEY"),
        ({"input": "s3://own/" + "x" * 250}, "SageMaker takes 256"),
        ({"input": "s3://mine/news.txt"}, "'mine' is not among those that may be read: corpora,"),
        ({"input": "s3://own/bulk-work/x"}, "must not lie in bulk-work/"),
        ({"input": "s3://own/corpora/a.txt"}, "'s3://own/corpora/', which is beside the input"),
        ({"input": "s3://own/bulk/a", "output": "s3://corpora/x/"}, "setting bulk_buckets"),
        ({"input": "s3://own/bulk/", "output": "s3://own/bulk/de/"}, "below the folder"),
        ({"input": "s3://own/bulk/a", "instances": 5}, "at most 4, the setting bulk_max_instances"),
        ({"input": "s3://own/bulk/a", "shard_lines": 0}, "shard_lines must be a whole number"),
        ({"input": "s3://own/bulk/a", "shard_lines": True}, "from 1 to 100,000, not True"),
        ({"input": "s3://own/bulk/a", "lines": 5}, "unknown key 'lines'"),
    ],
)
def test_a_mistake_is_named(content: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        make_bulk_plan("e", content, SETTINGS)
    assert words in str(refused.value)


def test_something_else_than_an_object_is_refused() -> None:
    with pytest.raises(InputError, match="must be a JSON object"):
        make_bulk_plan("e", None, SETTINGS)


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("news.txt", "news.txt.de"),
        ("news.txt.gz", "news.txt.de.gz"),
        ("day/news.jsonl.gz", "day/news.jsonl.de.gz"),
    ],
)
def test_results_are_named_after_their_input_and_compressed_like_it(name: str, result: str) -> None:
    assert translated_name(name, "de") == result


def test_lines_may_be_as_long_as_at_the_endpoint() -> None:
    assert RequestLimits().max_source_pieces == MAX_SOURCE_PIECES
