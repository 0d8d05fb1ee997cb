"""Sentences that tell what somebody does, did, wants, can or has to do."""

from collections.abc import Sequence
from dataclasses import replace

from examples.phrasebook.choices import (
    action,
    companion,
    negated_usage,
    other_person,
    pastime,
    person_phrase,
    place,
    posture,
    pronoun_subject,
    soon,
    subject,
    thing_phrase,
    use,
)
from examples.phrasebook.clauses import (
    Action,
    Mood,
    Negation,
    Pair,
    Subject,
    Weight,
    fondness,
    question,
    statement,
)
from examples.phrasebook.draw import Draw
from examples.phrasebook.german import Case, Person
from examples.phrasebook.lexicon import BARE, COUNTS, NOW, PAST, PRONOUNS, SOON, THE, A, I, Pronoun
from examples.phrasebook.noun_phrase import NounPhrase
from examples.phrasebook.nouns import nouns_for
from examples.phrasebook.places import HOME
from examples.phrasebook.usages import ACTIONS, GIFTS, MEALS, MEETINGS, PASTIMES
from examples.phrasebook.verbs import BAKE, DRINK, EAT, LIKE, LOOK_FORWARD, READ, WATCH, WRITE
from examples.phrasebook.words import NOTHING, Phrase, Role, words

_SINGLED_OUT = PRONOUNS[:-1]
"""Without `them`, which is `her` in German."""
_ENJOYED = tuple(u for u in ACTIONS if u.verb in (WATCH, READ, WRITE, EAT, DRINK, BAKE))
_MODAL = (Mood.CAN, Mood.HAVE_TO, Mood.SHOULD)


def wish(draw: Draw) -> Pair:
    """`i want to read a letter .`: `ich möchte einen Brief lesen .`."""
    who = pronoun_subject(I) if draw.chance(0.2) else subject(draw)
    return statement(who, Mood.WANT, soon(draw, action(draw, who), 0.15))


def refusal(draw: Draw) -> Pair:
    """`he does not want to buy a car .`: `er möchte kein Auto kaufen .`."""
    return statement(subject(draw), Mood.WANT, soon(draw, negated_usage(draw, ACTIONS), 0.2))


def ability(draw: Draw) -> Pair:
    """`you should visit your aunt .`: `du solltest deine Tante besuchen .`."""
    who, mood = subject(draw), draw.one(_MODAL)
    return statement(who, mood, soon(draw, action(draw, who)))


def inability(draw: Draw) -> Pair:
    """`she cannot open the door .`: `sie kann die Tür nicht öffnen .`."""
    act = soon(draw, negated_usage(draw, ACTIONS), 0.2)
    return statement(subject(draw), draw.one(_MODAL), act)


def occupation(draw: Draw) -> Pair:
    """`i am reading a good book .`: `ich lese ein gutes Buch .`."""
    who = subject(draw, 0.75)
    return statement(who, Mood.ONGOING, soon(draw, action(draw, who)))


def omission(draw: Draw) -> Pair:
    """`we are not watching the movie .`: `wir sehen den Film nicht .`."""
    return statement(subject(draw), Mood.ONGOING, soon(draw, negated_usage(draw, ACTIONS), 0.2))


def encounter(draw: Draw) -> Pair:
    """`anna is calling him tomorrow .`: `Anna ruft ihn morgen an .`."""
    who, verb = subject(draw), draw.one(MEETINGS)
    pronoun = draw.one(_others(who, _SINGLED_OUT))
    german = pronoun.dative if verb.case is Case.DATIVE else pronoun.accusative
    thing = Phrase(english=pronoun.english_object, german=words(verb.preposition, german))
    weight = Weight.INDEFINITE if verb.preposition else Weight.PRONOUN
    act = Action(verb=verb, object=thing, weight=weight)
    if draw.chance(0.2):
        act = replace(act, negation=Negation.NICHT)
    mood = draw.one((Mood.ONGOING, Mood.ONGOING, Mood.WANT, Mood.CAN, Mood.PAST, Mood.HAVE_TO))
    time = draw.one(PAST if mood is Mood.PAST else SOON) if draw.chance(0.4) else NOTHING
    return statement(who, mood, replace(act, time=time))


