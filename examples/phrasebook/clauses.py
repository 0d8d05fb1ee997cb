"""How a clause is put together in both languages: word order, negation, tense, mood."""

from dataclasses import dataclass, replace
from enum import StrEnum

from examples.phrasebook.english import third_person
from examples.phrasebook.german import Conjugation, Gender, Person, conjugation
from examples.phrasebook.verbs import BE, HAVE
from examples.phrasebook.words import NOTHING, Phrase, Verb, words


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A sentence and its translation, in tokens separated by spaces."""

    source: str
    target: str


class Mood(StrEnum):
    """How English says it; German has one present for the first two."""

    ONGOING = "i am reading"
    SIMPLE = "i read"
    PAST = "i read yesterday"
    WANT = "i want to read"
    CAN = "i can read"
    HAVE_TO = "i have to read"
    SHOULD = "i should read"
    MAY = "i may read"


class Negation(StrEnum):
    NONE = "affirmative"
    NICHT = "a word of its own"
    KEIN = "in the object's determiner"


class Weight(StrEnum):
    """What an object is, which decides its place in a German clause."""

    PRONOUN = "before the time"
    DEFINITE = "before the place"
    INDEFINITE = "after the place"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    english: str
    german: str
    person: Person
    gender: Gender | None = None
    """Empty where a pronoun does not tell it."""
    is_pronoun: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """All of a clause but its subject and mood."""

    verb: Verb
    object: Phrase = NOTHING
    weight: Weight = Weight.INDEFINITE
    recipient: Phrase = NOTHING
    direction: Phrase = NOTHING
    companion: Phrase = NOTHING
    place: Phrase = NOTHING
    time: Phrase = NOTHING
    frequency: Phrase = NOTHING
    negation: Negation = Negation.NONE


@dataclass(frozen=True, kw_only=True, slots=True)
class _English:
    plain: str
    """The verb of a statement: am reading, reads."""
    auxiliary: str
    bare: str
    """With the auxiliary, the verb of a question or negation: does … read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _German:
    finite: str
    closing: str
    """What a main clause moves to its end: a prefix, an infinitive, a participle."""
    final: str
    """The whole verb as it ends a subordinate clause."""


_ADVERBS = ("up", "on", "off")
"""The particles that follow a pronoun: pick him up, but look for him."""
_BE_PRESENT = conjugation("am are is are")
_BE_PAST = conjugation("was were was were")
_MYSELF = {
    Person.I: "mich",
    Person.YOU: "dich",
    Person.HE: "sich",
    Person.WE: "uns",
    Person.THEY: "sich",
}
_MODALS = {
    Mood.WANT: conjugation("möchte möchtest möchte möchten"),
    Mood.CAN: conjugation("kann kannst kann können"),
    Mood.HAVE_TO: conjugation("muss musst muss müssen"),
    Mood.SHOULD: conjugation("sollte solltest sollte sollten"),
    Mood.MAY: conjugation("darf darfst darf dürfen"),
}


def statement(subject: Subject, mood: Mood, action: Action, end: str = ".") -> Pair:
    return Pair(
        source=words(subject.english, english_predicate(subject.person, mood, action), end),
        target=words(subject.german, german_predicate(subject.person, mood, action), end),
    )


def question(
    subject: Subject, mood: Mood, action: Action, asking: Phrase = NOTHING, end: str = "?"
) -> Pair:
    """Ask with or without a word such as `when`."""
    source = words(asking.english, _english_inverted(subject, mood, action), end)
    return Pair(source=source, target=words(asking.german, _inverted(subject, mood, action), end))


def after_time(time: Phrase, subject: Subject, mood: Mood, action: Action) -> Pair:
    """Begin with the time, which turns German subject and verb around."""
    source = words(time.english, subject.english, english_predicate(subject.person, mood, action))
    return Pair(
        source=words(source, "."), target=words(time.german, _inverted(subject, mood, action), ".")
    )


def inverted(subject: Subject, mood: Mood, action: Action) -> Phrase:
    """A statement that follows a subordinate clause."""
    return Phrase(
        english=words(subject.english, english_predicate(subject.person, mood, action)),
        german=_inverted(subject, mood, action),
    )


def subordinate(subject: Subject, mood: Mood, action: Action) -> Phrase:
    """A clause after `that`, `because` or `if`; its German verb comes last."""
    verb = _german_verb(action.verb, mood, subject.person)
    myself = _reflexive(action.verb, subject.person)
    return Phrase(
        english=words(subject.english, english_predicate(subject.person, mood, action)),
        german=words(subject.german, myself, _middle(action), verb.final),
    )


def command(action: Action, *, please: bool = False) -> Phrase:
    """Tell one person to do something, without the final mark."""
    negative = "do not" if action.negation is not Negation.NONE else ""
    verb = action.verb
    return Phrase(
        english=words("please" if please else "", negative, verb.english, _english_rest(action)),
        german=words("bitte" if please else "", verb.imperative, _middle(action), verb.prefix),
    )


def infinitive(action: Action) -> Phrase:
    """What follows `let us` and `lass uns`."""
    verb = action.verb
    return Phrase(
        english=words(verb.english, _english_rest(action)),
        german=words(_middle(action), verb.prefix + verb.infinitive),
    )


