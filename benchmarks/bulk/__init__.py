"""Bulk translation: sentences a second, and the memory of splitting and joining."""
