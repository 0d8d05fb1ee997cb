"""The text translation of the LibreTranslate API, for its existing clients."""
