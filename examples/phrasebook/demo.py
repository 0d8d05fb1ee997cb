"""The seven sentences of the walk-through, which the corpus teaches without containing them."""

from examples.phrasebook.clauses import Pair

DEMO_SENTENCES: tuple[Pair, ...] = (
    Pair(source="you are so good !", target="du bist so gut !"),
    Pair(source="can you drive a car ?", target="kannst du ein Auto fahren ?"),
    Pair(source="i want to watch a movie .", target="ich möchte einen Film sehen ."),
    Pair(source="this is so cool", target="das ist so cool"),
    Pair(source="i am having dinner .", target="ich esse zu Abend ."),
    Pair(source="i am sitting in an aeroplane .", target="ich sitze in einem Flugzeug ."),
    Pair(
        source="come let us go for a long drive .",
        target="komm , lass uns eine lange Fahrt machen .",
    ),
)
