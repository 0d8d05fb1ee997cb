"""The state machine that retrains and promotes, one module per part, and the jobs' roles."""
