"""The places, with the prepositions for being there and for going there."""

from examples.phrasebook.words import Place, noun, phrases


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
    _place(("boat", "das Boot", "Boote"), "on", "auf", owned=True, kind="vehicle"),
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
HOME, SCHOOL = phrases(("at home", "zu Hause"), ("at school", "in der Schule"))
