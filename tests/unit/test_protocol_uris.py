import pytest

from protocol.uris import display_name


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://host/a.en.gz?X-Amz-Signature=abc&x=1", "https://host/a.en.gz"),
        ("http://user:pass@host:8080/a.en", "http://host:8080/a.en"),
        ("HTTPS://user:p@ss@host/a?b=1", "HTTPS://host/a"),
        ("https://host/a.tgz?signature=abc#dir/a.en", "https://host/a.tgz#dir/a.en"),
        ("https://host?signature=abc", "https://host"),
        ("https://host/at@sign/a.en", "https://host/at@sign/a.en"),
        ("https://user:pass@[broken/a?b=1", "https://[broken/a"),
    ],
)
def test_an_http_uri_is_shown_without_query_and_user(uri: str, shown: str) -> None:
    assert display_name(uri) == shown


@pytest.mark.parametrize("uri", ["s3://bucket/what?@key", "/data/why?.en", "--train-source", "10"])
def test_anything_else_is_shown_as_it_is(uri: str) -> None:
    assert display_name(uri) == uri
