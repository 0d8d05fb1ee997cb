"""The REST API's function: HTTP in, SageMaker and the current model's description behind it."""
