"""What the service itself publishes to CloudWatch, for those who write it and who show it."""

from stacks.settings import Settings

NAMESPACE = "Translation"
SCORES = {"EvaluationBLEU": "bleu", "EvaluationChrF": "chrf"}
"""The metrics of a candidate that was evaluated, and the score that each holds."""


def score_dimensions(settings: Settings) -> dict[str, str]:
    """What tells one service's scores from another's."""
    return {"service": settings.name}
