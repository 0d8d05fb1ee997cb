"""The bytes and shapes that pass between this service's processes: no AWS, no engine."""
