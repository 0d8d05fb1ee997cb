"""From a corpus URI to the bytes behind it: files, HTTP, S3, archives, and a cache."""
