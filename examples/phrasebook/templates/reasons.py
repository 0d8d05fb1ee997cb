"""Sentences of two clauses: because, if, that; their second German verb comes last."""

from dataclasses import dataclass

from examples.phrasebook.adjectives import ADJECTIVES
from examples.phrasebook.choices import action, graded, pastime, pronoun_subject, subject, usage
from examples.phrasebook.clauses import (
    Action,
    Mood,
    Pair,
    Subject,
    inverted,
    statement,
    subordinate,
)
from examples.phrasebook.draw import Draw
from examples.phrasebook.german import Gender, Person
from examples.phrasebook.lexicon import POSSESSIVES, PRONOUNS, THE, A
from examples.phrasebook.nouns import nouns_for
from examples.phrasebook.places import HOME
from examples.phrasebook.usages import ACTIONS, MEALS, Pastime, Usage
from examples.phrasebook.verbs import (
    BE,
    CLOSE,
    DANCE,
    DRINK,
    EAT,
    GO,
    HAVE_AND_MAKE,
    LISTEN,
    PLAY,
    PUT_ON,
    RAIN,
    SING,
    SLEEP,
    SNOW,
    STAY,
    WEAR,
)
from examples.phrasebook.words import NOTHING, Kind, Phrase, Role, Verb, words

_IT = Subject(english="it", german="es", person=Person.HE)
_VERY = Phrase(english="very", german="sehr")
_STAY_AT_HOME = Pastime(verb=STAY, rest=HOME)
_GO_TO_BED = Pastime(verb=GO, rest=Phrase(english="to bed", german="ins Bett"))
_BREAK = Pastime(verb=HAVE_AND_MAKE, rest=Phrase(english="a break", german="eine Pause"))
_MUSIC = Pastime(verb=LISTEN, rest=Phrase(english="music", german="Musik"))
_CARDS = Pastime(verb=PLAY, rest=Phrase(english="cards", german="Karten"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Motive:
    """What somebody does who feels like this."""

    feelings: tuple[str, ...] = ()
    usages: tuple[Usage, ...] = ()
    pastimes: tuple[Pastime, ...] = ()


def _usages(*verbs: Verb) -> tuple[Usage, ...]:
    return tuple(usage for usage in ACTIONS if usage.verb in verbs)


_MOTIVES = (
    Motive(feelings=("hungry",), usages=_usages(EAT), pastimes=MEALS[:3]),
    Motive(feelings=("thirsty",), usages=_usages(DRINK)),
    Motive(
        feelings=("tired", "sick"),
        pastimes=(Pastime(verb=SLEEP), _GO_TO_BED, _STAY_AT_HOME, _BREAK),
    ),
    Motive(feelings=("sad", "angry", "nervous"), pastimes=(_MUSIC, _GO_TO_BED, _CARDS)),
    Motive(feelings=("happy",), pastimes=(Pastime(verb=SING), Pastime(verb=DANCE), _MUSIC)),
)
_WARM_CLOTHES = nouns_for(Role.WARMING)
_OPENINGS = tuple(n for n in nouns_for(Role.OPENED) if Role.CLEANED in n.roles)
"""Doors and windows: what one both opens and cleans."""
_IN_BAD_WEATHER = Motive(
    usages=tuple(
        Usage(verb=verb, nouns=nouns, determiners=determiners, is_described=False)
        for verb, nouns, determiners in (
            (WEAR, _WARM_CLOTHES, (A, *POSSESSIVES)),
            (PUT_ON, _WARM_CLOTHES, (A, *POSSESSIVES)),
            (CLOSE, _OPENINGS, (THE,)),
        )
    ),
    pastimes=(_STAY_AT_HOME,),
)
_THOUGHTS = (
    Phrase(english="i think that", german="ich glaube , dass"),
    Phrase(english="i know that", german="ich weiß , dass"),
    Phrase(english="we think that", german="wir glauben , dass"),
    Phrase(english="we know that", german="wir wissen , dass"),
)


def reason(draw: Draw) -> Pair:
    """`i am staying at home because it is raining .`: `…, weil es regnet .`."""
    who = _nameable_again(draw)
    if draw.chance(0.4):
        deed, cause = _deed(draw, _IN_BAD_WEATHER), _bad_weather(draw)
    else:
        motive = draw.one(_MOTIVES)
        cause = subordinate(_same_again(who), Mood.SIMPLE, _feeling(draw, motive))
        deed = _deed(draw, motive)
    main = statement(who, Mood.ONGOING, deed, "")
    return Pair(
        source=words(main.source, "because", cause.english, "."),
        target=words(main.target, ", weil", cause.german, "."),
    )


def advice(draw: Draw) -> Pair:
    """`if you are tired , you should sleep .`: `wenn du müde bist , solltest du schlafen .`."""
    who, mood = pronoun_subject(draw.one(PRONOUNS)), draw.one((Mood.CAN, Mood.SHOULD))
    if draw.chance(0.3):
        condition, deed = _bad_weather(draw), _deed(draw, _IN_BAD_WEATHER)
    else:
        motive = draw.one(_MOTIVES)
        condition = subordinate(who, Mood.SIMPLE, _feeling(draw, motive))
        deed = _deed(draw, motive)
    main = inverted(who, mood, deed)
    return Pair(
        source=words("if", condition.english, ",", main.english, "."),
        target=words("wenn", condition.german, ",", main.german, "."),
    )


def belief(draw: Draw) -> Pair:
    """`i think that he can swim .`: `ich glaube , dass er schwimmen kann .`."""
    thought, who = draw.one(_THOUGHTS), subject(draw)
    if draw.chance(0.4):
        adjectives = tuple(a for a in ADJECTIVES if Kind.HUMAN in a.kinds)
        state = Action(verb=BE, object=graded(draw, adjectives, (_VERY, NOTHING)))
        clause = subordinate(who, Mood.SIMPLE, state)
    else:
        mood = draw.one((Mood.WANT, Mood.CAN, Mood.HAVE_TO, Mood.SHOULD))
        clause = subordinate(who, mood, action(draw, who))
    return Pair(
        source=words(thought.english, clause.english, "."),
        target=words(thought.german, clause.german, "."),
    )


def _deed(draw: Draw, motive: Motive) -> Action:
    if motive.usages and (not motive.pastimes or draw.chance(0.7)):
        return usage(draw, motive.usages)
    return pastime(draw, motive.pastimes)


def _feeling(draw: Draw, motive: Motive) -> Action:
    adjectives = tuple(a for a in ADJECTIVES if a.english in motive.feelings)
    return Action(verb=BE, object=graded(draw, adjectives, (_VERY, NOTHING)))


def _bad_weather(draw: Draw) -> Phrase:
    if draw.chance(0.6):
        return subordinate(_IT, Mood.ONGOING, Action(verb=draw.one((RAIN, SNOW))))
    cold = draw.one(
        (Phrase(english="cold", german="kalt"), Phrase(english="very cold", german="sehr kalt"))
    )
    return subordinate(_IT, Mood.SIMPLE, Action(verb=BE, object=cold))


def _nameable_again(draw: Draw) -> Subject:
    """Somebody whom `he` or `she` can stand for; a child could be either."""
    while True:
        who = subject(draw)
        if who.gender is not Gender.NEUTER:
            return who


def _same_again(who: Subject) -> Subject:
    same = [
        pronoun
        for pronoun in PRONOUNS
        if pronoun.person is who.person and pronoun.gender in (None, who.gender)
    ]
    return pronoun_subject(same[0])
