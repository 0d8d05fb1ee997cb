"""Hand-written translations, each looked for in the template that ought to give it."""

from collections.abc import Sequence
from typing import TypeVar

import pytest

from examples.phrasebook import DEMO_SENTENCES
from examples.phrasebook.draw import Draw
from examples.phrasebook.english import third_person
from examples.phrasebook.templates import TEMPLATES
from examples.phrasebook.usages import Excursion, Pastime, Posture, Usage
from examples.phrasebook.words import Noun, Place, Verb

T = TypeVar("T")

SENTENCES = (
    ("praise", "we are not so polite .", "wir sind nicht so höflich ."),
    ("praise", "she was very angry !", "sie war sehr wütend !"),
    ("judgement", "this was quite difficult", "das war ziemlich schwierig"),
    (
        "condition",
        "our neighbours were too loud yesterday .",
        "unsere Nachbarn waren gestern zu laut .",
    ),
    (
        "condition_question",
        "is your grandmother really sick ?",
        "ist deine Großmutter wirklich krank ?",
    ),
    ("quality", "our horses are always so hungry .", "unsere Pferde sind immer so hungrig ."),
    ("quality", "is her jacket too expensive ?", "ist ihre Jacke zu teuer ?"),
    (
        "comparison",
        "my sister is younger than your brother .",
        "meine Schwester ist jünger als dein Bruder .",
    ),
    (
        "comparison",
        "the bike is as expensive as the motorbike .",
        "das Fahrrad ist so teuer wie das Motorrad .",
    ),
    ("introduction", "this is an expensive computer .", "das ist ein teurer Computer ."),
    ("introduction", "is this your old umbrella ?", "ist das dein alter Regenschirm ?"),
    ("introduction", "this is a nice doctor .", "das ist ein netter Arzt ."),
    ("profession", "her daughter is an engineer .", "ihre Tochter ist Ingenieurin ."),
    ("profession", "is paul a baker ?", "ist Paul Bäcker ?"),
    ("age", "the girl is eleven years old .", "das Mädchen ist elf Jahre alt ."),
    (
        "price",
        "the black suitcases cost fifty euros .",
        "die schwarzen Koffer kosten fünfzig Euro .",
    ),
    (
        "price_question",
        "how much do the small lamps cost ?",
        "wie viel kosten die kleinen Lampen ?",
    ),
    (
        "belonging",
        "the white rabbit belongs to our neighbour .",
        "das weiße Kaninchen gehört unserem Nachbarn .",
    ),
    ("belonging", "the cups belong to her friends .", "die Tassen gehören ihren Freunden ."),
    ("belonging", "the dog belongs to them .", "der Hund gehört ihnen ."),
    ("possession", "i do not have a green jacket .", "ich habe keine grüne Jacke ."),
    ("possession", "she had two cats .", "sie hatte zwei Katzen ."),
    ("possession", "does he have an expensive ring ?", "hat er einen teuren Ring ?"),
    ("state", "we do not need milk .", "wir brauchen keine Milch ."),
    ("state", "do you see the red tractor ?", "siehst du den roten Traktor ?"),
    ("existence", "there is no key on the table .", "auf dem Tisch ist kein Schlüssel ."),
    ("existence", "there were three children in the forest .", "im Wald waren drei Kinder ."),
    (
        "existence",
        "there is a young woman in the kitchen .",
        "in der Küche ist eine junge Frau .",
    ),
    (
        "weather",
        "it is very cold in the mountains today .",
        "es ist heute in den Bergen sehr kalt .",
    ),
    ("weather", "it is not raining in the village .", "es regnet nicht im Dorf ."),
    (
        "wish",
        "my parents want to invite our neighbour .",
        "meine Eltern möchten unseren Nachbarn einladen .",
    ),
    ("wish", "he wants to listen to music .", "er möchte Musik hören ."),
    ("refusal", "i do not want to eat an apple .", "ich möchte keinen Apfel essen ."),
    (
        "refusal",
        "they do not want to watch the series today .",
        "sie möchten heute die Serie nicht sehen .",
    ),
    (
        "ability",
        "you should help your grandfather tomorrow .",
        "du solltest morgen deinem Großvater helfen .",
    ),
    ("ability", "she has to pick up the child .", "sie muss das Kind abholen ."),
    ("inability", "he cannot open the window .", "er kann das Fenster nicht öffnen ."),
    ("inability", "you do not have to buy bread .", "du musst kein Brot kaufen ."),
    ("occupation", "i am calling my aunt .", "ich rufe meine Tante an ."),
    ("occupation", "the boys are waiting for the bus .", "die Jungen warten auf den Bus ."),
    (
        "occupation",
        "anna is putting on a warm sweater .",
        "Anna zieht einen warmen Pullover an .",
    ),
    ("omission", "he is not drinking water .", "er trinkt kein Wasser ."),
    ("omission", "i am not turning off the radio .", "ich mache das Radio nicht aus ."),
    ("encounter", "she is thanking him .", "sie dankt ihm ."),
    ("encounter", "i am picking you up tomorrow .", "ich hole dich morgen ab ."),
    ("encounter", "we waited for her yesterday .", "wir haben gestern auf sie gewartet ."),
    ("meal", "we are having breakfast in a hotel .", "wir frühstücken in einem Hotel ."),
    (
        "meal",
        "tom had lunch with his aunt yesterday .",
        "Tom hat gestern mit seiner Tante zu Mittag gegessen .",
    ),
    ("meal", "they are having a picnic at the lake .", "sie machen am See ein Picknick ."),
    ("whereabouts", "the children are sleeping in the bed .", "die Kinder schlafen im Bett ."),
    ("whereabouts", "are you waiting at the station ?", "wartest du am Bahnhof ?"),
    ("whereabouts", "he is standing on a tram .", "er steht in einer Straßenbahn ."),
    ("whereabouts", "i am sitting on the ship again .", "ich sitze wieder auf dem Schiff ."),
    ("habit", "you never wash the car .", "du wäschst nie das Auto ."),
    (
        "habit",
        "my brother plays football every week .",
        "mein Bruder spielt jede Woche Fußball .",
    ),
    ("routine", "i get up at seven every day .", "ich stehe jeden Tag um sieben auf ."),
    ("routine", "she often goes to bed at ten .", "sie geht oft um zehn ins Bett ."),
    ("timetable", "the train arrives at nine tomorrow .", "der Zug kommt morgen um neun an ."),
    (
        "past_event",
        "i lost the ticket this morning .",
        "ich habe heute Morgen die Fahrkarte verloren .",
    ),
    ("past_event", "they went dancing yesterday .", "sie sind gestern tanzen gegangen ."),
    (
        "past_event",
        "he looked at an old picture last week .",
        "er hat letzte Woche ein altes Bild angesehen .",
    ),
    (
        "past_denial",
        "emma did not close the suitcase .",
        "Emma hat den Koffer nicht geschlossen .",
    ),
    (
        "planned_time",
        "tomorrow she wants to go to the beach .",
        "morgen möchte sie an den Strand gehen .",
    ),
    ("planned_time", "yesterday we swam .", "gestern sind wir geschwommen ."),
    (
        "journey",
        "he is going to the church with his mother .",
        "er geht mit seiner Mutter in die Kirche .",
    ),
    ("journey", "do you want to go to the airport ?", "möchtest du zum Flughafen gehen ?"),
    (
        "outing",
        "they are going for a short boat ride on sunday .",
        "sie machen am Sonntag eine kurze Bootsfahrt .",
    ),
    ("gift", "i am giving the boy a ball .", "ich gebe dem Jungen einen Ball ."),
    ("gift", "she sent us a photo .", "sie hat uns ein Foto geschickt ."),
    ("liking", "he likes reading books .", "er liest gern Bücher ."),
    ("liking", "she likes playing the piano .", "sie spielt gern Klavier ."),
    ("liking", "i do not like my coat .", "ich mag meinen Mantel nicht ."),
    (
        "anticipation",
        "are you looking forward to the weekend ?",
        "freust du dich auf das Wochenende ?",
    ),
    ("anticipation", "he is looking forward to the summer .", "er freut sich auf den Sommer ."),
    (
        "reason",
        "peter is going to bed because he is very tired .",
        "Peter geht ins Bett , weil er sehr müde ist .",
    ),
    (
        "reason",
        "i am staying at home because it is snowing .",
        "ich bleibe zu Hause , weil es schneit .",
    ),
    (
        "belief",
        "we know that she has to turn on the light .",
        "wir wissen , dass sie das Licht anmachen muss .",
    ),
    ("belief", "i think that you are rich .", "ich glaube , dass du reich bist ."),
    (
        "advice",
        "if it is raining , we can stay at home .",
        "wenn es regnet , können wir zu Hause bleiben .",
    ),
    ("request_for_ability", "can she ride a motorbike ?", "kann sie ein Motorrad fahren ?"),
    ("request_for_ability", "can you drive a truck ?", "kannst du einen Lastwagen fahren ?"),
    ("permission", "may we open the door ?", "dürfen wir die Tür öffnen ?"),
    ("duty_question", "do you have to work today ?", "musst du heute arbeiten ?"),
    (
        "invitation",
        "do you want to have lunch with me tomorrow ?",
        "möchtest du morgen mit mir zu Mittag essen ?",
    ),
    (
        "wish_question",
        "does your son want to learn german ?",
        "möchte dein Sohn Deutsch lernen ?",
    ),
    ("occupation_question", "are they baking a big cake ?", "backen sie einen großen Kuchen ?"),
    ("occupation_question", "are you inviting the teachers ?", "lädst du die Lehrer ein ?"),
    ("past_question", "did you see the birds yesterday ?", "hast du gestern die Vögel gesehen ?"),
    ("who_question", "who is wearing the blue jacket ?", "wer trägt die blaue Jacke ?"),
    ("what_question", "what does he want to drink ?", "was möchte er trinken ?"),
    ("what_question", "what did you eat yesterday ?", "was hast du gestern gegessen ?"),
    ("when_question", "when are you visiting your uncle ?", "wann besuchst du deinen Onkel ?"),
    ("why_question", "why is the teacher so nervous ?", "warum ist der Lehrer so nervös ?"),
    (
        "where_question",
        "excuse me , where is the library ?",
        "Entschuldigung , wo ist die Bibliothek ?",
    ),
    ("where_question", "where are my keys ?", "wo sind meine Schlüssel ?"),
    (
        "purchase_question",
        "where did she buy the red coat ?",
        "wo hat sie den roten Mantel gekauft ?",
    ),
    ("order", "please turn on the lamp !", "bitte mach die Lampe an !"),
    ("order", "read the newspaper !", "lies die Zeitung !"),
    ("order", "eat an apple !", "iss einen Apfel !"),
    ("prohibition", "do not open the box !", "öffne die Kiste nicht !"),
    ("prohibition", "do not buy a phone !", "kauf kein Handy !"),
    ("handing_over", "give me your new book !", "gib mir dein neues Buch !"),
    ("handing_over", "please show us the photos !", "bitte zeig uns die Fotos !"),
    (
        "proposed_excursion",
        "come let us go for a quiet walk in the forest .",
        "komm , lass uns im Wald einen ruhigen Spaziergang machen .",
    ),
    (
        "proposal",
        "let us watch a movie this evening .",
        "lass uns heute Abend einen Film sehen .",
    ),
    ("greeting", "happy birthday , lisa !", "alles Gute zum Geburtstag , Lisa !"),
    ("thanks", "thank you for the beautiful flowers !", "danke für die schönen Blumen !"),
    ("wellbeing", "how are your parents ?", "wie geht es deinen Eltern ?"),
    ("wellbeing", "how are you today ?", "wie geht es dir heute ?"),
)

