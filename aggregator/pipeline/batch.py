"""Polls and reads a batch of sources: the part of the work that needs no database, and so could be done anywhere.

What is done with a body is imported with the first of them: often nothing is new.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.errors import UserError
from aggregator.model import Failed, Fetched, PollJob, Reading, Response, Unreadable
from aggregator.polling.web import Jobs, Web
from aggregator.reading.pool import LARGE, ReaderPool
from aggregator.storage import times

if TYPE_CHECKING:
    from aggregator.pipeline.marks import Marks

_READ_AT_ONCE = 8
_HELD = 32_000_000  # bytes of bodies that wait to be read, or for the one who takes what was read: then the polls wait
_AHEAD = 512  # outcomes that may wait for the one who takes them
_GATHERING = 0.05  # seconds for which outcomes are gathered: a transaction for each would cost more than the polls

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one poll: the answer, and what was read in its body of `size` bytes.

    `shared_with` names the other sources that the one request was for.
    """

    job: PollJob
    response: Response
    reading: Reading | None
    at: datetime
    milliseconds: int
    size: int = 0
    marks: "Marks" = ()
    shared_with: tuple[str, ...] = ()


Polls = Callable[[Web, ReaderPool, Jobs, asyncio.Event | None], AsyncGenerator[list[Outcome], None]]


async def poll_batch(
    web: Web, pool: ReaderPool, jobs: Jobs, stop: asyncio.Event | None = None
) -> AsyncGenerator[list[Outcome], None]:
    """Poll and read all jobs, and yield whatever outcomes are there as soon as there is one; `stop` as in `poll_many`.

    A body is read while others are still on their way. Whoever takes outcomes slowly slows the polls down.
    """
    batch = _Batch(pool)
    working = asyncio.create_task(batch.work(web, jobs, stop))
    working.add_done_callback(lambda _: batch.ready.put_nowait(None))
    try:
        while outcomes := await batch.take(working):
            yield outcomes
        await working
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


class _Batch:
    """One call of poll_batch: bodies that are being read, and outcomes that nobody took yet, None at their end.

    Large bodies are read one at a time: together they would take too much memory, and keep the small ones waiting.
    """

    def __init__(self, pool: ReaderPool) -> None:
        self._pool = pool
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)
        self._reading_large = asyncio.Semaphore(1)
        self._held = _Held()
        self._room = asyncio.Semaphore(_AHEAD)
        self.ready: asyncio.Queue[Outcome | None] = asyncio.Queue()

    async def work(self, web: Web, jobs: Jobs, stop: asyncio.Event | None) -> None:
        """Poll the jobs and read their bodies."""
        from aggregator.polling.poller import poll_many

        readers: set[asyncio.Task[None]] = set()
        try:
            async with aclosing(poll_many(web, jobs, stop)) as polls:
                async for job, response, milliseconds in polls:
                    at = times.now()
                    await self._room.acquire()
                    if isinstance(response, Fetched):
                        await self._held.take(len(response.body))
                        reader = asyncio.create_task(self._read(job, response, at, milliseconds))
                        readers.add(reader)
                        reader.add_done_callback(readers.discard)
                    else:
                        self.ready.put_nowait(Outcome(job, response, None, at, milliseconds))
            await asyncio.gather(*readers)
        except UserError:  # there can be no more jobs; what was asked for already is still read
            await asyncio.gather(*readers)
            raise
        finally:
            for reader in readers:
                reader.cancel()

    async def take(self, working: asyncio.Task[None]) -> list[Outcome]:
        """Wait for outcomes and return all that are there a moment later; none after the last, when `working` ends."""
        found = [await self.ready.get()]
        await asyncio.wait([working], timeout=_GATHERING)
        while not self.ready.empty():
            found.append(self.ready.get_nowait())
        outcomes = [outcome for outcome in found if outcome is not None]
        for outcome in outcomes:
            self._room.release()
            self._held.give(outcome.size)
        if outcomes and None in found:
            self.ready.put_nowait(None)
        return outcomes

    async def _read(self, job: PollJob, fetched: Fetched, at: datetime, milliseconds: int) -> None:
        size = len(fetched.body)
        try:
            async with self._reading_large if size > LARGE else self._reading:
                outcome = await _read(self._pool, job, fetched, at, milliseconds)
        except Exception as error:  # noqa: BLE001 - one body that our code trips over must not end the others' polls
            _log.debug("%s cannot be read", job.source, exc_info=error)
            reason = f"it cannot be read, by a fault of ours ({type(error).__name__}: {error})"
            outcome = Outcome(job, Failed(reason, fetched.status, fetched.caching), None, at, milliseconds, size)
        self.ready.put_nowait(outcome)


class _Held:
    """The bytes of bodies of which nothing was taken yet. One body is always let in, however large."""

    def __init__(self) -> None:
        self._bytes = 0
        self._less = asyncio.Event()

    async def take(self, size: int) -> None:
        """Wait until there is room; for one who waits at a time."""
        while self._bytes and self._bytes + size > _HELD:
            self._less.clear()
            await self._less.wait()
        self._bytes += size

    def give(self, size: int) -> None:
        """What came of a body has been taken."""
        self._bytes -= size
        self._less.set()


async def _read(pool: ReaderPool, job: PollJob, fetched: Fetched, at: datetime, milliseconds: int) -> Outcome:
    from aggregator.pipeline.work import read_and_mark

    read = await pool.run(read_and_mark, fetched.body, fetched.content_type, job.configured_url, job.known, at)
    size = len(fetched.body)
    if isinstance(read, Unreadable):
        return Outcome(job, Failed(read.reason, fetched.status, fetched.caching), None, at, milliseconds, size)
    reading, marks = read
    kept = replace(fetched, body=b"")
    return Outcome(job, kept, reading, at, milliseconds, size, marks)
