"""From the body of a request to the body of its answer, past reader, batches and glossary.

A small request takes no task and no thread of its own: it is read where it arrives and written
where its last sentence comes back. Everything else goes a longer way.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from protocol.translation import ErrorCode, RequestError
from serving import calls
from serving.batching import Batcher
from serving.formats import Format, Found, Served
from serving.glossary import Enforcement, terms_of
from serving.jobs import Job, Ticket
from serving.model import ServedModel
from serving.sentences import Part, Sentence, SentenceReader
from serving.settings import ServingSettings

SMALL_BODY_BYTES = 16 * 1024
"""Reading more than this would hold up other requests for more than about a millisecond."""
MAX_LARGE_REQUESTS = 8
"""Large bodies that are read or written at the same time; one more is refused."""

Finish = Callable[[bytes | Exception], None]


class TranslationService:
    """A model at work; all methods but `close` belong to one event loop."""

    def __init__(self, model: ServedModel, settings: ServingSettings) -> None:
        limits = settings.limits
        longest = model.translator.longest_hypothesis
        reader = SentenceReader(model.tokenizer, model.manifest, limits, longest)
        self._served = Served(model, reader, limits.max_instances)
        self._seconds = limits.seconds
        self._batcher = Batcher(
            partial(calls.run, model.translator),
            num_workers=model.translator.num_parallel,
            limits=settings.queue,
        )
        self._aside = ThreadPoolExecutor(2, thread_name_prefix="large-request")
        self._num_large = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start the threads that translate."""
        self._batcher.start()

    @property
    def is_healthy(self) -> bool:
        """Whether every translator still works."""
        return self._batcher.is_healthy

    def begin(self, form: Format, body: bytes, finish: Finish) -> None:
        """Translate a body; `finish` is called once, here or later, with an answer or an error.

        Raises:
            RequestError: the request cannot be served.
        """
        deadline = asyncio.get_running_loop().time() + self._seconds
        if len(body) > SMALL_BODY_BYTES:
            self._begin_task(self._answer_large(form, body, deadline), finish)
            return
        sentences = form.read(self._served, body)
        if any(sentence.configuration.glossary for sentence in sentences):
            self._begin_task(self._answer_with_glossary(form, sentences, deadline), finish)
            return

        def write(ticket: Ticket) -> None:
            try:
                found = _by_sentence(sentences, ticket.results())
                answer: bytes | Exception = form.write(self._served, sentences, found)
            except Exception as error:  # noqa: BLE001 - the caller of `begin` tells them apart
                answer = error
            finish(answer)

        self._batcher.submit(_jobs(sentences), deadline=deadline, on_done=write)

    def close(self, timeout: float) -> bool:
        """Wait for running calls of the translator; whether all work ended in time."""
        self._aside.shutdown(wait=False, cancel_futures=True)
        return self._batcher.close(timeout) and not self._num_large

    def _begin_task(self, answer: Any, finish: Finish) -> None:
        async def run() -> None:
            try:
                finish(await answer)
            except Exception as error:  # noqa: BLE001 - the caller of `begin` tells them apart
                finish(error)

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer_large(self, form: Format, body: bytes, deadline: float) -> bytes:
        if self._num_large >= MAX_LARGE_REQUESTS:
            raise RequestError(
                "more large requests are being read than this endpoint takes; try again in a "
                "second",
                ErrorCode.OVERLOADED,
            )
        loop = asyncio.get_running_loop()
        self._num_large += 1
        try:
            sentences = await loop.run_in_executor(self._aside, form.read, self._served, body)
            found = await self._found(sentences, deadline)
            write = partial(form.write, self._served, sentences, found)
            return await loop.run_in_executor(self._aside, write)
        finally:
            self._num_large -= 1

    async def _answer_with_glossary(
        self, form: Format, sentences: Sequence[Sentence], deadline: float
    ) -> bytes:
        return form.write(self._served, sentences, await self._found(sentences, deadline))

    async def _found(self, sentences: Sequence[Sentence], deadline: float) -> Found:
        jobs = _jobs(sentences)
        found = _by_sentence(sentences, await self._batcher.run(jobs, deadline=deadline))
        run = partial(self._batcher.run, deadline=deadline, admitted=True)
        forced = (
            self._with_glossary(sentence, parts, run)
            for sentence, parts in zip(sentences, found, strict=True)
        )
        return list(await asyncio.gather(*forced))

    async def _with_glossary(self, sentence: Sentence, found: Sequence[Any], run: Any) -> list[Any]:
        if not sentence.configuration.glossary:
            return list(found)
        return [
            await self._with_terms(part, sentence, hypotheses, run)
            for part, hypotheses in zip(sentence.parts, found, strict=True)
        ]

    async def _with_terms(
        self, part: Part, sentence: Sentence, hypotheses: Any, run: Any
    ) -> list[Any]:
        tokenizer = self._served.model.tokenizer
        source = tokenizer.segment(part.text)
        terms = terms_of(source, sentence.configuration.glossary, tokenizer)
        enforcement = Enforcement(source, part.options, tokenizer, run)
        return await enforcement.force(hypotheses, terms)


def _jobs(sentences: Sequence[Sentence]) -> list[Job]:
    return [
        calls.search_job(part.pieces, part.options)
        for sentence in sentences
        for part in sentence.parts
    ]


def _by_sentence(sentences: Sequence[Sentence], results: Sequence[Any]) -> list[list[Any]]:
    remaining = iter(results)
    return [[next(remaining) for _ in sentence.parts] for sentence in sentences]
