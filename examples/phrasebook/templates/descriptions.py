"""Sentences that say what somebody or something is like, is, has, costs or belongs to."""

from dataclasses import replace

from examples.phrasebook.adjectives import ADJECTIVES
from examples.phrasebook.choices import (
    BELONGINGS,
    KIN,
    PEOPLE,
    adjectives_for,
    described,
    graded,
    known_place,
    named_subject,
    negated_usage,
    noun_subject,
    other_person,
    person_phrase,
    place,
    pronoun_subject,
    subject,
    thing_phrase,
    usage,
)
from examples.phrasebook.clauses import Action, Mood, Negation, Pair, Subject, question, statement
from examples.phrasebook.draw import Draw
from examples.phrasebook.english import indefinite_article
from examples.phrasebook.german import Case, Gender, Person
from examples.phrasebook.lexicon import (
    AMOUNTS,
    COUNTS,
    DEGREES,
    NO,
    PAST,
    POSSESSIVES,
    PROFESSIONS,
    PRONOUNS,
    SOON,
    THE,
    WEATHER,
    A,
)
from examples.phrasebook.noun_phrase import NounPhrase
from examples.phrasebook.nouns import nouns_for
from examples.phrasebook.places import NATURE, ROOMS, SURFACES
from examples.phrasebook.usages import STATES, Usage
from examples.phrasebook.verbs import BE, BELONG, COST, HAVE, RAIN, SNOW
from examples.phrasebook.words import NOTHING, Kind, Phrase, Role, words

_THIS = Subject(english="this", german="das", person=Person.HE)
_IT = Subject(english="it", german="es", person=Person.HE)
_AFFIRMATIVE = DEGREES[:5]
_HUMAN_ADJECTIVES = tuple(a for a in ADJECTIVES if Kind.HUMAN in a.kinds)
_MATTER_ADJECTIVES = tuple(a for a in ADJECTIVES if Kind.MATTER in a.kinds)
_TANGIBLE = nouns_for(
    Role.BOUGHT, Role.DRIVEN, Role.WATCHED, Role.READ, Role.WORN, Role.KEPT, Role.LOST
)
_YOUNG = ("brother", "sister", "son", "daughter", "friend", "boy", "girl", "child")
_OWNED = nouns_for(Role.BOUGHT, Role.KEPT)


def _tense(draw: Draw) -> Mood:
    return Mood.SIMPLE if draw.chance(0.75) else Mood.PAST


def praise(draw: Draw) -> Pair:
    """`we are very happy !`: `wir sind sehr glücklich !`."""
    who = pronoun_subject(draw.one(PRONOUNS))
    complement = graded(draw, _HUMAN_ADJECTIVES, DEGREES)
    end = draw.one(("!", "!", ".", ""))
    return statement(who, _tense(draw), Action(verb=BE, object=complement), end)


def judgement(draw: Draw) -> Pair:
    """`this is so easy`: `das ist so einfach`; also without a final mark."""
    complement = graded(draw, _MATTER_ADJECTIVES, DEGREES)
    end = draw.one((".", "!", "", ""))
    return statement(_THIS, _tense(draw), Action(verb=BE, object=complement), end)


def condition(draw: Draw) -> Pair:
    """`my sister is too tired today .`: `meine Schwester ist heute zu müde .`."""
    who = named_subject(draw) if draw.chance(0.3) else noun_subject(person_phrase(draw))
    tense = _tense(draw)
    if draw.chance(0.7):
        complement = graded(draw, _HUMAN_ADJECTIVES, DEGREES)
        return statement(who, tense, Action(verb=BE, object=complement))
    time = draw.one(PAST[:2] if tense is Mood.PAST else SOON[:1])
    complement = graded(draw, _HUMAN_ADJECTIVES, _AFFIRMATIVE)
    return statement(who, tense, Action(verb=BE, object=complement, time=time))


def condition_question(draw: Draw) -> Pair:
    """`are you very tired ?`: `bist du sehr müde ?`."""
    complement = graded(draw, _HUMAN_ADJECTIVES, _AFFIRMATIVE)
    return question(subject(draw), _tense(draw), Action(verb=BE, object=complement))


def quality(draw: Draw) -> Pair:
    """`the car is too expensive .`: `das Auto ist zu teuer .`."""
    phrase = thing_phrase(draw, _TANGIBLE, 0.0)
    adjectives = adjectives_for(phrase.noun)
    what, tense = noun_subject(phrase), _tense(draw)
    if draw.chance(0.3):
        complement = graded(draw, adjectives, _AFFIRMATIVE)
        return question(what, tense, Action(verb=BE, object=complement))
    return statement(what, tense, Action(verb=BE, object=graded(draw, adjectives, DEGREES)))


