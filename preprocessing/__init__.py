"""From a parallel corpus to vocabularies, a subword model and record files."""
