"""AWS on one machine: an in-process AWS with a SageMaker that really trains and serves."""
