"""The small words: determiners, pronouns, names, numbers, degrees, times, greetings."""

from dataclasses import dataclass

from examples.phrasebook.german import Declension, Gender, Person
from examples.phrasebook.words import Determiner, Phrase, phrases

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


_NUMBERS = phrases(
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
AMOUNTS = _NUMBERS + phrases(
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
DEGREES = phrases(
    ("so", "so"),
    ("very", "sehr"),
    ("too", "zu"),
    ("really", "wirklich"),
    ("quite", "ziemlich"),
    ("always so", "immer so"),
    ("not so", "nicht so"),
    ("not very", "nicht sehr"),
)
WEATHER = phrases(
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
SOON = phrases(
    ("today", "heute"),
    ("tomorrow", "morgen"),
    ("this evening", "heute Abend"),
    ("at the weekend", "am Wochenende"),
    ("on monday", "am Montag"),
    ("on friday", "am Freitag"),
    ("on sunday", "am Sonntag"),
)
NOW = phrases(("now", "jetzt"), ("today", "heute"), ("again", "wieder"))
PAST = phrases(
    ("yesterday", "gestern"),
    ("yesterday evening", "gestern Abend"),
    ("this morning", "heute Morgen"),
    ("last week", "letzte Woche"),
    ("last year", "letztes Jahr"),
)
REGULARLY = phrases(
    ("every day", "jeden Tag"),
    ("every week", "jede Woche"),
    ("every evening", "jeden Abend"),
    ("every morning", "jeden Morgen"),
)
OFTEN = phrases(("often", "oft"), ("always", "immer"), ("sometimes", "manchmal"), ("never", "nie"))
GREETINGS = phrases(
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
