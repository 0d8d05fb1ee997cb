"""The state machine that translates files in bulk, one module per part, and its roles."""
