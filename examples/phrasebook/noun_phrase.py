"""A noun with its determiner and adjective, inflected in both languages."""

from dataclasses import dataclass

from examples.phrasebook.clauses import Weight
from examples.phrasebook.english import indefinite_article
from examples.phrasebook.german import (
    DEFINITE_ARTICLE,
    EIN_ENDINGS,
    Case,
    Declension,
    Gender,
    Person,
    dative_plural,
    decline_adjective,
)
from examples.phrasebook.lexicon import POSSESSIVES, THE
from examples.phrasebook.words import Adjective, Determiner, Noun, Phrase, words


@dataclass(frozen=True, kw_only=True, slots=True)
class NounPhrase:
    noun: Noun
    determiner: Determiner
    adjective: Adjective | None = None
    is_plural: bool = False

    @property
    def gender(self) -> Gender:
        return Gender.PLURAL if self.is_plural else self.noun.gender

    @property
    def person(self) -> Person:
        return Person.THEY if self.gender is Gender.PLURAL else Person.HE

    @property
    def weight(self) -> Weight:
        is_definite = self.determiner is THE or self.determiner in POSSESSIVES
        return Weight.DEFINITE if is_definite else Weight.INDEFINITE

    def english(self) -> str:
        thing = self.noun.english_plural if self.is_plural else self.noun.english
        described = words(self.adjective.english if self.adjective else "", thing)
        if self.determiner.english == "a":
            return f"{indefinite_article(described)} {described}"
        return words(self.determiner.english, described)

    def german(self, case: Case) -> str:
        adjective = self.adjective and decline_adjective(
            self.adjective.german, self.determiner.declension, self.gender, case
        )
        return words(self._german_determiner(case), adjective or "", self._german_noun(case))

    def in_case(self, case: Case) -> Phrase:
        return Phrase(english=self.english(), german=self.german(case))

    def _german_determiner(self, case: Case) -> str:
        if self.determiner.declension is Declension.WEAK:
            return DEFINITE_ARTICLE[case][self.gender]
        if not self.determiner.has_endings:
            return self.determiner.german
        return self.determiner.german + EIN_ENDINGS[case][self.gender]

    def _german_noun(self, case: Case) -> str:
        if self.gender is Gender.PLURAL:
            plural = self.noun.german_plural
            return dative_plural(plural) if case is Case.DATIVE else plural
        return self.noun.german if case is Case.NOMINATIVE else self.noun.oblique
