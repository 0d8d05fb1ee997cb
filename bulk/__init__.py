"""Bulk translation's processing jobs: sentences into shards of records, and their answers into files."""
