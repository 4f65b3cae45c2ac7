"""Polls and reads a batch of sources: the part of the work that needs no database, and so could be done anywhere."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aggregator.digest import digest
from aggregator.model import Failed, Fetched, PollJob, Reading, Response, Unreadable
from aggregator.pipeline.work import Marks, read_and_mark
from aggregator.polling.poller import Jobs, poll_many
from aggregator.polling.web import Web
from aggregator.reading.pool import ReaderPool

_READ_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one poll: the answer, and what was read in its body of `size` bytes."""

    job: PollJob
    response: Response
    reading: Reading | None
    at: datetime
    milliseconds: int
    size: int = 0
    digest: bytes = b""
    marks: Marks = ()


async def poll_batch(web: Web, pool: ReaderPool, jobs: Jobs) -> AsyncGenerator[Outcome, None]:
    """Poll and read all jobs; outcomes come as they are ready. A body is read while others are still on their way."""
    reading: set[asyncio.Task[Outcome]] = set()
    try:
        async with aclosing(poll_many(web, jobs)) as polls:
            async for job, response, milliseconds in polls:
                at = datetime.now(UTC).replace(microsecond=0)
                if not isinstance(response, Fetched):
                    yield Outcome(job, response, None, at, milliseconds)
                    continue
                reading.add(asyncio.create_task(_read(pool, job, response, at, milliseconds)))
                if len(reading) >= _READ_AHEAD:
                    done, reading = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        yield task.result()
        for finished in asyncio.as_completed(reading):
            yield await finished
    finally:
        for task in reading:
            task.cancel()


async def _read(pool: ReaderPool, job: PollJob, fetched: Fetched, at: datetime, milliseconds: int) -> Outcome:
    read = await pool.run(read_and_mark, fetched.body, fetched.content_type, job.configured_url, job.known, at)
    size = len(fetched.body)
    if isinstance(read, Unreadable):
        return Outcome(job, Failed(read.reason, fetched.status, fetched.caching), None, at, milliseconds, size)
    reading, marks = read
    kept = replace(fetched, body=b"")
    return Outcome(job, kept, reading, at, milliseconds, size, digest(fetched.body), marks)
