"""The state machine's first step: from an execution's input to the plan of its jobs."""
