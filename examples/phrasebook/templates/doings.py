"""Sentences that tell what somebody does, did, wants, can or has to do."""

from collections.abc import Sequence
from dataclasses import replace

from examples.phrasebook.choices import (
    Draw,
    action,
    companion,
    destination,
    excursion,
    meeting,
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
    usage,
    use,
)
from examples.phrasebook.clauses import (
    Action,
    Mood,
    Negation,
    Pair,
    Subject,
    Weight,
    after_time,
    fondness,
    question,
    statement,
)
from examples.phrasebook.german import Case, Person
from examples.phrasebook.lexicon import (
    BARE,
    BUILDINGS,
    COUNTS,
    HOME,
    HOURS,
    NATURE,
    NOW,
    OFTEN,
    PAST,
    PRONOUNS,
    REGULARLY,
    ROOMS,
    SOON,
    STOPS,
    THE,
    A,
    I,
    Pronoun,
)
from examples.phrasebook.noun_phrase import NounPhrase
from examples.phrasebook.nouns import nouns_for
from examples.phrasebook.verbs import (
    ACTIONS,
    ARRIVE,
    BAKE,
    DRINK,
    EAT,
    EVENTS,
    GIFTS,
    GO,
    LEAVE,
    LIKE,
    LOOK_FORWARD,
    MEALS,
    MEETINGS,
    PAST_ACTIONS,
    PASTIMES,
    READ,
    ROUTINES,
    WATCH,
    WRITE,
)
from examples.phrasebook.words import NOTHING, Phrase, Role, words

_REFLEXIVE = {
    Person.I: "mich",
    Person.YOU: "dich",
    Person.HE: "sich",
    Person.WE: "uns",
    Person.THEY: "sich",
}
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
    who = subject(draw)
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
    return statement(subject(draw), Mood.SIMPLE, replace(act, time=time))


def timetable(draw: Draw) -> Pair:
    """`the train leaves at eight .`: `der Zug fährt um acht ab .`."""
    noun = draw.one(nouns_for(Role.SCHEDULED))
    phrase = NounPhrase(noun=noun, determiner=draw.one((THE,)))
    hour, day = draw.one(HOURS), draw.one((NOTHING, *SOON[:2], *SOON[4:], REGULARLY[0]))
    time = Phrase(
        english=words("at", hour.english, day.english), german=words(day.german, "um", hour.german)
    )
    what = Subject(
        english=phrase.english(), german=phrase.german(Case.NOMINATIVE), person=Person.HE
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
    if share < 6:
        return usage(draw, PAST_ACTIONS + EVENTS)
    if share < 8:
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
    where = destination(draw, ROOMS + BUILDINGS + STOPS + NATURE)
    with_whom = companion(draw, who) if draw.chance(0.25) else NOTHING
    return Action(verb=GO, companion=with_whom, direction=where)


def outing(draw: Draw) -> Pair:
    """`they are going for a short hike .`: `sie machen eine kurze Wanderung .`."""
    who = subject(draw)
    act = soon(draw, excursion(draw), 0.4)
    if draw.chance(0.3):
        act = replace(act, companion=companion(draw, who))
    return statement(who, draw.one((Mood.ONGOING, Mood.WANT, Mood.CAN, Mood.HAVE_TO)), act)


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
    who, time = subject(draw), NOTHING
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
        time=time,
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
    act = Action(
        verb=LOOK_FORWARD,
        recipient=Phrase(english="", german=_REFLEXIVE[who.person]),
        object=Phrase(english=event.english(), german=f"auf {event.german(Case.ACCUSATIVE)}"),
    )
    if draw.chance(0.3):
        return question(who, Mood.ONGOING, act)
    return statement(who, Mood.ONGOING, act)
