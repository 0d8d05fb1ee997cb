"""Draws the parts of a sentence at random: who, what, where, with whom, when."""

from collections.abc import Sequence
from dataclasses import replace

from examples.phrasebook.adjectives import ADJECTIVES
from examples.phrasebook.clauses import Action, Negation, Subject, Weight
from examples.phrasebook.draw import Draw
from examples.phrasebook.german import Case, Gender, Person, after_preposition
from examples.phrasebook.lexicon import (
    BARE,
    COUNTS,
    KEIN,
    MY,
    NAMES,
    OUR,
    POSSESSIVES,
    PRONOUNS,
    SOON,
    THE,
    A,
    Pronoun,
)
from examples.phrasebook.noun_phrase import NounPhrase
from examples.phrasebook.nouns import nouns_for
from examples.phrasebook.usages import (
    ACTIONS,
    EXCURSIONS,
    MEALS,
    MEETINGS,
    PASTIMES,
    POSTURES,
    Pastime,
    Usage,
)
from examples.phrasebook.words import (
    NOTHING,
    Adjective,
    Noun,
    Phrase,
    Place,
    Role,
    Verb,
    words,
)

KIN = nouns_for(Role.KIN)
PEOPLE = nouns_for(Role.PERSON)
BELONGINGS = nouns_for(Role.BOUGHT)


def adjectives_for(noun: Noun) -> tuple[Adjective, ...]:
    return tuple(a for a in ADJECTIVES if noun.kind in a.kinds)


def attributes_for(noun: Noun) -> tuple[Adjective, ...]:
    return tuple(a for a in adjectives_for(noun) if a.is_attributive)


def described(draw: Draw, phrase: NounPhrase, share: float = 0.4) -> NounPhrase:
    """Give a noun phrase an adjective, in a share of the cases."""
    options = attributes_for(phrase.noun)
    return (
        replace(phrase, adjective=draw.one(options)) if options and draw.chance(share) else phrase
    )


def person_phrase(draw: Draw) -> NounPhrase:
    """`my brother`, `the teachers`."""
    if draw.chance(0.65):
        noun, determiner = draw.one(KIN), draw.one(POSSESSIVES)
    else:
        noun, determiner = draw.one(PEOPLE), THE
    is_plural = noun.gender is Gender.PLURAL or (bool(noun.german_plural) and draw.chance(0.2))
    return NounPhrase(noun=noun, determiner=determiner, is_plural=is_plural)


def thing_phrase(draw: Draw, nouns: Sequence[Noun], adjective: float = 0.3) -> NounPhrase:
    """`the red car`, `my keys`."""
    noun = draw.one(nouns)
    phrase = NounPhrase(
        noun=noun,
        determiner=draw.one((THE, *POSSESSIVES)),
        is_plural=bool(noun.german_plural) and draw.chance(0.15),
    )
    return described(draw, phrase, adjective)


def pronoun_subject(pronoun: Pronoun) -> Subject:
    return Subject(
        english=pronoun.english,
        german=pronoun.german,
        person=pronoun.person,
        gender=pronoun.gender,
        is_pronoun=True,
    )


def noun_subject(phrase: NounPhrase) -> Subject:
    return Subject(
        english=phrase.english(),
        german=phrase.german(Case.NOMINATIVE),
        person=phrase.person,
        gender=phrase.gender,
    )


def named_subject(draw: Draw) -> Subject:
    english, german, gender = draw.one(NAMES)
    return Subject(english=english, german=german, person=Person.HE, gender=gender)


def subject(draw: Draw, pronouns: float = 0.6) -> Subject:
    if draw.chance(pronouns):
        return pronoun_subject(draw.one((*PRONOUNS[:2], *PRONOUNS)))
    if draw.chance(0.3):
        return named_subject(draw)
    return noun_subject(person_phrase(draw))


def other_person(draw: Draw, than: Subject, case: Case) -> Phrase:
    """Somebody else as an object: `anna`, `my brother`."""
    while True:
        if draw.chance(0.3):
            english, german, _ = draw.one(NAMES)
            other = Phrase(english=english, german=german)
        else:
            other = person_phrase(draw).in_case(case)
        if other.english.split()[-1] != than.english.split()[-1]:
            return other


def companion(draw: Draw, than: Subject) -> Phrase:
    """`with my brother`: `mit meinem Bruder`."""
    other = other_person(draw, than, Case.DATIVE)
    return Phrase(english=f"with {other.english}", german=f"mit {other.german}")


def place(draw: Draw, places: Sequence[Place], adjective: float = 0.12) -> Phrase:
    """Being somewhere: `in a big car`: `in einem großen Auto`."""
    entry = draw.one(places)
    phrase = _place_phrase(draw, entry)
    if phrase.determiner is not THE:
        phrase = described(draw, phrase, adjective)
    return _located(entry, phrase)


def known_place(draw: Draw, places: Sequence[Place]) -> Phrase:
    """Being where everybody knows: `in the garden`: `im Garten`."""
    entry = draw.one(places)
    return _located(entry, NounPhrase(noun=entry.noun, determiner=THE))


def _located(entry: Place, phrase: NounPhrase) -> Phrase:
    return Phrase(
        english=f"{entry.english} {phrase.english()}",
        german=after_preposition(entry.german, phrase.german(Case.DATIVE)),
    )


