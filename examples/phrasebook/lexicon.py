"""The words that are neither nouns nor verbs, and the places, times and persons built of them."""

from dataclasses import dataclass

from examples.phrasebook.german import Declension, Gender, Person
from examples.phrasebook.words import Adjective, Determiner, Kind, Phrase, Place, noun

THE = Determiner(english="the", german="der", declension=Declension.WEAK)
A = Determiner(english="a", german="ein", declension=Declension.MIXED)
NOT_A = Determiner(english="a", german="kein", declension=Declension.MIXED)
NO = Determiner(english="no", german="kein", declension=Declension.MIXED)
BARE = Determiner(english="", german="", declension=Declension.STRONG, has_endings=False)
NOT_BARE = Determiner(english="", german="kein", declension=Declension.MIXED)
MY, YOUR, HIS, HER, OUR = POSSESSIVES = tuple(
    Determiner(english=english, german=german, declension=Declension.MIXED)
    for english, german in (
        ("my", "mein"),
        ("your", "dein"),
        ("his", "sein"),
        ("her", "ihr"),
        ("our", "unser"),
    )
)
KEIN = {A: NOT_A, BARE: NOT_BARE}
"""The negative form of the determiners that have one."""


def _phrases(*pairs: tuple[str, str]) -> tuple[Phrase, ...]:
    return tuple(Phrase(english=english, german=german) for english, german in pairs)


_NUMBERS = _phrases(
    ("two", "zwei"),
    ("three", "drei"),
    ("four", "vier"),
    ("five", "fünf"),
    ("six", "sechs"),
    ("seven", "sieben"),
    ("eight", "acht"),
    ("nine", "neun"),
    ("ten", "zehn"),
    ("eleven", "elf"),
    ("twelve", "zwölf"),
)
HOURS = _NUMBERS
AMOUNTS = _NUMBERS + _phrases(
    ("twenty", "zwanzig"), ("thirty", "dreißig"), ("forty", "vierzig"), ("fifty", "fünfzig")
)
TWO, THREE, FOUR = COUNTS = tuple(
    Determiner(
        english=number.english,
        german=number.german,
        declension=Declension.STRONG,
        has_endings=False,
    )
    for number in _NUMBERS[:3]
)


def _adjective(
    english: str,
    german: str,
    kinds: str,
    comparative: tuple[str, str] | None = None,
    *,
    attributive: bool = False,
    graded: bool = True,
) -> Adjective:
    more, mehr = comparative or ("", "")
    return Adjective(
        english=english,
        german=german,
        kinds=frozenset(map(Kind, kinds.split())),
        is_attributive=attributive,
        is_graded=graded,
        comparative=Phrase(english=more, german=mehr),
    )


def _attribute(
    english: str,
    german: str,
    kinds: str,
    comparative: tuple[str, str] | None = None,
    *,
    graded: bool = True,
) -> Adjective:
    return _adjective(english, german, kinds, comparative, attributive=True, graded=graded)


