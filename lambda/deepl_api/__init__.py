"""The text translation of the DeepL API, for its existing clients."""
