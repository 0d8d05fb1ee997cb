"""The list of templates: which sentences the corpus holds, and how many of each."""

from collections.abc import Callable
from dataclasses import dataclass

from examples.phrasebook.clauses import Pair
from examples.phrasebook.draw import Draw
from examples.phrasebook.templates import descriptions, doings, reasons, requests, schedules


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    sentence: Callable[[Draw], Pair]
    num_pairs: int
    """How many distinct pairs the corpus takes from it."""

    @property
    def name(self) -> str:
        return self.sentence.__name__


TEMPLATES: tuple[Template, ...] = tuple(
    Template(sentence=sentence, num_pairs=num_pairs)
    for sentence, num_pairs in (
        (descriptions.praise, 950),
        (descriptions.judgement, 750),
        (descriptions.condition, 500),
        (descriptions.condition_question, 300),
        (descriptions.quality, 550),
        (descriptions.comparison, 350),
        (descriptions.introduction, 800),
        (descriptions.profession, 200),
        (descriptions.age, 200),
        (descriptions.price, 150),
        (descriptions.price_question, 120),
        (descriptions.belonging, 300),
        (descriptions.possession, 500),
        (descriptions.state, 450),
        (descriptions.existence, 400),
        (descriptions.weather, 220),
        (doings.wish, 1000),
        (doings.refusal, 350),
        (doings.ability, 700),
        (doings.inability, 350),
        (doings.occupation, 1500),
        (doings.omission, 400),
        (doings.encounter, 450),
        (doings.meal, 750),
        (doings.whereabouts, 1250),
        (schedules.habit, 900),
        (schedules.routine, 250),
        (schedules.timetable, 200),
        (schedules.past_event, 1000),
        (schedules.past_denial, 300),
        (schedules.planned_time, 450),
        (schedules.journey, 450),
        (schedules.outing, 400),
        (doings.gift, 450),
        (doings.liking, 400),
        (doings.anticipation, 200),
        (reasons.reason, 400),
        (reasons.belief, 350),
        (reasons.advice, 250),
        (requests.request_for_ability, 950),
        (requests.permission, 250),
        (requests.duty_question, 250),
        (requests.invitation, 250),
        (requests.wish_question, 400),
        (requests.occupation_question, 350),
        (requests.past_question, 300),
        (requests.who_question, 250),
        (requests.what_question, 250),
        (requests.when_question, 200),
        (requests.why_question, 250),
        (requests.where_question, 300),
        (requests.purchase_question, 200),
        (requests.order, 550),
        (requests.prohibition, 250),
        (requests.handing_over, 200),
        (requests.proposed_excursion, 750),
        (requests.proposal, 400),
        (requests.greeting, 130),
        (requests.thanks, 180),
        (requests.wellbeing, 130),
    )
)
