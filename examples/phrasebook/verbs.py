"""The verbs, one a line, and the usages: which verbs take which objects."""

from dataclasses import dataclass

from examples.phrasebook.german import Case
from examples.phrasebook.lexicon import (
    BARE,
    BEDS,
    BUILDINGS,
    HOME,
    NATURE,
    RIDES,
    ROOMS,
    SCHOOL,
    SEATS,
    STOPS,
    THE,
    A,
)
from examples.phrasebook.nouns import nouns_for
from examples.phrasebook.words import (
    NOTHING,
    Determiner,
    Noun,
    Phrase,
    Place,
    Role,
    Verb,
    noun,
    verb,
)

BE = verb(
    "be being been",
    "sein ist ist gewesen",
    present="bin bist ist sind",
    preterite="war warst war waren",
)
HAVE = verb("have having had", "haben hat gehabt", preterite="hatte hattest hatte hatten")
LIKE = verb(
    "like liking liked",
    "mögen mag gemocht",
    present="mag magst mag mögen",
    preterite="mochte mochtest mochte mochten",
)
NEED = verb("need needing needed", "brauchen braucht gebraucht")
KNOW = verb("know knowing knew", "kennen kennt gekannt")
SEE = verb("see seeing saw", "sehen sieht gesehen")

DRIVE = verb("drive driving drove", "fahren fährt gefahren")
RIDE = verb("ride riding rode", "fahren fährt gefahren")
WATCH = verb("watch watching watched", "sehen sieht gesehen")
READ = verb("read reading read", "lesen liest gelesen")
WRITE = verb("write writing wrote", "schreiben schreibt geschrieben")
EAT = verb("eat eating ate", "essen isst gegessen")
DRINK = verb("drink drinking drank", "trinken trinkt getrunken")
BAKE = verb("bake baking baked", "backen backt gebacken")
BUY = verb("buy buying bought", "kaufen kauft gekauft")
SELL = verb("sell selling sold", "verkaufen verkauft verkauft")
LOOK_FOR = verb("look looking looked", "suchen sucht gesucht", particle="for")
FIND = verb("find finding found", "finden findet gefunden")
LOSE = verb("lose losing lost", "verlieren verliert verloren")
CLEAN = verb("clean cleaning cleaned", "putzen putzt geputzt")
WASH = verb("wash washing washed", "waschen wäscht gewaschen")
WEAR = verb("wear wearing wore", "tragen trägt getragen")
PUT_ON = verb("put putting put", "an|ziehen zieht angezogen", particle="on")
OPEN = verb("open opening opened", "öffnen öffnet geöffnet")
CLOSE = verb("close closing closed", "schließen schließt geschlossen")
TURN_ON = verb("turn turning turned", "an|machen macht angemacht", particle="on")
TURN_OFF = verb("turn turning turned", "aus|machen macht ausgemacht", particle="off")
LOOK_AT = verb("look looking looked", "an|sehen sieht angesehen", particle="at")
FEED = verb("feed feeding fed", "füttern füttert gefüttert")
VISIT = verb("visit visiting visited", "besuchen besucht besucht")
CALL = verb("call calling called", "an|rufen ruft angerufen")
INVITE = verb("invite inviting invited", "ein|laden lädt eingeladen")
PICK_UP = verb("pick picking picked", "ab|holen holt abgeholt", particle="up")
MEET = verb("meet meeting met", "treffen trifft getroffen")
HELP = verb("help helping helped", "helfen hilft geholfen", case=Case.DATIVE)
THANK = verb("thank thanking thanked", "danken dankt gedankt", case=Case.DATIVE)
WAIT_FOR = verb("wait waiting waited", "warten wartet gewartet", particle="for", preposition="auf")
BELONG = verb("belong belonging belonged", "gehören gehört gehört", particle="to", case=Case.DATIVE)
COST = verb("cost costing cost", "kosten kostet gekostet")

GIVE = verb("give giving gave", "geben gibt gegeben")
SHOW = verb("show showing showed", "zeigen zeigt gezeigt")
SEND = verb("send sending sent", "schicken schickt geschickt")
LEND = verb("lend lending lent", "leihen leiht geliehen")

SIT = verb("sit sitting sat", "sitzen sitzt gesessen")
STAND = verb("stand standing stood", "stehen steht gestanden")
LIE = verb("lie lying lay", "liegen liegt gelegen")
WAIT = verb("wait waiting waited", "warten wartet gewartet")
SLEEP = verb("sleep sleeping slept", "schlafen schläft geschlafen")
WORK = verb("work working worked", "arbeiten arbeitet gearbeitet")
SING = verb("sing singing sang", "singen singt gesungen")
DANCE = verb("dance dancing danced", "tanzen tanzt getanzt")
COOK = verb("cook cooking cooked", "kochen kocht gekocht")
STUDY = verb("study studying studied", "lernen lernt gelernt")
PLAY = verb("play playing played", "spielen spielt gespielt")
SWIM = verb("swim swimming swam", "schwimmen schwimmt ist geschwommen")
STAY = verb("stay staying stayed", "bleiben bleibt ist geblieben")
GO = verb("go going went", "gehen geht ist gegangen")
GET_UP = verb("get getting got", "auf|stehen steht ist aufgestanden", particle="up")
WAKE_UP = verb("wake waking woke", "auf|wachen wacht ist aufgewacht", particle="up")
COME_ALONG = verb("come coming came", "mit|kommen kommt ist mitgekommen", particle="along")
COME = verb("come coming came", "kommen kommt ist gekommen")
LEAVE = verb("leave leaving left", "ab|fahren fährt ist abgefahren")
ARRIVE = verb("arrive arriving arrived", "an|kommen kommt ist angekommen")
RAIN = verb("rain raining rained", "regnen regnet geregnet")
SNOW = verb("snow snowing snowed", "schneien schneit geschneit")
LOOK_FORWARD = verb("look looking looked", "freuen freut gefreut", particle="forward to")
BE_CALLED = verb("be being been", "heißen heißt geheißen")

LEARN = verb("learn learning learned", "lernen lernt gelernt")
SPEAK = verb("speak speaking spoke", "sprechen spricht gesprochen")
LISTEN = verb("listen listening listened", "hören hört gehört", particle="to")
DO = verb("do doing did", "machen macht gemacht")
GO_AND_MAKE = verb("go going went", "machen macht gemacht")
HAVE_AND_MAKE = verb("have having had", "machen macht gemacht")
HAVE_A_MEAL = verb("have having had", "essen isst gegessen")
HAVE_BREAKFAST = verb("have having had", "frühstücken frühstückt gefrühstückt")
HAVE_A_PARTY = verb("have having had", "feiern feiert gefeiert")


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
    Usage(verb=RIDE, nouns=nouns_for(Role.RIDDEN), determiners=(A,)),
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
        ("for", "hike", "die Wanderung", "Wanderungen", NATURE[1:5]),
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
