"""The adjectives, with the kinds of nouns that they describe."""

from examples.phrasebook.words import Adjective, Kind, Phrase


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
    _attribute("good", "gut", "image human media food drink matter", ("better", "besser")),
    _attribute("new", "neu", "image thing vehicle media clothes matter"),
    _attribute(
        "old", "alt", "image human animal thing vehicle clothes place media", ("older", "älter")
    ),
    _attribute("young", "jung", "human animal", ("younger", "jünger")),
    _attribute("big", "groß", "image animal thing vehicle food place", ("bigger", "größer")),
    _attribute("small", "klein", "image animal thing vehicle food place", ("smaller", "kleiner")),
    _attribute("long", "lang", "media trip"),
    _attribute("short", "kurz", "media trip"),
    _attribute(
        "beautiful",
        "schön",
        "human animal thing image clothes trip matter",
        ("more beautiful", "schöner"),
    ),
    _attribute(
        "expensive", "teuer", "image thing vehicle clothes matter", ("more expensive", "teurer")
    ),
    _attribute("cheap", "billig", "image thing vehicle clothes matter", ("cheaper", "billiger")),
    _attribute("red", "rot", "thing vehicle clothes", graded=False),
    _attribute("blue", "blau", "thing vehicle clothes", graded=False),
    _attribute("green", "grün", "thing vehicle clothes", graded=False),
    _attribute("black", "schwarz", "thing vehicle clothes animal", graded=False),
    _attribute("white", "weiß", "thing vehicle clothes animal", graded=False),
    _attribute("warm", "warm", "food drink clothes"),
    _adjective("cold", "kalt", "food drink"),
    _attribute("fast", "schnell", "vehicle animal human", ("faster", "schneller")),
    _attribute("slow", "langsam", "vehicle animal human", ("slower", "langsamer")),
    _attribute("funny", "lustig", "image human media matter"),
    _attribute(
        "interesting", "interessant", "image media matter", ("more interesting", "interessanter")
    ),
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
    _adjective("bad", "schlecht", "image media food matter"),
    _adjective("cool", "cool", "human media vehicle clothes matter"),
    _adjective("ugly", "hässlich", "image thing clothes place matter"),
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
