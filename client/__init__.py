"""Command line and Python client for callers and owners of the service."""

from client.failures import ApiError, ClientError
from client.translation import Translation, TranslationClient

__all__ = ["ApiError", "ClientError", "Translation", "TranslationClient"]