def comparison(draw: Draw) -> Pair:
    """`the train is faster than the bus .`: `der Zug ist schneller als der Bus .`."""
    nouns = draw.one((_TANGIBLE, KIN, PEOPLE))
    first = draw.one([n for n in nouns if n.gender is not Gender.PLURAL])
    second = draw.one([n for n in nouns if n.kind is first.kind and n is not first])
    if second.gender is Gender.PLURAL:
        return comparison(draw)
    adjective = draw.one([a for a in adjectives_for(first) if a.comparative.english])
    owners = {KIN: POSSESSIVES, PEOPLE: (THE,)}.get(nouns, (THE, THE, *POSSESSIVES))
    other = NounPhrase(noun=second, determiner=draw.one(owners)).in_case(Case.NOMINATIVE)
    more, equal = adjective.comparative, draw.chance(0.3)
    compared = Phrase(
        english=f"as {adjective.english} as" if equal else f"{more.english} than",
        german=f"so {adjective.german} wie" if equal else f"{more.german} als",
    )
    complement = Phrase(
        english=words(compared.english, other.english), german=words(compared.german, other.german)
    )
    what = noun_subject(NounPhrase(noun=first, determiner=draw.one(owners)))
    return statement(what, Mood.SIMPLE, Action(verb=BE, object=complement))


def introduction(draw: Draw) -> Pair:
    """`this is my new bike .`: `das ist mein neues Fahrrad .`."""
    nouns = draw.one((_TANGIBLE, _TANGIBLE, _TANGIBLE, KIN, PEOPLE))
    noun = draw.one([n for n in nouns if n.gender is not Gender.PLURAL])
    owners = {KIN: POSSESSIVES, PEOPLE: (A, A, THE)}.get(nouns, (A, A, A, THE, *POSSESSIVES))
    phrase = NounPhrase(noun=noun, determiner=draw.one(owners))
    if nouns is not KIN:
        phrase = described(draw, phrase, 0.6)
    action = Action(verb=BE, object=phrase.in_case(Case.NOMINATIVE))
    if draw.chance(0.25):
        return question(_THIS, Mood.SIMPLE, action)
    return statement(_THIS, Mood.SIMPLE, action)


def profession(draw: Draw) -> Pair:
    """`my aunt is a doctor .`: `meine Tante ist Ärztin .`."""
    job, who = draw.one(PROFESSIONS), _with_known_sex(draw)
    german = job.feminine if who.gender is Gender.FEMININE else job.masculine
    title = f"{indefinite_article(job.english)} {job.english}"
    action = Action(verb=BE, object=Phrase(english=title, german=german))
    if draw.chance(0.3):
        return question(who, Mood.SIMPLE, action)
    return statement(who, Mood.SIMPLE, action)


def _with_known_sex(draw: Draw) -> Subject:
    while True:
        who = named_subject(draw) if draw.chance(0.3) else noun_subject(_relative(draw))
        if who.gender in (Gender.MASCULINE, Gender.FEMININE):
            return who


def _relative(draw: Draw) -> NounPhrase:
    return NounPhrase(noun=draw.one(KIN), determiner=draw.one(POSSESSIVES))


def age(draw: Draw) -> Pair:
    """`my son is seven years old .`: `mein Sohn ist sieben Jahre alt .`."""
    number = draw.one(AMOUNTS)
    complement = Phrase(english=f"{number.english} years old", german=f"{number.german} Jahre alt")
    return statement(_somebody_young(draw), Mood.SIMPLE, Action(verb=BE, object=complement))


def _somebody_young(draw: Draw) -> Subject:
    share = draw.one(range(10))
    if share < 3:
        return pronoun_subject(draw.one(PRONOUNS))
    if share < 6:
        return named_subject(draw)
    young = draw.one([n for n in KIN + PEOPLE if n.english in _YOUNG])
    owner = draw.one(POSSESSIVES) if young in KIN else THE
    return noun_subject(NounPhrase(noun=young, determiner=owner))


def price(draw: Draw) -> Pair:
    """`the bag costs ten euros .`: `die Tasche kostet zehn Euro .`."""
    number, what = draw.one(AMOUNTS), noun_subject(_priced(draw))
    cost = Phrase(english=f"{number.english} euros", german=f"{number.german} Euro")
    return statement(what, Mood.SIMPLE, Action(verb=COST, object=cost))