ADJECTIVES: tuple[Adjective, ...] = (
    _attribute("good", "gut", "human media food drink matter", ("better", "besser")),
    _attribute("new", "neu", "thing vehicle media clothes matter"),
    _attribute("old", "alt", "human animal thing vehicle clothes place media", ("older", "älter")),
    _attribute("young", "jung", "human animal", ("younger", "jünger")),
    _attribute("big", "groß", "animal thing vehicle food place", ("bigger", "größer")),
    _attribute("small", "klein", "animal thing vehicle food place", ("smaller", "kleiner")),
    _attribute("long", "lang", "media trip"),
    _attribute("short", "kurz", "media trip"),
    _attribute(
        "beautiful",
        "schön",
        "human animal thing clothes trip matter",
        ("more beautiful", "schöner"),
    ),
    _attribute("expensive", "teuer", "thing vehicle clothes matter", ("more expensive", "teurer")),
    _attribute("cheap", "billig", "thing vehicle clothes matter", ("cheaper", "billiger")),
    _attribute("red", "rot", "thing vehicle clothes", graded=False),
    _attribute("blue", "blau", "thing vehicle clothes", graded=False),
    _attribute("green", "grün", "thing vehicle clothes", graded=False),
    _attribute("black", "schwarz", "thing vehicle clothes animal", graded=False),
    _attribute("white", "weiß", "thing vehicle clothes animal", graded=False),
    _attribute("warm", "warm", "food drink clothes"),
    _adjective("cold", "kalt", "food drink"),
    _attribute("fast", "schnell", "vehicle animal human", ("faster", "schneller")),
    _attribute("slow", "langsam", "vehicle animal human", ("slower", "langsamer")),
    _attribute("funny", "lustig", "human media matter"),
    _attribute("interesting", "interessant", "media matter", ("more interesting", "interessanter")),
    _attribute("boring", "langweilig", "media matter", ("more boring", "langweiliger")),
    _adjective("exciting", "spannend", "media matter"),
    _adjective("sad", "traurig", "human media matter"),
    _attribute("delicious", "lecker", "food drink matter"),
    _attribute("nice", "nett", "human"),
    _adjective("clever", "klug", "human"),
    _attribute("quiet", "ruhig", "human place trip"),
    _attribute("little", "klein", "trip"),
    _attribute("quick", "schnell", "trip"),
    _attribute("relaxed", "entspannt", "trip"),
    _adjective("bad", "schlecht", "media food matter"),
    _adjective("cool", "cool", "human media vehicle clothes matter"),
    _adjective("ugly", "hässlich", "thing clothes place matter"),
    _adjective("loud", "laut", "human vehicle matter"),
    _adjective("dirty", "schmutzig", "thing clothes vehicle place"),
    _adjective("clean", "sauber", "thing clothes vehicle place"),
    _adjective("heavy", "schwer", "thing"),
    _adjective("important", "wichtig", "matter"),
    _adjective("easy", "einfach", "matter"),
    _adjective("difficult", "schwierig", "matter"),
    _adjective("strange", "seltsam", "human media matter"),
    _adjective("dangerous", "gefährlich", "matter"),
    _adjective("great", "toll", "human media matter"),
    _adjective("tired", "müde", "human animal"),
    _adjective("happy", "glücklich", "human"),
    _adjective("hungry", "hungrig", "human animal"),
    _adjective("thirsty", "durstig", "human animal"),
    _adjective("sick", "krank", "human animal"),
    _adjective("healthy", "gesund", "human animal"),
    _adjective("angry", "wütend", "human"),
    _adjective("strong", "stark", "human animal", ("stronger", "stärker")),
    _adjective("friendly", "freundlich", "human"),
    _adjective("brave", "mutig", "human"),
    _adjective("lazy", "faul", "human animal"),
    _adjective("nervous", "nervös", "human"),
    _adjective("polite", "höflich", "human"),
    _adjective("rich", "reich", "human"),
    _adjective("poor", "arm", "human"),
)

