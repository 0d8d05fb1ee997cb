"""The REST API: its methods, its errors in the service's own shape, and its function."""