def destination(draw: Draw, places: Sequence[Place]) -> Phrase:
    """Going somewhere: `to the station`: `zum Bahnhof`."""
    entry = draw.one([entry for entry in places if entry.towards])
    phrase = NounPhrase(noun=entry.noun, determiner=THE)
    case = Case.DATIVE if entry.towards == "zu" else Case.ACCUSATIVE
    return Phrase(
        english=f"to {phrase.english()}",
        german=after_preposition(entry.towards, phrase.german(case)),
    )


def _place_phrase(draw: Draw, entry: Place) -> NounPhrase:
    if entry.noun.gender is Gender.PLURAL or not entry.noun.german_plural:
        return NounPhrase(noun=entry.noun, determiner=THE)
    options = (A, THE, MY, OUR) if entry.is_owned else (A, THE)
    return NounPhrase(noun=entry.noun, determiner=draw.one(options))


def used_object(draw: Draw, usage: Usage) -> NounPhrase:
    noun = draw.one(usage.nouns)
    determiner = draw.one(usage.determiners)
    if not usage.is_described:
        return NounPhrase(noun=noun, determiner=determiner)
    if noun.german_plural and draw.chance(0.15):
        plural = draw.one((THE, BARE, *COUNTS))
        return NounPhrase(noun=noun, determiner=plural, is_plural=True)
    return described(draw, NounPhrase(noun=noun, determiner=determiner), 0.3)


def use(verb: Verb, phrase: NounPhrase) -> Action:
    """A verb with its object: `wait for the bus`: `auf den Bus warten`."""
    thing = phrase.in_case(verb.case)
    if verb.preposition:
        thing = replace(thing, german=f"{verb.preposition} {thing.german}")
        return Action(verb=verb, object=thing)
    return Action(verb=verb, object=thing, weight=phrase.weight)


def usage(draw: Draw, usages: Sequence[Usage]) -> Action:
    chosen = draw.one(usages)
    return use(chosen.verb, used_object(draw, chosen))


def negated_usage(draw: Draw, usages: Sequence[Usage]) -> Action:
    """An indefinite object becomes kein, all else is negated by nicht."""
    chosen = draw.one(usages)
    phrase = used_object(draw, chosen)
    while phrase.determiner in COUNTS:
        phrase = used_object(draw, chosen)
    if phrase.determiner in KEIN:
        negative = replace(phrase, determiner=KEIN[phrase.determiner])
        return replace(use(chosen.verb, negative), negation=Negation.KEIN)
    return replace(use(chosen.verb, phrase), negation=Negation.NICHT)


def pastime(draw: Draw, pastimes: Sequence[Pastime]) -> Action:
    chosen = draw.one(pastimes)
    return Action(verb=chosen.verb, object=chosen.rest)


def meeting(draw: Draw, who: Subject, verbs: Sequence[Verb] = MEETINGS) -> Action:
    """`visit my aunt`."""
    verb = draw.one(verbs)
    person = other_person(draw, who, verb.case)
    if verb.preposition:
        person = replace(person, german=f"{verb.preposition} {person.german}")
        return Action(verb=verb, object=person)
    return Action(verb=verb, object=person, weight=Weight.DEFINITE)


def posture(draw: Draw) -> Action:
    """`sit in an aeroplane`."""
    chosen = draw.one(POSTURES)
    at_a_haunt = bool(chosen.haunts) and draw.chance(0.12)
    where = draw.one(chosen.haunts) if at_a_haunt else place(draw, chosen.places)
    return Action(verb=chosen.verb, place=where)


def excursion(draw: Draw, adjective: float = 0.8, places: float = 0.0) -> Action:
    """`go for a long walk`: `einen langen Spaziergang machen`."""
    chosen = draw.one(EXCURSIONS)
    in_nature = bool(chosen.places) and draw.chance(places)
    trip = described(draw, NounPhrase(noun=chosen.noun, determiner=A), adjective)
    return Action(
        verb=chosen.verb,
        object=Phrase(
            english=f"{chosen.preposition} {trip.english()}", german=trip.german(Case.ACCUSATIVE)
        ),
        place=known_place(draw, chosen.places) if in_nature else NOTHING,
    )


def action(draw: Draw, who: Subject) -> Action:
    """Anything that somebody can do, want or have to do."""
    share = draw.one(range(100))
    if share < 55:
        return usage(draw, ACTIONS)
    if share < 70:
        return meeting(draw, who)
    if share < 86:
        return pastime(draw, PASTIMES)
    return pastime(draw, MEALS) if share < 93 else excursion(draw, 0.4)


def soon(draw: Draw, act: Action, share: float = 0.25) -> Action:
    """Put it in the near future; not `heute Abend zu Abend essen`, which no one says."""
    is_dinner = "Abend" in act.object.german
    times = [time for time in SOON if not (is_dinner and "Abend" in time.german)]
    return replace(act, time=draw.one(times)) if draw.chance(share) else act


def with_degree(degree: Phrase, adjective: Adjective) -> Phrase:
    return Phrase(
        english=words(degree.english, adjective.english),
        german=words(degree.german, adjective.german),
    )


def graded(draw: Draw, adjectives: Sequence[Adjective], degrees: Sequence[Phrase]) -> Phrase:
    """An adjective with or without a degree: `so good`, `red`."""
    adjective = draw.one(adjectives)
    degree = draw.one(degrees) if adjective.is_graded and draw.chance(0.75) else NOTHING
    return with_degree(degree, adjective)
