"""Corpus URIs as they may be shown; opens none."""

import re

_HTTP = re.compile(r"(https?://)(?:[^/?#]*@)?([^?#]*)(?:\?[^#]*)?", re.IGNORECASE)


def display_name(uri: str) -> str:
    """The URI for messages and logs: without the query, which may carry a signature, and the user.

    Only http(s) URIs have either; an S3 key or a path may hold any of their characters.
    """
    match = _HTTP.match(uri)
    return f"{match[1]}{match[2]}{uri[match.end() :]}" if match else uri
