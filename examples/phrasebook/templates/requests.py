"""Questions, commands, proposals and greetings: sentences that want an answer or a deed."""

from dataclasses import replace

from examples.phrasebook.adjectives import ADJECTIVES
from examples.phrasebook.choices import (
    BELONGINGS,
    action,
    companion,
    described,
    excursion,
    meeting,
    negated_usage,
    noun_subject,
    pastime,
    person_phrase,
    pronoun_subject,
    soon,
    subject,
    thing_phrase,
    usage,
    with_degree,
)
from examples.phrasebook.clauses import (
    Action,
    Mood,
    Pair,
    Subject,
    command,
    infinitive,
    question,
    statement,
)
from examples.phrasebook.draw import Draw
from examples.phrasebook.german import Case, Person
from examples.phrasebook.lexicon import (
    GREETINGS,
    HE,
    NAMES,
    PAST,
    PRONOUNS,
    SHE,
    SOON,
    THE,
    WE,
    YOU,
    I,
)
from examples.phrasebook.noun_phrase import NounPhrase
from examples.phrasebook.nouns import nouns_for
from examples.phrasebook.places import BUILDINGS, NATURE, STOPS
from examples.phrasebook.usages import (
    ACTIONS,
    EVENTS,
    GIFTS,
    MEALS,
    MEETINGS,
    PAST_ACTIONS,
    PASTIMES,
)
from examples.phrasebook.verbs import BE, BUY, DRINK, EAT, READ, SELL, WATCH, WRITE
from examples.phrasebook.words import NOTHING, Kind, Phrase, Role, words

_WHO = Subject(english="who", german="wer", person=Person.HE)
_COMMANDED = tuple(u for u in ACTIONS if u.is_described or u.determiners == (THE,))
_WHAT = Phrase(english="what", german="was")
_WHY = Phrase(english="why", german="warum")
_WHEN = Phrase(english="when", german="wann")
_WHERE = Phrase(english="where", german="wo")


def request_for_ability(draw: Draw) -> Pair:
    """`can you ride a bike ?`: `kannst du ein Fahrrad fahren ?`."""
    who = subject(draw, 0.75)
    return question(who, Mood.CAN, soon(draw, action(draw, who), 0.12))


def permission(draw: Draw) -> Pair:
    """`may i open the window ?`: `darf ich das Fenster öffnen ?`."""
    who = pronoun_subject(draw.one((I, I, WE)))
    return question(who, Mood.MAY, soon(draw, action(draw, who), 0.1))


def duty_question(draw: Draw) -> Pair:
    """`do you have to work today ?`: `musst du heute arbeiten ?`."""
    who = subject(draw)
    return question(who, Mood.HAVE_TO, soon(draw, action(draw, who), 0.3))


def invitation(draw: Draw) -> Pair:
    """`do you want to have lunch with me ?`: `möchtest du mit mir zu Mittag essen ?`."""
    who = pronoun_subject(YOU)
    act = draw.one((excursion(draw), pastime(draw, MEALS), pastime(draw, PASTIMES)))
    if draw.chance(0.6):
        partner = draw.one((I, WE, HE, SHE))
        act = replace(
            act,
            companion=Phrase(
                english=f"with {partner.english_object}", german=f"mit {partner.dative}"
            ),
        )
    return question(who, Mood.WANT, soon(draw, act, 0.5))


def wish_question(draw: Draw) -> Pair:
    """`does he want to watch the game ?`: `möchte er das Spiel sehen ?`."""
    who = subject(draw)
    return question(who, Mood.WANT, soon(draw, action(draw, who), 0.2))


def occupation_question(draw: Draw) -> Pair:
    """`are you reading the letter ?`: `liest du den Brief ?`."""
    who = subject(draw)
    return question(who, Mood.ONGOING, soon(draw, action(draw, who), 0.2))


def past_question(draw: Draw) -> Pair:
    """`did you turn on the light ?`: `hast du das Licht angemacht ?`."""
    act = usage(draw, PAST_ACTIONS + EVENTS)
    time = draw.one(PAST) if draw.chance(0.3) else NOTHING
    return question(subject(draw), Mood.PAST, replace(act, time=time))


def who_question(draw: Draw) -> Pair:
    """`who is driving the bus ?`: `wer fährt den Bus ?`."""
    act, mood = action(draw, _WHO), draw.one((Mood.ONGOING, Mood.WANT, Mood.CAN, Mood.HAVE_TO))
    return statement(_WHO, mood, soon(draw, act, 0.15), "?")


def what_question(draw: Draw) -> Pair:
    """`what are you reading ?`: `was liest du ?`."""
    act = Action(verb=draw.one((READ, EAT, DRINK, WRITE, WATCH, BUY, SELL)))
    mood = draw.one((Mood.ONGOING, Mood.WANT, Mood.PAST))
    time = draw.one(PAST if mood is Mood.PAST else SOON) if draw.chance(0.4) else NOTHING
    return question(subject(draw), mood, replace(act, time=time), _WHAT)


def when_question(draw: Draw) -> Pair:
    """`when are you visiting your aunt ?`: `wann besuchst du deine Tante ?`."""
    who = subject(draw)
    mood = draw.one((Mood.ONGOING, Mood.WANT, Mood.HAVE_TO))
    return question(who, mood, action(draw, who), _WHEN)


def why_question(draw: Draw) -> Pair:
    """`why are you so sad ?`: `warum bist du so traurig ?`."""
    who = subject(draw)
    if draw.chance(0.5):
        adjectives = tuple(a for a in ADJECTIVES if Kind.HUMAN in a.kinds)
        so = Phrase(english="so", german="so")
        act = Action(verb=BE, object=with_degree(so, draw.one(adjectives)))
        return question(who, Mood.SIMPLE, act, _WHY)
    if draw.chance(0.4):
        return question(who, Mood.PAST, usage(draw, PAST_ACTIONS), _WHY)
    return question(who, Mood.ONGOING, action(draw, who), _WHY)