def meal(draw: Draw) -> Pair:
    """`we are having lunch in the garden .`: `wir essen im Garten zu Mittag .`."""
    who, chosen = subject(draw), draw.one((*MEALS[:3], *MEALS))
    act, share = Action(verb=chosen.verb, object=chosen.rest), draw.one(range(10))
    if share < 4:
        act = replace(act, place=HOME if draw.chance(0.1) else place(draw, chosen.places))
    if 3 <= share < 6:
        act = replace(act, companion=companion(draw, who))
    mood = Mood.PAST if draw.chance(0.2) else Mood.ONGOING
    if draw.chance(0.35):
        times = (PAST[0], PAST[2]) if mood is Mood.PAST else (*NOW, *SOON[3:])
        act = replace(act, time=draw.one(times))
    return statement(who, mood, act)


def whereabouts(draw: Draw) -> Pair:
    """`she is sleeping in a big bed .`: `sie schläft in einem großen Bett .`."""
    who = pronoun_subject(I) if draw.chance(0.15) else subject(draw, 0.7)
    act, share = posture(draw), draw.one(range(10))
    if share == 0:
        return statement(who, Mood.ONGOING, replace(act, negation=Negation.NICHT))
    if share == 1:
        return question(who, Mood.ONGOING, act)
    time = draw.one(NOW) if draw.chance(0.25) else NOTHING
    return statement(who, Mood.ONGOING, replace(act, time=time))


def _others(who: Subject, pronouns: Sequence[Pronoun]) -> list[Pronoun]:
    """Not `i help me`, and not `i help us` either."""
    speakers = (Person.I, Person.WE)
    return [
        pronoun
        for pronoun in pronouns
        if pronoun.english != who.english
        and not (pronoun.person in speakers and who.person in speakers)
    ]


def gift(draw: Draw) -> Pair:
    """`i am giving the child a book .`: `ich gebe dem Kind ein Buch .`."""
    who = subject(draw, 0.75)
    if draw.chance(0.35):
        pronoun = draw.one(_others(who, PRONOUNS))
        recipient = Phrase(english=pronoun.english_object, german=pronoun.dative)
    else:
        recipient = other_person(draw, who, Case.DATIVE)
    mood = draw.one((Mood.ONGOING, Mood.WANT, Mood.CAN, Mood.PAST))
    noun, is_plural = draw.one(nouns_for(Role.LOST)), draw.chance(0.1)
    thing = NounPhrase(
        noun=noun,
        determiner=draw.one(COUNTS) if is_plural else draw.one((A, A, THE)),
        is_plural=is_plural,
    )
    act = Action(
        verb=draw.one(GIFTS),
        recipient=recipient,
        object=thing.in_case(Case.ACCUSATIVE),
        weight=thing.weight,
    )
    return statement(who, mood, act)


def liking(draw: Draw) -> Pair:
    """`i like the movie .`, `do you like cheese ?`, `i like playing cards .`."""
    who, share = subject(draw), draw.one(range(10))
    if share < 4:
        return fondness(who, pastime(draw, PASTIMES) if draw.chance(0.5) else _enjoyment(draw))
    phrase = thing_phrase(draw, nouns_for(Role.WATCHED, Role.READ, Role.BOUGHT, Role.KEPT))
    if draw.chance(0.25):
        phrase = person_phrase(draw)
    act = Action(verb=LIKE, object=phrase.in_case(Case.ACCUSATIVE), weight=Weight.DEFINITE)
    if share < 6:
        return question(who, Mood.SIMPLE, act)
    if share < 8:
        return statement(who, Mood.SIMPLE, replace(act, negation=Negation.NICHT))
    return statement(who, Mood.SIMPLE, act)


def _enjoyment(draw: Draw) -> Action:
    """`read books`, `drink tea`."""
    chosen = draw.one(_ENJOYED)
    noun = draw.one(chosen.nouns)
    return use(
        chosen.verb, NounPhrase(noun=noun, determiner=BARE, is_plural=bool(noun.german_plural))
    )


def anticipation(draw: Draw) -> Pair:
    """`we are looking forward to the party .`: `wir freuen uns auf die Party .`."""
    who = subject(draw)
    event = NounPhrase(noun=draw.one(nouns_for(Role.EVENT)), determiner=THE)
    act = use(LOOK_FORWARD, event)
    if draw.chance(0.3):
        return question(who, Mood.ONGOING, act)
    return statement(who, Mood.ONGOING, act)