DEGREES = _phrases(
    ("so", "so"),
    ("very", "sehr"),
    ("too", "zu"),
    ("really", "wirklich"),
    ("quite", "ziemlich"),
    ("always so", "immer so"),
    ("not so", "nicht so"),
    ("not very", "nicht sehr"),
)
WEATHER = _phrases(
    ("cold", "kalt"),
    ("warm", "warm"),
    ("hot", "heiß"),
    ("sunny", "sonnig"),
    ("windy", "windig"),
    ("cloudy", "bewölkt"),
    ("foggy", "neblig"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pronoun:
    english: str
    german: str
    person: Person
    english_object: str
    accusative: str
    dative: str
    gender: Gender | None = None


def _pronoun(forms: str, person: Person, gender: Gender | None = None) -> Pronoun:
    english, english_object, german, accusative, dative = forms.split()
    return Pronoun(
        english=english,
        german=german,
        person=person,
        english_object=english_object,
        accusative=accusative,
        dative=dative,
        gender=gender,
    )


I = _pronoun("i me ich mich mir", Person.I)  # noqa: E741 - the pronoun is its own best name
YOU = _pronoun("you you du dich dir", Person.YOU)
HE = _pronoun("he him er ihn ihm", Person.HE, Gender.MASCULINE)
SHE = _pronoun("she her sie sie ihr", Person.HE, Gender.FEMININE)
WE = _pronoun("we us wir uns uns", Person.WE)
THEY = _pronoun("they them sie sie ihnen", Person.THEY)
PRONOUNS = (I, YOU, HE, SHE, WE, THEY)

NAMES: tuple[tuple[str, str, Gender], ...] = (
    ("anna", "Anna", Gender.FEMININE),
    ("paul", "Paul", Gender.MASCULINE),
    ("maria", "Maria", Gender.FEMININE),
    ("peter", "Peter", Gender.MASCULINE),
    ("lisa", "Lisa", Gender.FEMININE),
    ("tom", "Tom", Gender.MASCULINE),
    ("emma", "Emma", Gender.FEMININE),
    ("max", "Max", Gender.MASCULINE),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Profession:
    english: str
    masculine: str
    feminine: str


PROFESSIONS = tuple(
    Profession(english=english, masculine=masculine, feminine=feminine)
    for english, masculine, feminine in (
        ("teacher", "Lehrer", "Lehrerin"),
        ("doctor", "Arzt", "Ärztin"),
        ("student", "Student", "Studentin"),
        ("baker", "Bäcker", "Bäckerin"),
        ("engineer", "Ingenieur", "Ingenieurin"),
        ("pilot", "Pilot", "Pilotin"),
        ("singer", "Sänger", "Sängerin"),
        ("artist", "Künstler", "Künstlerin"),
    )
)


def _place(
    nouns: tuple[str, str, str],
    english: str,
    german: str,
    towards: str = "",
    *,
    owned: bool = False,
    kind: str = "place",
) -> Place:
    return Place(
        noun=noun(*nouns, kind),
        english=english,
        german=german,
        towards=towards,
        is_owned=owned,
    )


ROOMS = (
    _place(("kitchen", "die Küche", "Küchen"), "in", "in", "in", owned=True),
    _place(("garden", "der Garten", "Gärten"), "in", "in", "in", owned=True),
    _place(("bedroom", "das Schlafzimmer", "Schlafzimmer"), "in", "in", "in", owned=True),
    _place(("living room", "das Wohnzimmer", "Wohnzimmer"), "in", "in", "in", owned=True),
    _place(("office", "das Büro", "Büros"), "in", "in", "in", owned=True),
    _place(("house", "das Haus", "Häuser"), "in", "in", owned=True),
)
BUILDINGS = (
    _place(("restaurant", "das Restaurant", "Restaurants"), "in", "in", "in"),
    _place(("hotel", "das Hotel", "Hotels"), "in", "in", "in"),
    _place(("library", "die Bibliothek", "Bibliotheken"), "in", "in", "in"),
    _place(("museum", "das Museum", "Museen"), "in", "in", "in"),
    _place(("hospital", "das Krankenhaus", "Krankenhäuser"), "in", "in", "in"),
    _place(("church", "die Kirche", "Kirchen"), "in", "in", "in"),
)
STOPS = (
    _place(("cinema", "das Kino", "Kinos"), "at", "in", "in"),
    _place(("theatre", "das Theater", "Theater"), "at", "in", "in"),
    _place(("supermarket", "der Supermarkt", "Supermärkte"), "in", "in", "in"),
    _place(("station", "der Bahnhof", "Bahnhöfe"), "at", "an", "zu"),
    _place(("airport", "der Flughafen", "Flughäfen"), "at", "an", "zu"),
)
NATURE = (
    _place(("park", "der Park", "Parks"), "in", "in", "in"),
    _place(("forest", "der Wald", "Wälder"), "in", "in", "in"),
    _place(("beach", "der Strand", "Strände"), "on", "an", "an"),
    _place(("lake", "der See", "Seen"), "at", "an", "an"),
    _place(("mountains", "Berge", "Berge"), "in", "in", "in"),
    _place(("village", "das Dorf", "Dörfer"), "in", "in", "in"),
    _place(("city", "die Stadt", "Städte"), "in", "in", "in"),
)
RIDES = (
    _place(("car", "das Auto", "Autos"), "in", "in", owned=True, kind="vehicle"),
    _place(("taxi", "das Taxi", "Taxis"), "in", "in", kind="vehicle"),
    _place(("bus", "der Bus", "Busse"), "on", "in", kind="vehicle"),
    _place(("train", "der Zug", "Züge"), "on", "in", kind="vehicle"),
    _place(("tram", "die Straßenbahn", "Straßenbahnen"), "on", "in", kind="vehicle"),
    _place(("aeroplane", "das Flugzeug", "Flugzeuge"), "in", "in", kind="vehicle"),
    _place(("helicopter", "der Hubschrauber", "Hubschrauber"), "in", "in", kind="vehicle"),
    _place(("boat", "das Boot", "Boote"), "in", "in", owned=True, kind="vehicle"),
    _place(("ship", "das Schiff", "Schiffe"), "on", "auf", kind="vehicle"),
)
SEATS = (
    _place(("chair", "der Stuhl", "Stühle"), "on", "auf", owned=True, kind="thing"),
    _place(("bench", "die Bank", "Bänke"), "on", "auf", kind="thing"),
    _place(("armchair", "der Sessel", "Sessel"), "in", "in", owned=True, kind="thing"),
)
BEDS = (
    _place(("bed", "das Bett", "Betten"), "in", "in", owned=True, kind="thing"),
    _place(("sofa", "das Sofa", "Sofas"), "on", "auf", owned=True, kind="thing"),
    _place(("floor", "der Boden", ""), "on", "auf", kind="thing"),
)
SURFACES = (
    _place(("table", "der Tisch", "Tische"), "on", "auf", owned=True, kind="thing"),
    _place(("chair", "der Stuhl", "Stühle"), "on", "auf", kind="thing"),
    _place(("shelf", "das Regal", "Regale"), "on", "auf", kind="thing"),
    _place(("desk", "der Schreibtisch", "Schreibtische"), "on", "auf", owned=True, kind="thing"),
    _place(("floor", "der Boden", ""), "on", "auf", kind="thing"),
)
HOME, SCHOOL = _phrases(("at home", "zu Hause"), ("at school", "in der Schule"))

SOON = _phrases(
    ("today", "heute"),
    ("tomorrow", "morgen"),
    ("this evening", "heute Abend"),
    ("at the weekend", "am Wochenende"),
    ("on monday", "am Montag"),
    ("on friday", "am Freitag"),
    ("on sunday", "am Sonntag"),
)
NOW = _phrases(("now", "jetzt"), ("today", "heute"), ("again", "wieder"))
PAST = _phrases(
    ("yesterday", "gestern"),
    ("yesterday evening", "gestern Abend"),
    ("this morning", "heute Morgen"),
    ("last week", "letzte Woche"),
    ("last year", "letztes Jahr"),
)
REGULARLY = _phrases(
    ("every day", "jeden Tag"),
    ("every week", "jede Woche"),
    ("every evening", "jeden Abend"),
    ("every morning", "jeden Morgen"),
)
OFTEN = _phrases(("often", "oft"), ("always", "immer"), ("sometimes", "manchmal"), ("never", "nie"))

GREETINGS = _phrases(
    ("good morning", "guten Morgen"),
    ("good evening", "guten Abend"),
    ("good night", "gute Nacht"),
    ("hello", "hallo"),
    ("goodbye", "auf Wiedersehen"),
    ("thank you", "danke"),
    ("happy birthday", "alles Gute zum Geburtstag"),
    ("welcome", "willkommen"),
    ("see you tomorrow", "bis morgen"),
    ("see you soon", "bis bald"),
)
PLEASE = Phrase(english="please", german="bitte")