def where_question(draw: Draw) -> Pair:
    """`where are my keys ?`: `wo sind meine Schlüssel ?`."""
    share = draw.one(range(10))
    if share < 4:
        phrase = thing_phrase(draw, nouns_for(Role.LOST, Role.KEPT, Role.BOUGHT), 0.3)
    elif share < 7:
        phrase = person_phrase(draw)
    else:
        entry = draw.one(BUILDINGS + STOPS + NATURE)
        phrase = NounPhrase(noun=entry.noun, determiner=THE)
        asking = Phrase(english="excuse me , where", german="Entschuldigung , wo")
        return question(noun_subject(phrase), Mood.SIMPLE, Action(verb=BE), asking)
    return question(noun_subject(phrase), Mood.SIMPLE, Action(verb=BE), _WHERE)


def purchase_question(draw: Draw) -> Pair:
    """`where did you buy the red coat ?`: `wo hast du den roten Mantel gekauft ?`."""
    phrase = thing_phrase(draw, BELONGINGS, 0.3)
    act = Action(verb=BUY, object=phrase.in_case(Case.ACCUSATIVE))
    return question(subject(draw), Mood.PAST, act, _WHERE)


def order(draw: Draw) -> Pair:
    """`please open the window !`: `bitte öffne das Fenster !`."""
    you = pronoun_subject(YOU)
    share = draw.one(range(10))
    if share < 6:
        act = usage(draw, _COMMANDED)
    elif share < 8:
        act = meeting(draw, you, MEETINGS[:6])
    else:
        act = pastime(draw, PASTIMES)
    if draw.chance(0.2):
        act = soon(draw, act, 1.0)
    phrase = command(act, please=draw.chance(0.5))
    return _exclaimed(phrase)


def prohibition(draw: Draw) -> Pair:
    """`do not close the door !`: `schließ die Tür nicht !`."""
    return _exclaimed(command(negated_usage(draw, _COMMANDED), please=draw.chance(0.3)))


def handing_over(draw: Draw) -> Pair:
    """`give me the key !`: `gib mir den Schlüssel !`."""
    partner = draw.one((I, WE, HE, SHE))
    thing = thing_phrase(draw, nouns_for(Role.LOST), 0.3)
    act = Action(
        verb=draw.one(GIFTS),
        recipient=Phrase(english=partner.english_object, german=partner.dative),
        object=thing.in_case(Case.ACCUSATIVE),
        weight=thing.weight,
    )
    return _exclaimed(command(act, please=draw.chance(0.5)))


def _exclaimed(phrase: Phrase) -> Pair:
    return Pair(source=f"{phrase.english} !", target=f"{phrase.german} !")


def proposed_excursion(draw: Draw) -> Pair:
    """`come let us go for a short walk .`: `komm , lass uns einen kurzen Spaziergang machen .`."""
    act = soon(draw, excursion(draw, 0.85, places=0.2), 0.4)
    if draw.chance(0.3):
        act = replace(act, companion=companion(draw, pronoun_subject(WE)))
    return _proposal(act, come=draw.chance(0.8))


def proposal(draw: Draw) -> Pair:
    """`let us bake a cake .`: `lass uns einen Kuchen backen .`."""
    act = soon(draw, action(draw, pronoun_subject(WE)), 0.25)
    return _proposal(act, come=draw.chance(0.5))


def _proposal(act: Action, *, come: bool) -> Pair:
    deed = infinitive(act)
    return Pair(
        source=words("come" if come else "", "let us", deed.english, "."),
        target=words("komm ," if come else "", "lass uns", deed.german, "."),
    )


def greeting(draw: Draw) -> Pair:
    """`good morning , anna !`: `guten Morgen , Anna !`."""
    phrase, (english, german, _) = draw.one(GREETINGS), draw.one(NAMES)
    end = draw.one(("!", "."))
    return Pair(
        source=f"{phrase.english} , {english} {end}", target=f"{phrase.german} , {german} {end}"
    )


def thanks(draw: Draw) -> Pair:
    """`thank you for the flowers !`: `danke für die Blumen !`."""
    nouns = nouns_for(Role.BOUGHT, Role.EATEN, Role.READ, Role.DRUNK)
    noun = draw.one(nouns)
    is_plural = bool(noun.german_plural) and draw.chance(0.2)
    phrase = NounPhrase(noun=noun, determiner=THE, is_plural=is_plural)
    gift = described(draw, phrase, 0.5).in_case(Case.ACCUSATIVE)
    return Pair(source=f"thank you for {gift.english} !", target=f"danke für {gift.german} !")


def wellbeing(draw: Draw) -> Pair:
    """`how is your mother today ?`: `wie geht es deiner Mutter heute ?`."""
    time = draw.one((NOTHING, SOON[0]))
    if draw.chance(0.2):
        pronoun = draw.one(PRONOUNS[1:])
        plural = pronoun.person in (Person.YOU, Person.WE, Person.THEY)
        who, be = Phrase(english=pronoun.english, german=pronoun.dative), "are" if plural else "is"
    else:
        phrase = person_phrase(draw)
        who, be = phrase.in_case(Case.DATIVE), "are" if phrase.person is Person.THEY else "is"
    return Pair(
        source=words("how", be, who.english, time.english, "?"),
        target=words("wie geht es", who.german, time.german, "?"),
    )
