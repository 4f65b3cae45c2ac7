"""A batch of polls as it travels to a worker, and how it is polled there: by the code that polls at home."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass

from aggregator.model import PollJob
from aggregator.pipeline.batch import Outcome, poll_batch
from aggregator.polling.web import PollSettings, Web
from aggregator.reading.pool import ReaderPool

_MOMENT = 1.0  # seconds for which outcomes are gathered
_WHILE = 4.0  # seconds after which its sender is asked whether it is still there
_UNTAKEN = 10.0  # seconds that it has to answer

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
    """What has come of a batch meanwhile; `over` is false while more is to come.

    Once it is over, a job without an outcome was not begun, or not ended, in its time.
    """

    outcomes: tuple[Outcome, ...] = ()
    pauses: Pauses = ()
    over: bool = True


class RefusedBatchError(Exception):
    """A worker does not poll a batch; says why."""


class GivenUpError(Exception):
    """A worker polls a batch no more, because nobody took what came of it for too long."""


class Work:
    """A batch that is being polled. All of it is to be called in one event loop.

    What is there is taken again and again, so that a slow source holds up no other's outcome. Where nobody takes it,
    it ends: its sender is gone, or cannot reach us, and may be about to have it polled elsewhere.
    """

    def __init__(self, web: Web, pool: ReaderPool, batch: Batch) -> None:
        self._web = web
        self._outcomes: list[Outcome] = []
        self._news = asyncio.Event()
        self._stop = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._polling = asyncio.create_task(self._poll(pool, batch))
        self._polling.add_done_callback(lambda _: self._news.set())

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def drop(self) -> None:
        """End it at once."""
        self._polling.cancel()

    async def take(self) -> Polled:
        """Return what is there after a moment, or else as soon as there is anything, or nothing, after a while.

        Raises what ended it before its time.
        """
        if self._alarm is not None:
            self._alarm.cancel()
        await asyncio.wait({self._polling}, timeout=_MOMENT)
        if not (self._outcomes or self._polling.done()):
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), _WHILE)
        over = self._polling.done()
        if over:
            self._polling.result()
        else:
            self._alarm = asyncio.get_running_loop().call_later(_UNTAKEN, self.drop)
        outcomes, self._outcomes = tuple(self._outcomes), []
        return Polled(outcomes, tuple(self._web.hosts.pauses().items()), over)

    async def _poll(self, pool: ReaderPool, batch: Batch) -> None:
        for host, seconds in batch.pauses:
            self._web.hosts.pause(host, seconds)
        timer = asyncio.get_running_loop().call_later(batch.terms.begin, self._stop.set)
        clock = asyncio.timeout(batch.terms.end(batch.jobs))
        try:
            async with clock, aclosing(poll_batch(self._web, pool, batch.jobs, self._stop)) as polls:
                async for some in polls:
                    self._outcomes += some
                    self._news.set()
        except TimeoutError:
            if not clock.expired():
                raise
        finally:
            timer.cancel()
