"""The translation engine: token sequences in, token sequences out; no AWS, no HTTP, no text."""
