"""What an entry of the lexicon is, and how one is written in a line; the entries are elsewhere."""

from dataclasses import dataclass
from enum import StrEnum

from examples.phrasebook.english import plural_noun
from examples.phrasebook.german import (
    Case,
    Conjugation,
    Declension,
    Gender,
    conjugation,
    imperative,
    present_tense,
)


class Kind(StrEnum):
    """What a noun is, which decides the adjectives that go with it."""

    HUMAN = "human"
    ANIMAL = "animal"
    THING = "thing"
    CLOTHES = "clothes"
    VEHICLE = "vehicle"
    MEDIA = "media"
    IMAGE = "image"
    FOOD = "food"
    DRINK = "drink"
    PLACE = "place"
    TRIP = "trip"
    MATTER = "matter"


class Role(StrEnum):
    """What can be done with a noun, which decides the verbs that go with it."""

    KIN = "kin"
    PERSON = "person"
    DRIVEN = "driven"
    RIDDEN = "ridden"
    SCHEDULED = "scheduled"
    WATCHED = "watched"
    READ = "read"
    WRITTEN = "written"
    EATEN = "eaten"
    BAKED = "baked"
    SUPPLY = "supply"
    DRUNK = "drunk"
    BOUGHT = "bought"
    LOST = "lost"
    SMALL = "small"
    WORN = "worn"
    WARMING = "warming"
    WASHED = "washed"
    CLEANED = "cleaned"
    OPENED = "opened"
    SWITCHED = "switched"
    VIEWED = "viewed"
    KEPT = "kept"
    AWAITED = "awaited"
    EVENT = "event"


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrase:
    """The same words in both languages."""

    english: str
    german: str


NOTHING = Phrase(english="", german="")


def phrases(*pairs: tuple[str, str]) -> tuple[Phrase, ...]:
    """Write English and German side by side."""
    return tuple(Phrase(english=english, german=german) for english, german in pairs)


def words(*parts: str) -> str:
    """Join what is not empty with spaces."""
    return " ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class Noun:
    english: str
    english_plural: str
    german: str
    german_plural: str
    """Empty for a noun that is not counted."""
    gender: Gender
    kind: Kind
    roles: frozenset[Role]
    oblique: str
    """The accusative and dative singular: den Jungen."""


def noun(
    english: str,
    german: str,
    german_plural: str,
    kind: str,
    roles: str = "",
    *,
    oblique: str = "",
    english_plural: str = "",
) -> Noun:
    """Write `german` with its article; a noun without one exists in the plural only."""
    article, _, bare = german.rpartition(" ")
    return Noun(
        english=english,
        english_plural=english_plural or (plural_noun(english) if article else english),
        german=bare,
        german_plural=german_plural,
        gender=Gender(article or "plural"),
        kind=Kind(kind),
        roles=frozenset(map(Role, roles.split())),
        oblique=oblique or bare,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Determiner:
    english: str
    german: str
    declension: Declension
    has_endings: bool = True
    """False for the numbers and for no determiner at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjective:
    english: str
    german: str
    kinds: frozenset[Kind]
    is_attributive: bool
    """Whether it may stand before a noun."""
    is_graded: bool
    """Whether `so` and `very` may stand before it."""
    comparative: Phrase


@dataclass(frozen=True, kw_only=True, slots=True)
class Verb:
    english: str
    progressive: str
    past: str
    particle: str
    """What follows the English verb: look at, wait for."""
    infinitive: str
    prefix: str
    """What a German main clause moves to its end: sehe … an."""
    present: Conjugation
    imperative: str
    participle: str
    auxiliary: str
    """The infinitive of the perfect's auxiliary."""
    preterite: Conjugation | None
    """Given for the few verbs whose spoken past is not the perfect."""
    case: Case
    """The case of the object."""
    preposition: str
    """What stands before the German object: warte auf."""
    is_reflexive: bool
    """Whether German says it of oneself: freue mich."""


def verb(
    english: str,
    german: str,
    *,
    particle: str = "",
    case: Case = Case.ACCUSATIVE,
    preposition: str = "",
    reflexive: bool = False,
    present: str = "",
    preterite: str = "",
) -> Verb:
    """Write principal parts: `see seeing saw`, `an|sehen sieht angesehen`, `gehen geht ist …`."""
    base, progressive, past = english.split()
    written, third, *perfect = german.split()
    prefix, _, infinitive = written.rpartition("|")
    return Verb(
        english=base,
        progressive=progressive,
        past=past,
        particle=particle,
        infinitive=infinitive,
        prefix=prefix,
        present=conjugation(present) if present else present_tense(infinitive, third),
        imperative=imperative(infinitive, third),
        participle=perfect[-1],
        auxiliary="sein" if perfect[0] == "ist" else "haben",
        preterite=conjugation(preterite) if preterite else None,
        case=case,
        preposition=preposition,
        is_reflexive=reflexive,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    noun: Noun
    english: str
    """The preposition of being there; going there is always `to`."""
    german: str
    towards: str
    """The German preposition of going there; empty where nobody goes."""
    is_owned: bool
    """Whether `my` may stand before it."""
