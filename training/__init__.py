"""The training job: SageMaker's folders and strings on one side, the engine on the other."""
