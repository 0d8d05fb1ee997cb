"""Makes the caller's terms stand in a translation: inclusion is promised, inflection is not.

CTranslate2 has no constraints, only prefixes. A missing term is forced in right after a prefix of
the best hypothesis, at the places where the attention looked at the source term most, and of what
the model makes of each, the most likely is kept. The rest of the sentence is the model's own.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nmt.tokenizer import Segmentation, Tokenizer
from nmt.translator import Hypothesis, SearchOptions
from serving.calls import score_job, search_job
from serving.jobs import Job

WORD_CHARACTER = re.compile(r"\w")
MAX_PLACES = 3
"""Of one term that are tried."""

Run = Callable[[Sequence[Job]], Awaitable[list[Any]]]


@dataclass(frozen=True, slots=True)
class Term:
    """A pair of the glossary whose source term stands in the sentence."""

    source: str
    target: str
    pieces: tuple[str, ...]
    """Of the target term."""
    is_source_piece: npt.NDArray[np.bool_]
    """Shape = (source pieces,): which of them the source term is made of."""


def find(text: str, term: str) -> range | None:
    """Where the term first stands as whole words: the characters."""
    if term not in text:
        return None
    before = r"(?<!\w)" if WORD_CHARACTER.match(term[0]) else ""
    after = r"(?!\w)" if WORD_CHARACTER.match(term[-1]) else ""
    found = re.search(before + re.escape(term) + after, text)
    return range(found.start(), found.end()) if found else None


def terms_of(
    source: Segmentation, glossary: Sequence[tuple[str, str]], tokenizer: Tokenizer
) -> list[Term]:
    """The terms of the glossary that stand in the source."""
    terms = []
    for source_term, target_term in glossary:
        place = find(source.text, source_term)
        if place is None:
            continue
        first = source.text.count(" ", 0, place.start)
        last = source.text.count(" ", 0, place.stop)
        belongs = [word is not None and first <= word <= last for word in source.word_of_piece]
        pieces = tuple(tokenizer.pieces(target_term))
        terms.append(Term(source_term, target_term, pieces, np.array(belongs)))
    return terms


class Enforcement:
    """One sentence and its terms; `run` hands jobs to the translators."""

    def __init__(
        self, source: Segmentation, options: SearchOptions, tokenizer: Tokenizer, run: Run
    ) -> None:
        self._source = source
        self._options = options
        self._tokenizer = tokenizer
        self._run = run

    async def force(self, found: list[Hypothesis], terms: Sequence[Term]) -> list[Hypothesis]:
        """Hypotheses of which the best holds every term that the decoding length has room for.

        Args:
            found: what the search without terms gave, best first, with attention.
            terms: as `terms_of` gave them.
        """
        if all(self.holds(found[0], term) for term in terms):
            return found
        num_fixed = 0
        for _ in terms:
            missing = [term for term in terms if not self.holds(found[0], term)]
            forced = await self._force_first(found[0], missing, num_fixed) if missing else None
            if forced is None:
                break
            found, num_fixed = forced
        found = [self._with_rest(found[0], terms), *found[1:]]
        return await self._scored(found) if self._options.scores else found

    def holds(self, hypothesis: Hypothesis, term: Term) -> bool:
        """Whether the target term stands in the hypothesis as it was written."""
        return find(self._tokenizer.text(hypothesis.pieces), term.target) is not None

    async def _force_first(
        self, best: Hypothesis, missing: Sequence[Term], num_fixed: int
    ) -> tuple[list[Hypothesis], int] | None:
        """Force the term that comes first in the target; what comes before it stays as it is.

        Returns:
            The hypotheses and how many of their pieces are settled; `None`: there is no room.
        """
        places_of = {term.source: self._places(best, term, num_fixed) for term in missing}
        term = min(missing, key=lambda term: places_of[term.source][0])
        prefixes = [(*best.pieces[:place], *term.pieces) for place in places_of[term.source]]
        limit = self._options.max_decoding_length
        prefixes = [prefix for prefix in prefixes if len(prefix) < limit]
        if not prefixes:
            return None
        pieces = self._source.pieces
        searches = [search_job(pieces, self._options, prefix) for prefix in prefixes]
        results = await self._run(searches)
        candidates = [
            [self._begun(prefix, term, hypothesis) for hypothesis in hypotheses]
            for prefix, hypotheses in zip(prefixes, results, strict=True)
        ]
        scored = await self._scored([hypotheses[0] for hypotheses in candidates])
        ranks = [(self.holds(hypothesis, term), hypothesis.score) for hypothesis in scored]
        chosen = ranks.index(max(ranks))
        return candidates[chosen], len(prefixes[chosen])

    def _places(self, best: Hypothesis, term: Term, num_fixed: int) -> list[int]:
        """Where words begin; first those whose pieces looked at the source term most."""
        words = self._tokenizer.assemble(best.pieces).word_of_piece
        begins = [
            index
            for index, word in enumerate(words)
            if index >= num_fixed and word is not None and word not in words[:index]
        ]
        if best.attention is None or not begins:
            return [len(best.pieces)]
        looks = best.attention[:, term.is_source_piece].sum(axis=1)
        ends = [*begins[1:], len(words)]
        means = {b: looks[b:e].mean() for b, e in zip(begins, ends, strict=True)}
        return sorted(begins, key=lambda begin: -means[begin])[:MAX_PLACES]

    def _begun(self, prefix: tuple[str, ...], term: Term, hypothesis: Hypothesis) -> Hypothesis:
        """The hypothesis with the prefix as it was asked for, and with no ending after the term.

        CTranslate2 gives back unknown words for pieces that the model does not know.
        """
        begun = replace(hypothesis, pieces=(*prefix, *hypothesis.pieces[len(prefix) :]))
        if self.holds(begun, term):
            return begun
        words = self._tokenizer.assemble(begun.pieces).word_of_piece
        after = end = len(prefix)
        while end < len(words) and words[end] in (None, words[after - 1]):
            end += 1
        kept = [*range(after), *range(end, len(words))]
        attention = None if begun.attention is None else begun.attention[kept]
        return replace(
            begun, pieces=tuple(begun.pieces[index] for index in kept), attention=attention
        )

    def _with_rest(self, best: Hypothesis, terms: Sequence[Term]) -> Hypothesis:
        """Terms for which no place was found come last, as far as there is room."""
        for term in terms:
            room = self._options.max_decoding_length - len(best.pieces)
            if self.holds(best, term) or len(term.pieces) > room:
                continue
            pieces = (*best.pieces, *term.pieces)
            attention = best.attention
            if attention is not None:
                rows = np.tile(term.is_source_piece.astype(np.float32), (len(term.pieces), 1))
                attention = np.concatenate([attention.reshape(-1, rows.shape[1]), rows])
            best = replace(best, pieces=pieces, attention=attention)
        return best

    async def _scored(self, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
        """With the model's own score for all of the pieces, those that were forced too."""
        pieces = self._source.pieces
        jobs = [score_job(pieces, hypothesis.pieces) for hypothesis in hypotheses]
        penalty = self._options.length_penalty
        return [
            replace(hypothesis, score=value / (len(hypothesis.pieces) + 1) ** penalty)
            for hypothesis, value in zip(hypotheses, await self._run(jobs), strict=True)
        ]
