"""Sentences about what is done regularly, was done, or will be done."""

from dataclasses import replace

from examples.phrasebook.choices import (
    action,
    companion,
    destination,
    excursion,
    meeting,
    negated_usage,
    noun_subject,
    pastime,
    posture,
    soon,
    subject,
    usage,
)
from examples.phrasebook.clauses import (
    Action,
    Mood,
    Negation,
    Pair,
    Subject,
    after_time,
    question,
    statement,
)
from examples.phrasebook.draw import Draw
from examples.phrasebook.lexicon import HOURS, OFTEN, PAST, REGULARLY, SOON, THE
from examples.phrasebook.noun_phrase import NounPhrase
from examples.phrasebook.nouns import nouns_for
from examples.phrasebook.places import BUILDINGS, NATURE, ROOMS, STOPS
from examples.phrasebook.usages import ACTIONS, EVENTS, MEALS, PAST_ACTIONS, PASTIMES, ROUTINES
from examples.phrasebook.verbs import ARRIVE, GO, LEAVE
from examples.phrasebook.words import NOTHING, Phrase, Role, words

_DESTINATIONS = ROOMS[1:2] + BUILDINGS + STOPS + NATURE


def habit(draw: Draw) -> Pair:
    """`my father often reads the newspaper .`: `mein Vater liest oft die Zeitung .`."""
    who = subject(draw)
    act = pastime(draw, PASTIMES) if draw.chance(0.4) else usage(draw, ACTIONS)
    if draw.chance(0.55):
        return statement(who, Mood.SIMPLE, replace(act, frequency=draw.one(OFTEN)))
    return statement(who, Mood.SIMPLE, replace(act, time=draw.one(REGULARLY)))


def routine(draw: Draw) -> Pair:
    """`i get up at seven every day .`: `ich stehe jeden Tag um sieben auf .`."""
    hour, regularly = draw.one(HOURS), draw.one((NOTHING, *REGULARLY[:1], *OFTEN))
    act = pastime(draw, ROUTINES)
    time = Phrase(english=f"at {hour.english}", german=f"um {hour.german}")
    if regularly in OFTEN:
        act = replace(act, frequency=regularly)
    else:
        time = Phrase(
            english=words(time.english, regularly.english),
            german=words(regularly.german, time.german),
        )
    return statement(subject(draw, 0.75), Mood.SIMPLE, replace(act, time=time))


def timetable(draw: Draw) -> Pair:
    """`the train leaves at eight .`: `der Zug fährt um acht ab .`."""
    what = noun_subject(NounPhrase(noun=draw.one(nouns_for(Role.SCHEDULED)), determiner=THE))
    hour, day = draw.one(HOURS), draw.one((NOTHING, *SOON[:2], *SOON[4:], REGULARLY[0]))
    time = Phrase(
        english=words("at", hour.english, day.english), german=words(day.german, "um", hour.german)
    )
    return statement(what, Mood.SIMPLE, Action(verb=draw.one((LEAVE, ARRIVE)), time=time))


def past_event(draw: Draw) -> Pair:
    """`i bought a car yesterday .`: `ich habe gestern ein Auto gekauft .`."""
    who = subject(draw)
    act = _past_action(draw, who)
    return statement(who, Mood.PAST, replace(act, time=draw.one((*PAST, NOTHING))))


def past_denial(draw: Draw) -> Pair:
    """`she did not close the window .`: `sie hat das Fenster nicht geschlossen .`."""
    act = negated_usage(draw, PAST_ACTIONS + EVENTS)
    return statement(subject(draw), Mood.PAST, soon_past(draw, act))


def _past_action(draw: Draw, who: Subject) -> Action:
    share = draw.one(range(10))
    if share < 5:
        return usage(draw, PAST_ACTIONS + EVENTS)
    if share < 7:
        return meeting(draw, who)
    if share < 9:
        return pastime(draw, PASTIMES + MEALS)
    return posture(draw)


def soon_past(draw: Draw, act: Action, share: float = 0.3) -> Action:
    return replace(act, time=draw.one(PAST)) if draw.chance(share) else act


def planned_time(draw: Draw) -> Pair:
    """`tomorrow i am going to the beach .`: `morgen gehe ich an den Strand .`."""
    who = subject(draw)
    if draw.chance(0.35):
        return after_time(draw.one(PAST), who, Mood.PAST, _past_action(draw, who))
    act = _journey(draw, who) if draw.chance(0.3) else action(draw, who)
    mood = draw.one((Mood.ONGOING, Mood.ONGOING, Mood.WANT, Mood.CAN, Mood.HAVE_TO))
    return after_time(draw.one(SOON), who, mood, act)


def journey(draw: Draw) -> Pair:
    """`we are going to the station .`: `wir gehen zum Bahnhof .`."""
    who, share = subject(draw), draw.one(range(10))
    act = soon(draw, _journey(draw, who), 0.35)
    if share < 2:
        return question(who, draw.one((Mood.ONGOING, Mood.WANT)), act)
    if share < 3:
        return statement(who, Mood.ONGOING, replace(act, negation=Negation.NICHT))
    return statement(who, draw.one((Mood.ONGOING, Mood.ONGOING, Mood.WANT, Mood.HAVE_TO)), act)


def _journey(draw: Draw, who: Subject) -> Action:
    where = destination(draw, _DESTINATIONS)
    with_whom = companion(draw, who) if draw.chance(0.25) else NOTHING
    return Action(verb=GO, companion=with_whom, direction=where)


def outing(draw: Draw) -> Pair:
    """`they are going for a short hike .`: `sie machen eine kurze Wanderung .`."""
    who = subject(draw)
    act = soon(draw, excursion(draw), 0.4)
    if draw.chance(0.3):
        act = replace(act, companion=companion(draw, who))
    return statement(who, draw.one((Mood.ONGOING, Mood.WANT, Mood.CAN, Mood.HAVE_TO)), act)