def price_question(draw: Draw) -> Pair:
    """`how much does the bag cost ?`: `wie viel kostet die Tasche ?`."""
    asking = Phrase(english="how much", german="wie viel")
    return question(noun_subject(_priced(draw)), Mood.SIMPLE, Action(verb=COST), asking)


def _priced(draw: Draw) -> NounPhrase:
    noun = draw.one([n for n in BELONGINGS if n.kind is not Kind.VEHICLE])
    phrase = NounPhrase(noun=noun, determiner=THE, is_plural=draw.chance(0.2))
    return described(draw, phrase, 0.4)


def belonging(draw: Draw) -> Pair:
    """`the red ball belongs to my son .`: `der rote Ball gehört meinem Sohn .`."""
    phrase = NounPhrase(noun=draw.one(_OWNED), determiner=THE, is_plural=draw.chance(0.2))
    what = noun_subject(described(draw, phrase, 0.4))
    if draw.chance(0.2):
        pronoun = draw.one(PRONOUNS)
        owner = Phrase(english=pronoun.english_object, german=pronoun.dative)
    else:
        owner = other_person(draw, what, Case.DATIVE)
    return statement(what, Mood.SIMPLE, Action(verb=BELONG, object=owner))


def possession(draw: Draw) -> Pair:
    """`he has a new car .`, `i do not have a dog .`, `do you have a key ?`."""
    has = Usage(verb=HAVE, nouns=_OWNED, determiners=(A,))
    who, share = subject(draw), draw.one(range(10))
    if share < 3:
        return statement(who, Mood.SIMPLE, negated_usage(draw, (has,)))
    if share < 5:
        return question(who, Mood.SIMPLE, usage(draw, (has,)))
    return statement(who, Mood.SIMPLE if share < 9 else Mood.PAST, usage(draw, (has,)))


def state(draw: Draw) -> Pair:
    """`we need bread .`: `wir brauchen Brot .`."""
    who, share = subject(draw), draw.one(range(10))
    if share < 3:
        return statement(who, Mood.SIMPLE, negated_usage(draw, STATES))
    if share < 5:
        return question(who, Mood.SIMPLE, usage(draw, STATES))
    return statement(who, Mood.SIMPLE, usage(draw, STATES))


def existence(draw: Draw) -> Pair:
    """`there are two apples on the table .`: `auf dem Tisch sind zwei Äpfel .`."""
    if draw.chance(0.6):
        nouns, where = nouns_for(Role.SMALL), place(draw, SURFACES, 0.0)
    else:
        nouns = nouns_for(Role.KEPT) + PEOPLE
        where = place(draw, ROOMS + NATURE, 0.0)
    noun, is_plural = draw.one(nouns), draw.chance(0.4)
    determiner = draw.one(COUNTS) if is_plural else draw.one((A, A, NO))
    phrase = NounPhrase(noun=noun, determiner=determiner, is_plural=is_plural)
    if determiner is A:
        phrase = described(draw, phrase, 0.3)
    is_past = draw.chance(0.2)
    there = ("were" if is_past else "are") if is_plural else ("was" if is_past else "is")
    sein = ("waren" if is_past else "sind") if is_plural else ("war" if is_past else "ist")
    return Pair(
        source=words("there", there, phrase.english(), where.english, "."),
        target=words(where.german, sein, phrase.german(Case.NOMINATIVE), "."),
    )


def weather(draw: Draw) -> Pair:
    """`it is very cold today .`: `es ist heute sehr kalt .`."""
    where = known_place(draw, NATURE) if draw.chance(0.5) else NOTHING
    if draw.chance(0.3):
        falling = Action(verb=draw.one((RAIN, SNOW)), place=where)
        if draw.chance(0.3):
            falling = replace(falling, negation=Negation.NICHT)
        return statement(_IT, Mood.ONGOING, falling)
    tense, condition_ = _tense(draw), draw.one(WEATHER)
    degree = draw.one((NOTHING, *_AFFIRMATIVE))
    complement = Phrase(
        english=words(degree.english, condition_.english),
        german=words(degree.german, condition_.german),
    )
    time = NOTHING
    if draw.chance(0.5):
        time = draw.one(PAST[:2] if tense is Mood.PAST else SOON[:1])
    return statement(_IT, tense, Action(verb=BE, object=complement, place=where, time=time))
