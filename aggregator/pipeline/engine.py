"""Polls sources and writes down what they bring, each poll whole in a transaction; `fetch` and the server run on it.

It is the one writer of polls: all that it does with the database is done in one thread of its own, which keeps the
loop free. When to poll, and what is published of it, others decide. What only files, bodies and pushes need is
imported with the first of them.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime
from itertools import chain
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.errors import UserError
from aggregator.model import PollJob, Reading, Unreadable
from aggregator.pipeline.batch import Outcome
from aggregator.pipeline.claiming import Claims, Wanted
from aggregator.pipeline.full_text import FullTexts
from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.pausing import noting_pauses, open_web_with_pauses
from aggregator.pipeline.record import Recorder, Result
from aggregator.pipeline.routing import Router
from aggregator.pipeline.sharing import outcome_for
from aggregator.pipeline.unwritten import Unwritten, fault
from aggregator.pipeline.where import HERE, Standing, Where, poll_settings
from aggregator.polling.files import FilesFound, find_files
from aggregator.reading.pool import ReaderPool
from aggregator.storage import cluster, pages, times
from aggregator.storage import sources as store
from aggregator.storage.claims import Owner
from aggregator.storage.database import StoreError, writing
from aggregator.storage.files import known_files
from aggregator.storage.polled import Together

if TYPE_CHECKING:
    from aggregator.pipeline.marks import Marks
    from aggregator.pipeline.pushing import Push
    from aggregator.pipeline.seeds import SeedReading

_NOTED = 5.0  # seconds between two notes on the cluster, where nothing is wrong with it

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Engine:
    """An async context manager. `told` is called in the writer's thread with each result, once it is written."""

    def __init__(
        self, db: Database, owner: Owner, config: Config, told: Callable[[Result], None], where: Where = HERE
    ) -> None:
        self._db = db
        self._told = told
        self._where = where
        self._stood: tuple[Standing | None, float] = (None, 0.0)  # what was noted of the cluster last, and when
        self._together = Together(db)
        self._recorder = self._recorder_by(config)
        self._claims = Claims(db, owner)
        self._unwritten = Unwritten()
        self._pool = ReaderPool()
        self._writer = ThreadPoolExecutor(1, "writer")
        self._ask_for_pages: Callable[[], None] = _nobody

    @property
    def under_way(self) -> int:
        """How many feeds are claimed and not yet written: they wait for their host, for an answer, or to be read."""
        return len(self._claims.states)

    async def __aenter__(self) -> Self:
        await self._write(self._claims.release)  # what a process left behind that died under the number we now have
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with suppress(StoreError):  # on a full disk claims end with this process
                await self._write(self._claims.release)
        finally:
            self._writer.shutdown()
            await self._pool.__aexit__(kind, error, trace)

    async def configure(self, config: Config) -> bool:
        """Go by another feeds.toml from now on; what is under way for a source that it has changed is dropped.

        Bring the database in step with it afterwards: an item that comes in between is already where it belongs.
        Return whether `poll_feeds` must be begun anew to go by it too.
        """
        before = self._recorder.config
        self._recorder = await self._write(self._recorder_by, config)
        return (poll_settings(config), config.polling.cluster) != (poll_settings(before), before.polling.cluster)

    async def count_due(self, wanted: Wanted) -> int:
        """Return how many sources there are to poll, files and feeds."""
        return await self._write(store.count_due, self._db, times.now(), force=wanted.force, names=wanted.names)

    async def has_feeds(self, wanted: Wanted) -> bool:
        """Whether there is a feed to poll, or a page that an earlier run did not come to."""
        is_due = await self._write(store.has_feeds, self._db, times.now(), force=wanted.force, names=wanted.names)
        return is_due or await self._write(pages.is_any_wanted, self._db)

    async def read_files(self, wanted: Wanted) -> None:
        """Look at the path sources that are due, with `force` at all: that costs nobody anything."""
        at = times.now()
        claimed = await self._write(self._claim_files, wanted, at)
        left = {source.name for source in claimed}
        try:
            for source in claimed:
                await self._read_files_of(source, at)
                left.remove(source.name)
        finally:
            await self._write(self._claims.give_back, left)

    async def poll_feeds(
        self, wanted: Wanted, more: Callable[[], Awaitable[None]] | None = None, stop: asyncio.Event | None = None
    ) -> None:
        """Poll the feeds that are due; where `more` is given, wait for it when none is, and go on.

        Once `stop` is set nothing more is begun, and it returns when what is under way is written. `[polling]` and
        `contact` are taken as they are at its start. However it ends, what was not polled is given back.
        """
        polls = self._where.polls(self._recorder.config)
        await self._write(self._record, ())  # nobody is asked while there are answers that cannot be stored
        try:
            async with (
                open_web_with_pauses(poll_settings(self._recorder.config), self.call) as web,
                FullTexts(self._db, lambda: self._recorder.config, web, self._pool, self._write, stop) as full_texts,
                aclosing(
                    noting_pauses(web, polls(web, self._pool, self._jobs(wanted, more), stop), self.call)
                ) as batches,
            ):
                self._ask_for_pages = full_texts.ask
                async for outcomes in batches:
                    await self._write(self._record, outcomes)
                    full_texts.ask()
        finally:
            await self._write(self._end_polls)

    async def take_push(self, push: "Push") -> Ingested | Unreadable:
        """Read and write what a hub has pushed, as a poll would; return what it brought, or why nothing."""
        from aggregator.pipeline import pushing
        from aggregator.pipeline.work import read_and_mark

        at = times.now()
        found = await self._write(pushing.wanted, self._db, self._recorder.config, push)
        if found is None:
            return Unreadable("nobody waits for it any more")
        source, state = found
        read = await self._pool.run(read_and_mark, push.body, push.content_type, source.url, state.known, at)
        if isinstance(read, Unreadable):
            return read
        took = await self._write(self._push, push, *read, at)
        self._ask_for_pages()
        return took

    async def call(self, function: Callable[Concatenate[Database, _P], _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call a function that is given the database, in the writer's thread."""
        return await self._write(function, self._db, *args, **kwargs)

    async def _read_files_of(self, source: Source, at: datetime) -> None:
        from aggregator.pipeline.seeds import read_seeds

        began = monotonic()
        known = await self._write(known_files, self._db, source.name)
        try:
            found = await asyncio.to_thread(find_files, source.path, known, source.max_bytes)
            read = await read_seeds(self._pool, source, found, known, at)
            await self._write(self._files, source, found, read, at, began)
        except OSError as error:
            await self._write(self._no_files, source, error.strerror or str(error), at)
        except UserError:
            raise
        except Exception as error:  # noqa: BLE001 - one file that our code trips over must not keep others from being read
            await self._write(self._no_files, source, fault(error), at)

    async def _jobs(self, wanted: Wanted, more: Callable[[], Awaitable[None]] | None) -> AsyncIterator[PollJob]:
        """The feeds that are due, claimed a batch at a time, so that another process can take the others meanwhile."""
        now = times.now()
        while True:
            jobs = await self._write(self._claim_feeds, wanted, now)
            for job in jobs:
                yield job
            if jobs and not wanted.force:
                continue
            if more is None:
                return
            await more()
            now = times.now()

    async def _write(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call it in the writer's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, lambda: function(*args, **kwargs))

    # -- In the writer's thread ---------------------------------------------------------------------------------------

    def _claim_files(self, wanted: Wanted, at: datetime) -> list[Source]:
        return self._claims.files(self._recorder.config, wanted, at)

    def _claim_feeds(self, wanted: Wanted, at: datetime) -> list[PollJob]:
        return self._claims.feeds(self._recorder.config, wanted, at)

    def _end_polls(self) -> None:
        waiting = (self._claims.of_request(outcome.job.source) for outcome in self._unwritten)
        self._claims.keep_only(chain.from_iterable(waiting))
        self._note_standing(last=True)

    def _recorder_by(self, config: Config) -> Recorder:
        return Recorder(self._db, config, Router(config, config.topics), self._together)

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        """Write polls down. Where the database cannot be written they are kept for the next time. Raises StoreError."""
        for recorded in self._unwritten.write(self._transaction, outcomes, self._record_shared):
            for name, result in recorded:
                self._claims.done(name)
                if result is not None:
                    self._told(result)
        self._note_standing()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with writing(self._db), self._together.gathered():
            yield

    def _note_standing(self, *, last: bool = False) -> None:
        """Leave for `status` how the cluster is doing, if there is one; what is new in it every few seconds."""
        standing, (stood, at) = self._where.standing(), self._stood
        if standing is None or standing == stood:
            return
        if last or stood is None or standing.trouble != stood.trouble or monotonic() - at > _NOTED:
            self._stood = standing, monotonic()
            with suppress(StoreError), writing(self._db):  # what is under way is worth more than a word about it
                cluster.note(self._db, standing.address, asdict(standing), times.now())

    def _record_shared(self, outcome: Outcome) -> list[tuple[str, Result | None]]:
        """Write the poll of the source that was asked for, and of each other that its request was made for."""
        recorder, states = self._recorder, self._claims.states
        name, *others = self._claims.of_request(outcome.job.source)
        asked = replace(outcome, shared_with=tuple(others)) if others else outcome
        recorded = [(name, self._record_one(recorder, name, asked))]
        for other in others:
            source = recorder.config.sources.get(other)
            mine = outcome_for(asked, states[name], source, states[other]) if source else None
            recorded.append((other, self._record_one(recorder, other, mine)))
        return recorded

    def _record_one(self, recorder: Recorder, name: str, outcome: Outcome | None) -> Result | None:
        source, state = recorder.config.sources.get(name), self._claims.states[name]
        edited = source is None or not source.enabled or source.url != state.url
        if outcome is None or edited:  # feeds.toml was edited while it was asked
            store.update(self._db, name, {"claimed_by": None})
            return None
        return recorder.record(outcome, state, random.random())  # noqa: S311 - spreads the polls

    def _push(self, push: "Push", reading: Reading, marks: "Marks", at: datetime) -> Ingested | Unreadable:
        from aggregator.pipeline import pushing

        recorder = self._recorder
        with writing(self._db):
            return pushing.record_push(self._db, recorder.config, recorder.router, push, reading, marks, at)

    def _files(self, source: Source, found: FilesFound, read: "SeedReading", at: datetime, began: float) -> None:
        milliseconds = round((monotonic() - began) * 1000)
        with writing(self._db):
            result = self._recorder.record_files(source, read, found.present, at, milliseconds)
        self._told(result)

    def _no_files(self, source: Source, reason: str, at: datetime) -> None:
        with writing(self._db):
            result = self._recorder.record_no_files(source, reason, at)
        self._told(result)


def _nobody() -> None:
    """Nothing is fetched before polls begin."""
