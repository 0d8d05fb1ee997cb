"""The evaluation job: a candidate translates a test set, is compared with the served model, judged.

Knows model archives and texts in SageMaker's folders; knows neither AWS nor the endpoint.
"""
