"""One run of `fetch`: claims what is due, polls and reads it, writes it down, a transaction for each poll."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.model import PollJob
from aggregator.pipeline.batch import Outcome, poll_batch
from aggregator.pipeline.record import Recorder, Result
from aggregator.pipeline.routing import Router
from aggregator.pipeline.seeds import read_seeds
from aggregator.polling.files import find_files
from aggregator.polling.web import PollSettings, Web, open_web
from aggregator.reading.pool import ReaderPool
from aggregator.storage import sources as store
from aggregator.storage.claims import Owner
from aggregator.storage.database import writing
from aggregator.storage.files import known_files
from aggregator.storage.sources import SourceState

_CLAIMED_AT_ONCE = 256
_WRITTEN_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sources a run is for: all that are due, or the named ones; `force` passes over our own timing."""

    names: tuple[str, ...] | None = None
    force: bool = False


class Watcher:
    """Told of a run's progress; this one does nothing with it."""

    def expect(self, total: int) -> None:
        """There are this many sources to poll."""

    def advance(self, result: Result) -> None:
        """One of them is done."""


class Run:
    """A run and what it comes to; `watcher` is told how many sources there are, and of each result as it is written."""

    def __init__(self, db: Database, owner: Owner, config: Config, wanted: Wanted, watcher: Watcher) -> None:
        self.db = db
        self.owner = owner
        self.config = config
        self.wanted = wanted
        self.watcher = watcher
        self.results: list[Result] = []
        self._states: dict[str, SourceState] = {}
        self._recorder = Recorder(db, config, Router(config, config.topics))

    async def go(self) -> list[Result]:
        """Poll everything that is wanted and due. Interrupted, it keeps what was written and gives back the rest."""
        with writing(self.db):
            store.release(self.db, self.owner)  # what a process left behind that died under the number we now have
        now = _now()
        self.watcher.expect(store.count_due(self.db, now, force=self.wanted.force, names=self.wanted.names))
        try:
            async with ReaderPool() as pool:
                await self._files(pool)
                async with open_web(_settings(self.config)) as web:
                    await self._feeds(web, pool)
        finally:
            with writing(self.db):
                store.release(self.db, self.owner)
        return self.results

    async def _files(self, pool: ReaderPool) -> None:
        """Path sources cost nobody anything: a run looks at them whenever it is started."""
        at = _now()
        for state in self._claim(at, local=True, force=True, limit=-1):
            source = self.config.sources[state.name]
            began = monotonic()
            known = known_files(self.db, source.name)
            try:
                found = await asyncio.to_thread(find_files, source.path, known, source.max_bytes)
            except OSError as error:
                with writing(self.db):
                    result = self._recorder.record_no_files(source, error.strerror or str(error), at)
            else:
                read = await read_seeds(pool, source, found, known, at)
                milliseconds = round((monotonic() - began) * 1000)
                with writing(self.db):
                    result = self._recorder.record_files(source, read, found.present, at, milliseconds)
            self._done(result)

    async def _feeds(self, web: Web, pool: ReaderPool) -> None:
        """Poll the feeds, and write outcomes in a thread of its own while others come in."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "writer") as writer:
            written: asyncio.Future[None] | None = None
            waiting: list[Outcome] = []
            async with aclosing(poll_batch(web, pool, self._jobs(writer))) as outcomes:
                async for outcome in outcomes:
                    waiting.append(outcome)
                    if written is None or written.done() or len(waiting) >= _WRITTEN_AT_ONCE:
                        if written is not None:
                            await written
                        written = loop.run_in_executor(writer, self._write, waiting)
                        waiting = []
            if written is not None:
                await written
            await loop.run_in_executor(writer, self._write, waiting)

    async def _jobs(self, writer: ThreadPoolExecutor) -> AsyncIterator[PollJob]:
        """The sources that are due, claimed a batch at a time, so that another run can take the others meanwhile."""
        loop, now = asyncio.get_running_loop(), _now()
        while True:
            states = await loop.run_in_executor(writer, self._claim_feeds, now)
            self._states.update((state.name, state) for state in states)
            for state in states:
                yield _job(self.config.sources[state.name], state)
            if not states or self.wanted.force:
                return

    def _claim_feeds(self, now: datetime) -> list[SourceState]:
        # Forced, a source stays due after its poll: all are claimed at once, lest one be polled twice.
        limit = -1 if self.wanted.force else _CLAIMED_AT_ONCE
        return self._claim(now, local=False, force=self.wanted.force, limit=limit)

    def _claim(self, now: datetime, *, local: bool, force: bool, limit: int) -> list[SourceState]:
        with writing(self.db):
            return store.claim(self.db, self.owner, now, local=local, force=force, names=self.wanted.names, limit=limit)

    def _write(self, outcomes: Sequence[Outcome]) -> None:
        """Several polls in one transaction where they come faster than the disk; a poll is never split."""
        if not outcomes:
            return
        with writing(self.db):
            results = [
                self._recorder.record(outcome, self._states.pop(outcome.job.source), random.random())  # noqa: S311 - jitter
                for outcome in outcomes
            ]
        for result in results:
            self._done(result)

    def _done(self, result: Result) -> None:
        self.results.append(result)
        self.watcher.advance(result)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _settings(config: Config) -> PollSettings:
    polling = config.polling
    return PollSettings(
        concurrency=polling.concurrency,
        host_delay=polling.host_delay.total_seconds(),
        allow_private=polling.allow_private,
        contact=config.site.contact,
    )


def _job(source: Source, state: SourceState) -> PollJob:
    return PollJob(
        source=source.name,
        url=state.poll_url,
        configured_url=source.url,
        validators=state.validators,
        timeout=source.timeout.total_seconds(),
        max_bytes=source.max_bytes,
        body_digest=state.body_digest,
        known=state.known,
    )
