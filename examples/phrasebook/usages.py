"""What is done with what: which verbs take which objects, and where."""

from dataclasses import dataclass

from examples.phrasebook.lexicon import BARE, THE, A
from examples.phrasebook.nouns import nouns_for
from examples.phrasebook.places import (
    BEDS,
    BUILDINGS,
    HOME,
    NATURE,
    RIDES,
    ROOMS,
    SCHOOL,
    SEATS,
    STOPS,
)
from examples.phrasebook.verbs import (
    BAKE,
    BUY,
    CALL,
    CLEAN,
    CLOSE,
    COME,
    COOK,
    DANCE,
    DO,
    DRINK,
    DRIVE,
    EAT,
    FEED,
    FIND,
    GET_UP,
    GIVE,
    GO,
    GO_AND_MAKE,
    HAVE,
    HAVE_A_MEAL,
    HAVE_A_PARTY,
    HAVE_AND_MAKE,
    HAVE_BREAKFAST,
    HELP,
    INVITE,
    KNOW,
    LEARN,
    LEND,
    LIE,
    LISTEN,
    LOOK_AT,
    LOOK_FOR,
    LOSE,
    MEET,
    NEED,
    OPEN,
    PICK_UP,
    PLAY,
    PUT_ON,
    READ,
    RIDE,
    SEE,
    SELL,
    SEND,
    SHOW,
    SING,
    SIT,
    SLEEP,
    SPEAK,
    STAND,
    STUDY,
    SWIM,
    THANK,
    TURN_OFF,
    TURN_ON,
    VISIT,
    WAIT,
    WAIT_FOR,
    WAKE_UP,
    WASH,
    WATCH,
    WEAR,
    WORK,
    WRITE,
)
from examples.phrasebook.words import (
    NOTHING,
    Determiner,
    Noun,
    Phrase,
    Place,
    Role,
    Verb,
    noun,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """A verb with the objects it may take."""

    verb: Verb
    nouns: tuple[Noun, ...]
    determiners: tuple[Determiner, ...]
    is_described: bool = True
    """Whether the object may carry an adjective or stand in the plural."""


def _usage(entry: Verb, *roles: Role) -> Usage:
    return Usage(verb=entry, nouns=nouns_for(*roles), determiners=(A, A, THE))


def _plain_usage(entry: Verb, *roles: Role) -> Usage:
    return Usage(verb=entry, nouns=nouns_for(*roles), determiners=(THE,), is_described=False)


def _mass_usage(entry: Verb, *roles: Role) -> Usage:
    return Usage(
        verb=entry, nouns=nouns_for(*roles), determiners=(BARE, BARE, THE), is_described=False
    )


ACTIONS: tuple[Usage, ...] = (
    _usage(DRIVE, Role.DRIVEN),
    Usage(verb=RIDE, nouns=nouns_for(Role.RIDDEN), determiners=(A,), is_described=False),
    _usage(WATCH, Role.WATCHED),
    _usage(READ, Role.READ),
    _usage(WRITE, Role.WRITTEN),
    _usage(EAT, Role.EATEN),
    _mass_usage(EAT, Role.SUPPLY),
    _mass_usage(DRINK, Role.DRUNK),
    _usage(BAKE, Role.BAKED),
    _usage(BUY, Role.BOUGHT),
    _mass_usage(BUY, Role.SUPPLY, Role.DRUNK),
    _usage(SELL, Role.BOUGHT),
    _plain_usage(LOOK_FOR, Role.LOST),
    _plain_usage(CLEAN, Role.CLEANED),
    _plain_usage(WASH, Role.WASHED),
    _usage(WEAR, Role.WORN),
    _usage(PUT_ON, Role.WORN),
    _plain_usage(OPEN, Role.OPENED),
    _plain_usage(CLOSE, Role.OPENED),
    _plain_usage(TURN_ON, Role.SWITCHED),
    _plain_usage(TURN_OFF, Role.SWITCHED),
    _usage(LOOK_AT, Role.VIEWED),
    _plain_usage(FEED, Role.KEPT),
    _plain_usage(WAIT_FOR, Role.AWAITED),
)
"""What one does to things, on purpose and for a while."""
PAST_ACTIONS: tuple[Usage, ...] = tuple(
    usage for usage in ACTIONS if usage.verb not in (DRIVE, RIDE)
)
"""Without the verbs whose perfect wavers between haben and sein."""
EVENTS: tuple[Usage, ...] = (
    _plain_usage(LOSE, Role.LOST),
    _plain_usage(FIND, Role.LOST),
    _usage(SEE, Role.KEPT, Role.DRIVEN),
)
"""What happens to one; told in the past."""
STATES: tuple[Usage, ...] = (
    _usage(NEED, Role.BOUGHT),
    _mass_usage(NEED, Role.SUPPLY, Role.DRUNK),
    _usage(SEE, Role.KEPT, Role.DRIVEN),
    _plain_usage(KNOW, Role.WATCHED, Role.READ),
)
"""What lasts; English has no progressive for it."""
MEETINGS: tuple[Verb, ...] = (VISIT, CALL, INVITE, PICK_UP, MEET, HELP, THANK, WAIT_FOR, LOOK_FOR)
"""What one does to people."""
GIFTS: tuple[Verb, ...] = (GIVE, SHOW, SEND, LEND)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pastime:
    """A verb with an object that never changes, or with none."""

    verb: Verb
    rest: Phrase = NOTHING
    places: tuple[Place, ...] = ()
    """Where one does it, if the sentence says where."""


def _pastime(
    entry: Verb, english: str = "", german: str = "", places: tuple[Place, ...] = ()
) -> Pastime:
    return Pastime(verb=entry, rest=Phrase(english=english, german=german), places=places)


PASTIMES: tuple[Pastime, ...] = (
    _pastime(SING),
    _pastime(DANCE),
    _pastime(SWIM),
    _pastime(COOK),
    _pastime(WORK),
    _pastime(PLAY, "football", "Fußball"),
    _pastime(PLAY, "tennis", "Tennis"),
    _pastime(PLAY, "cards", "Karten"),
    _pastime(PLAY, "the piano", "Klavier"),
    _pastime(PLAY, "the guitar", "Gitarre"),
    _pastime(LEARN, "german", "Deutsch"),
    _pastime(LEARN, "english", "Englisch"),
    _pastime(SPEAK, "german", "Deutsch"),
    _pastime(SPEAK, "english", "Englisch"),
    _pastime(LISTEN, "music", "Musik"),
    _pastime(GO, "swimming", "schwimmen"),
    _pastime(GO, "shopping", "einkaufen"),
    _pastime(GO, "dancing", "tanzen"),
    _pastime(DO, "homework", "Hausaufgaben"),
)
_TABLES = ROOMS + BUILDINGS[:2] + RIDES[3:4] + RIDES[5:6] + RIDES[7:]
_OUTDOORS = NATURE[:4]
MEALS: tuple[Pastime, ...] = (
    _pastime(HAVE_A_MEAL, "dinner", "zu Abend", _TABLES),
    _pastime(HAVE_A_MEAL, "lunch", "zu Mittag", _TABLES),
    _pastime(HAVE_BREAKFAST, "breakfast", "", _TABLES),
    _pastime(HAVE_AND_MAKE, "a break", "eine Pause", ROOMS + BUILDINGS + NATURE),
    _pastime(HAVE_AND_MAKE, "a picnic", "ein Picknick", _OUTDOORS),
    _pastime(HAVE_A_PARTY, "a party", "", ROOMS + BUILDINGS[:2] + _OUTDOORS),
    _pastime(HAVE, "fun", "Spaß", BUILDINGS[:4] + NATURE),
)
"""What one has: dinner, a break, fun."""
ROUTINES: tuple[Pastime, ...] = (
    _pastime(GET_UP),
    _pastime(WAKE_UP),
    _pastime(GO, "to bed", "ins Bett"),
    _pastime(GO, "to work", "zur Arbeit"),
    _pastime(GO, "to school", "in die Schule"),
    _pastime(COME, "home", "nach Hause"),
    _pastime(HAVE_BREAKFAST, "breakfast"),
    _pastime(HAVE_A_MEAL, "dinner", "zu Abend"),
    _pastime(HAVE_A_MEAL, "lunch", "zu Mittag"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Excursion:
    """Go for a walk: einen Spaziergang machen."""

    verb: Verb
    preposition: str
    noun: Noun
    places: tuple[Place, ...]


EXCURSIONS: tuple[Excursion, ...] = tuple(
    Excursion(
        verb=GO_AND_MAKE,
        preposition=preposition,
        noun=noun(english, german, plural, "trip"),
        places=places,
    )
    for preposition, english, german, plural, places in (
        ("for", "walk", "der Spaziergang", "Spaziergänge", NATURE),
        ("for", "drive", "die Fahrt", "Fahrten", NATURE[4:]),
        ("for", "hike", "die Wanderung", "Wanderungen", (NATURE[1], *NATURE[3:5])),
        ("for", "bike ride", "die Radtour", "Radtouren", NATURE),
        ("for", "boat ride", "die Bootsfahrt", "Bootsfahrten", ()),
        ("on", "trip", "der Ausflug", "Ausflüge", NATURE[4:5]),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Posture:
    """What one does in a place."""

    verb: Verb
    places: tuple[Place, ...]
    haunts: tuple[Phrase, ...] = ()
    """The places that have no article."""


POSTURES: tuple[Posture, ...] = (
    Posture(verb=SIT, places=ROOMS + BUILDINGS + STOPS + NATURE + SEATS + BEDS[1:]),
    Posture(verb=SIT, places=RIDES),
    Posture(verb=STAND, places=ROOMS + STOPS + NATURE + RIDES[2:5]),
    Posture(verb=LIE, places=BEDS),
    Posture(verb=WAIT, places=ROOMS + BUILDINGS + STOPS + RIDES + SEATS, haunts=(HOME, SCHOOL)),
    Posture(verb=SLEEP, places=ROOMS + RIDES * 2 + BEDS + SEATS, haunts=(HOME,)),
    Posture(verb=WORK, places=ROOMS + BUILDINGS + STOPS + RIDES[3:6], haunts=(HOME, SCHOOL)),
    Posture(verb=READ, places=ROOMS + BUILDINGS + RIDES * 2 + SEATS + BEDS),
    Posture(verb=SING, places=ROOMS + BUILDINGS + STOPS + NATURE + RIDES),
    Posture(verb=COOK, places=ROOMS[:2] + BUILDINGS[:2]),
    Posture(verb=STUDY, places=ROOMS + BUILDINGS + RIDES[3:6], haunts=(HOME, SCHOOL)),
    Posture(verb=PLAY, places=ROOMS + NATURE),
)
