"""A batch of polls as it travels to a worker and back, and how it is polled there: by the code that polls at home."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

from aggregator.model import PollJob
from aggregator.pipeline.batch import Outcome, poll_batch
from aggregator.polling.web import PollSettings, Web
from aggregator.reading.pool import ReaderPool

Pauses = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a batch may take, in seconds.

    `begin` after its start no poll of it is begun, `slack` is what it may take beyond that and the longest timeout of a
    source, and `grace` what the way there may take, and by how much two machines' clocks may differ.
    """

    begin: float = 20.0
    slack: float = 30.0
    grace: float = 30.0

    def end(self, jobs: tuple[PollJob, ...]) -> float:
        """Return when a worker drops what is still under way, in seconds from its start."""
        return self.begin + self.slack + max(job.timeout for job in jobs)

    def lease(self, jobs: tuple[PollJob, ...]) -> float:
        """Return for how long after a batch was sent a worker may still be at it, whatever became of the connection."""
        return self.end(jobs) + 2 * self.grace


@dataclass(frozen=True, slots=True)
class Batch:
    """Polls to make. `pauses` are hosts to leave alone for so many seconds, `sent` is when it was, in epoch seconds.

    It names the `version` that it was made by: another one might poll otherwise.
    """

    name: str
    version: str
    settings: PollSettings
    jobs: tuple[PollJob, ...]
    terms: Terms
    sent: float
    pauses: Pauses = ()


@dataclass(frozen=True, slots=True)
class Polled:
    """What came of a batch; a job without an outcome was not begun, or not ended, in time."""

    outcomes: tuple[Outcome, ...] = ()
    pauses: Pauses = ()


class RefusedBatchError(Exception):
    """A worker has not begun a batch; says why."""


async def poll(web: Web, pool: ReaderPool, batch: Batch, stop: asyncio.Event) -> Polled:
    """Poll all of a batch that can be polled in its time; once `stop` is set nothing more of it is begun."""
    for host, seconds in batch.pauses:
        web.hosts.pause(host, seconds)
    timer = asyncio.get_running_loop().call_later(batch.terms.begin, stop.set)
    clock = asyncio.timeout(batch.terms.end(batch.jobs))
    outcomes: list[Outcome] = []
    try:
        async with clock, aclosing(poll_batch(web, pool, batch.jobs, stop)) as polls:
            async for some in polls:
                outcomes += some
    except TimeoutError:
        if not clock.expired():
            raise
    finally:
        timer.cancel()
    return Polled(tuple(outcomes), tuple(web.hosts.pauses().items()))
