"""The kinds of value a hyperparameter can have: how each is read from a string and described."""

import math
from dataclasses import dataclass
from typing import Protocol

Value = int | float | bool | str


class Kind(Protocol):
    """Reads a hyperparameter's string."""

    def read(self, text: str) -> Value:
        """The value; raises `ValueError` without a message when it is not one."""
        ...

    def describe(self) -> str:
        """The valid values, to follow "must be"."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeNumber:
    """An integer from `least` up, or `otherwise`."""

    least: int = 1
    otherwise: int | None = None
    """One value below `least` that has a meaning of its own."""
    otherwise_means: str = ""
    even: bool = False

    def read(self, text: str) -> int:
        value = int(text)
        if value == self.otherwise:
            return value
        if value < self.least or (self.even and value % 2):
            raise ValueError
        return value

    def describe(self) -> str:
        number = "an even number" if self.even else "a whole number"
        alternative = "" if self.otherwise is None else f", or {self.otherwise}"
        meaning = f" ({self.otherwise_means})" if self.otherwise_means else ""
        return f"{number} from {self.least} up{alternative}{meaning}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RealNumber:
    """A finite number between two bounds."""

    least: float = -math.inf
    above: float = -math.inf
    most: float = math.inf
    below: float = math.inf
    nonzero: bool = False

    def read(self, text: str) -> float:
        value = float(text)
        inside = self.least <= value <= self.most and self.above < value < self.below
        if not math.isfinite(value) or not inside or (self.nonzero and not value):
            raise ValueError
        return value

    def describe(self) -> str:
        bounds = [
            f"{words} {bound:g}"
            for words, bound in (
                ("at least", self.least),
                ("above", self.above),
                ("at most", self.most),
                ("below", self.below),
            )
            if math.isfinite(bound)
        ]
        range_words = f" {' and '.join(bounds)}" if bounds else ""
        return f"a number{range_words}" + (" other than 0" if self.nonzero else "")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]

    def read(self, text: str) -> str:
        if text not in self.options:
            raise ValueError
        return text

    def describe(self) -> str:
        *others, last = self.options
        return f"{', '.join(others)} or {last}" if others else last


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false, in any case."""

    def read(self, text: str) -> bool:
        spelled = text.lower()
        if spelled not in ("true", "false"):
            raise ValueError
        return spelled == "true"

    def describe(self) -> str:
        return "true or false"


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Some text without white space around it."""

    most_characters: int

    def read(self, text: str) -> str:
        if not text or len(text) > self.most_characters:
            raise ValueError
        return text

    def describe(self) -> str:
        return f"text of 1 to {self.most_characters} characters"
