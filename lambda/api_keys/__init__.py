"""Finds the API key where a client sends it, for API Gateway to check."""
