"""How German inflects: articles, adjectives, nouns and verbs; it holds no vocabulary."""

from dataclasses import dataclass
from enum import StrEnum


class Gender(StrEnum):
    """The plural declines like a fourth gender, so it is one here."""

    MASCULINE = "der"
    FEMININE = "die"
    NEUTER = "das"
    PLURAL = "plural"


class Case(StrEnum):
    NOMINATIVE = "nominative"
    ACCUSATIVE = "accusative"
    DATIVE = "dative"


class Person(StrEnum):
    """The five persons of this phrasebook: `you` is always one person called du."""

    I = "i"  # noqa: E741 - the pronoun is its own best name
    YOU = "you"
    HE = "he"
    WE = "we"
    THEY = "they"


class Declension(StrEnum):
    """The endings that an adjective takes after a determiner."""

    WEAK = "after der"
    MIXED = "after ein"
    STRONG = "after nothing"


def _endings(nominative: str, accusative: str, dative: str) -> dict[Case, dict[Gender, str]]:
    """Read rows of four endings in the order of Gender; a dash is no ending."""
    rows = zip(Case, (nominative, accusative, dative), strict=True)
    return {
        case: {
            gender: ending.strip("-") for gender, ending in zip(Gender, row.split(), strict=True)
        }
        for case, row in rows
    }


DEFINITE_ARTICLE = _endings("der die das die", "den die das die", "dem der dem den")
EIN_ENDINGS = _endings("- e - e", "en e - e", "em er em en")
ADJECTIVE_ENDINGS = {
    Declension.WEAK: _endings("e e e en", "en e e en", "en en en en"),
    Declension.MIXED: _endings("er e es en", "en e es en", "en en en en"),
    Declension.STRONG: _endings("er e es e", "en e es e", "em er em en"),
}

_CONTRACTIONS = {
    "an dem": "am",
    "an das": "ans",
    "bei dem": "beim",
    "in dem": "im",
    "in das": "ins",
    "zu dem": "zum",
    "zu der": "zur",
}


def decline_adjective(adjective: str, declension: Declension, gender: Gender, case: Case) -> str:
    return _adjective_stem(adjective) + ADJECTIVE_ENDINGS[declension][case][gender]


def _adjective_stem(adjective: str) -> str:
    """Teuer gives teur-, müde gives müd-."""
    if adjective.endswith("euer"):
        return adjective[:-2] + "r"
    return adjective.removesuffix("e")


def dative_plural(plural: str) -> str:
    return plural if plural.endswith(("n", "s")) else plural + "n"


def after_preposition(preposition: str, noun_phrase: str) -> str:
    """Join a preposition to a noun phrase: in dem Garten becomes im Garten."""
    article, _, rest = noun_phrase.partition(" ")
    contracted = _CONTRACTIONS.get(f"{preposition} {article}")
    return f"{contracted} {rest}" if contracted else f"{preposition} {noun_phrase}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Conjugation:
    """One tense of one verb."""

    i: str
    you: str
    he: str
    plural: str

    def form(self, person: Person) -> str:
        match person:
            case Person.I:
                return self.i
            case Person.YOU:
                return self.you
            case Person.HE:
                return self.he
            case Person.WE | Person.THEY:
                return self.plural


def conjugation(forms: str) -> Conjugation:
    """Read the forms of ich, du, er and wir, separated by spaces."""
    i, you, he, plural = forms.split()
    return Conjugation(i=i, you=you, he=he, plural=plural)


def present_tense(infinitive: str, third: str) -> Conjugation:
    """The third person tells the second: fährt gives fährst, liest stays liest."""
    stem = third.removesuffix("t")
    second = third if stem.endswith(("s", "ß", "z")) else stem + "st"
    return Conjugation(i=verb_stem(infinitive) + "e", you=second, he=third, plural=infinitive)


def imperative(infinitive: str, third: str) -> str:
    """Lesen gives lies, fahren gives fahr, warten gives warte, füttern gives füttere."""
    stem, changed = verb_stem(infinitive), third.removesuffix("t")
    if stem.endswith(("d", "t", "ffn", "chn")) or not infinitive.endswith("en"):
        return stem + "e"
    return changed if "e" in stem and changed != stem and "i" in changed else stem


def verb_stem(infinitive: str) -> str:
    return infinitive[:-2] if infinitive.endswith("en") else infinitive[:-1]
