"""Which request a seed and a number give."""

from random import Random

from benchmarks.fuzz.cases import Case, Target
from benchmarks.fuzz.endpoint_cases import endpoint_case
from benchmarks.fuzz.function_cases import function_case


def generate(seed: int, number: int) -> Case:
    """The case of a number; it is the same in every run with this seed."""
    random = Random(f"{seed} {number}")  # noqa: S311 - nothing here is a secret
    kind = random.random()
    if kind < 0.5:
        return function_case(random)
    if kind < 0.53:
        return endpoint_case(random, Target.STARVED)
    return endpoint_case(random, Target.WORDS if kind < 0.75 else Target.SUBWORDS)
