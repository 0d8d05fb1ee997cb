"""The endpoint: SageMaker's hosting contract around a translation model, without torch."""