def english_predicate(person: Person, mood: Mood, action: Action) -> str:
    verb = _english_verb(action.verb, mood, person)
    if action.negation is Negation.NONE:
        return words(action.frequency.english, verb.plain, _english_rest(action))
    return words(_negated(verb.auxiliary), verb.bare, _english_rest(action))


def german_predicate(person: Person, mood: Mood, action: Action) -> str:
    verb = _german_verb(action.verb, mood, person)
    return words(verb.finite, _reflexive(action.verb, person), _middle(action), verb.closing)


def _english_inverted(subject: Subject, mood: Mood, action: Action) -> str:
    verb = _english_verb(action.verb, mood, subject.person)
    negative = "not" if action.negation is not Negation.NONE else ""
    return words(verb.auxiliary, subject.english, negative, verb.bare, _english_rest(action))


def _inverted(subject: Subject, mood: Mood, action: Action) -> str:
    """Verb first; sich stands before a noun and after a pronoun."""
    verb = _german_verb(action.verb, mood, subject.person)
    myself = _reflexive(action.verb, subject.person)
    both = (subject.german, myself) if subject.is_pronoun else (myself, subject.german)
    return words(verb.finite, *both, _middle(action), verb.closing)


def _reflexive(verb: Verb, person: Person) -> str:
    return _MYSELF[person] if verb.is_reflexive else ""


def _negated(auxiliary: str) -> str:
    return "cannot" if auxiliary == "can" else f"{auxiliary} not"


def _english_rest(action: Action) -> str:
    particle, thing = action.verb.particle, action.object.english
    is_turned = action.weight is Weight.PRONOUN and particle in _ADVERBS
    return words(
        *((thing, particle) if is_turned else (particle, action.recipient.english, thing)),
        action.direction.english,
        action.companion.english,
        action.place.english,
        action.time.english,
    )


def _middle(action: Action) -> str:
    """What stands between the two parts of a German verb: time, manner, place."""
    weight, thing = action.weight, action.object.german
    return words(
        thing if weight is Weight.PRONOUN else "",
        action.frequency.german,
        action.time.german,
        action.recipient.german,
        thing if weight is Weight.DEFINITE else "",
        "nicht" if action.negation is Negation.NICHT else "",
        action.companion.german,
        action.place.german,
        action.direction.german,
        thing if weight is Weight.INDEFINITE else "",
    )


def _english_verb(verb: Verb, mood: Mood, person: Person) -> _English:
    if verb is BE:
        return _english_be(mood, person)
    simple = third_person(verb.english) if person is Person.HE else verb.english
    does = "does" if person is Person.HE else "do"
    be = _BE_PRESENT.form(person)
    match mood:
        case Mood.ONGOING:
            return _with_auxiliary(be, verb.progressive)
        case Mood.SIMPLE:
            return _English(plain=simple, auxiliary=does, bare=verb.english)
        case Mood.PAST:
            return _English(plain=verb.past, auxiliary="did", bare=verb.english)
        case Mood.WANT | Mood.HAVE_TO:
            return _with_infinitive(mood, person, verb.english)
        case Mood.CAN | Mood.SHOULD | Mood.MAY:
            return _with_auxiliary(mood.name.lower(), verb.english)


def _english_be(mood: Mood, person: Person) -> _English:
    tense = _BE_PAST if mood is Mood.PAST else _BE_PRESENT
    return _with_auxiliary(tense.form(person), "")


def _with_auxiliary(auxiliary: str, bare: str) -> _English:
    return _English(plain=words(auxiliary, bare), auxiliary=auxiliary, bare=bare)


def _with_infinitive(mood: Mood, person: Person, bare: str) -> _English:
    base = "want" if mood is Mood.WANT else "have"
    finite = third_person(base) if person is Person.HE else base
    return _English(
        plain=f"{finite} to {bare}",
        auxiliary="does" if person is Person.HE else "do",
        bare=f"{base} to {bare}",
    )


def _german_verb(verb: Verb, mood: Mood, person: Person) -> _German:
    if mood in _MODALS:
        return _enclosing(_MODALS[mood].form(person), verb.prefix + verb.infinitive)
    if mood is Mood.PAST and verb.preterite is None:
        auxiliary = BE if verb.auxiliary == "sein" else HAVE
        return _enclosing(auxiliary.present.form(person), verb.participle)
    return _simple_tense(verb, _tense(verb, mood), person)


def _tense(verb: Verb, mood: Mood) -> Conjugation:
    return verb.preterite if mood is Mood.PAST and verb.preterite else verb.present


def _simple_tense(verb: Verb, tense: Conjugation, person: Person) -> _German:
    finite = tense.form(person)
    return _German(finite=finite, closing=verb.prefix, final=verb.prefix + finite)


def _enclosing(finite: str, closing: str) -> _German:
    return _German(finite=finite, closing=closing, final=f"{closing} {finite}")


def fondness(subject: Subject, action: Action) -> Pair:
    """Say what somebody likes doing: a verb in English, an adverb in German."""
    like = "likes" if subject.person is Person.HE else "like"
    gern = replace(action, frequency=Phrase(english="", german="gern"))
    return Pair(
        source=words(subject.english, like, action.verb.progressive, _english_rest(action), "."),
        target=words(subject.german, german_predicate(subject.person, Mood.SIMPLE, gern), "."),
    )
