"""Bulk translation's jobs: sentences into shards of records, and answers into files."""