DEMO_TEMPLATES = (
    "praise",
    "request_for_ability",
    "wish",
    "judgement",
    "meal",
    "whereabouts",
    "proposed_excursion",
)


class GuidedDraw(Draw):
    """Prefers the options whose English stands in the sentence looked for."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self._sentence = f" {sentence} "

    def one(self, options: Sequence[T]) -> T:
        return super().one([o for o in options if self._fits(o)] or options)

    def _fits(self, option: object) -> bool:
        forms = english_forms(option)
        return not forms or any(not form or f" {form} " in self._sentence for form in forms)


def english_forms(option: object) -> tuple[str, ...]:
    """What the option may look like in a sentence; nothing if it is not a word."""
    match option:
        case Noun():
            return option.english, option.english_plural
        case Place() | Excursion():
            return english_forms(option.noun)
        case Verb(english=base):
            return base, option.progressive, option.past, third_person(base)
        case Usage() | Pastime() | Posture():
            return english_forms(option.verb)
        case (str(name), *_):
            return (name,)
    english = getattr(option, "english", "")
    return (
        english,
        "an" if english == "a" else english,
        getattr(option, "english_object", english),
    )


def translate(template_name: str, english: str) -> str:
    (template,) = (t for t in TEMPLATES if t.name == template_name)
    draw = GuidedDraw(english)
    for _ in range(30_000):
        pair = template.sentence(draw)
        if pair.source == english:
            return pair.target
    pytest.fail(f"{template_name} does not give {english!r}")


@pytest.mark.parametrize(("template", "english", "german"), SENTENCES)
def test_grammar_gives_the_german_that_a_speaker_wrote(
    template: str, english: str, german: str
) -> None:
    assert translate(template, english) == german


def test_every_template_has_a_hand_written_sentence() -> None:
    assert {template for template, _, _ in SENTENCES} == {t.name for t in TEMPLATES}


@pytest.mark.parametrize(
    ("template", "english", "german"),
    [
        (template, pair.source, pair.target)
        for template, pair in zip(DEMO_TEMPLATES, DEMO_SENTENCES, strict=True)
    ],
)
def test_each_demo_sentence_is_one_of_its_template(
    template: str, english: str, german: str
) -> None:
    assert translate(template, english) == german
