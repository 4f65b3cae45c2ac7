"""Has a cluster poll what is due: batches to workers, outcomes to the one writer, and all at home when it is gone.

A batch whose worker is gone is not polled again before its lease ends, because nobody knows whether it is still polled.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from importlib.metadata import version

from aggregator.cluster.batch import Batch, GivenUpError, Polled, RefusedBatchError, Terms
from aggregator.cluster.crew import Crew
from aggregator.cluster.link import Link, LostError
from aggregator.cluster.plan import Flight, Plan, Taken, hand_back
from aggregator.cluster.rate import Rate
from aggregator.model import PollJob
from aggregator.pipeline.batch import Outcome, Polls, poll_batch
from aggregator.pipeline.where import Standing
from aggregator.polling.poller import each
from aggregator.polling.web import Jobs, PollSettings, Web
from aggregator.reading.pool import ReaderPool

_HOME = ""  # this process, where batches are polled in the cluster's stead
_AT_HOME = 16  # batches at once
_SMALLEST, _LARGEST = 4, 50  # jobs in a batch: a slow source holds up the outcomes of the others in its own
_HOST_SECONDS = 8.0  # for as long the jobs of one host may occupy a batch, at the delay between them
_READY, _WAITING = 2_000, 20_000  # hosts that are ready, and jobs that wait: beyond that no more are brought

_VERSION = version("aggregator")

Tell = Callable[[Standing], None]


def polls_on(address: str, settings: PollSettings, tell: Tell, terms: Terms | None = None) -> Polls:
    """Return what polls on the cluster at `address`; `tell` is called every second with how that is doing."""

    async def polls(
        web: Web, pool: ReaderPool, jobs: Jobs, stop: asyncio.Event | None
    ) -> AsyncGenerator[list[Outcome], None]:
        run = _Run(address, settings, terms or Terms(), tell, web, pool, stop or asyncio.Event())
        run.start(jobs)
        try:
            while (outcomes := await run.next()) is not None:
                yield outcomes
        finally:
            await run.close()

    return polls


class _Run:
    """One time of polling on a cluster, from its first job to its last."""

    def __init__(
        self,
        address: str,
        settings: PollSettings,
        terms: Terms,
        tell: Tell,
        web: Web,
        pool: ReaderPool,
        stop: asyncio.Event,
    ) -> None:
        self._address, self._settings, self._terms, self._tell = address, settings, terms, tell
        self._web, self._pool, self._stop = web, pool, stop
        most = max(1, int(_HOST_SECONDS / settings.host_delay)) if settings.host_delay else _LARGEST
        self._needed = asyncio.Event()  # there was a job
        self._wake = asyncio.Event()  # there may be something to hand out
        self._room = asyncio.Event()  # for more jobs
        self._plan = Plan(web.hosts, most, self._wake.set, self._set_aside)
        self._paused: list[PollJob] = []
        self._pauses: dict[str, float] = {}
        self._crew = Crew(address, self._wake.set)
        self._in_flight: Counter[str] = Counter()
        self._names: set[str] = set()
        self._leases: set[asyncio.Task[None]] = set()
        self._outcomes: asyncio.Queue[tuple[list[Outcome], str | None]] = asyncio.Queue()
        self._batches: set[asyncio.Task[None]] = set()
        self._always: list[asyncio.Task[None]] = []
        self._feeding: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self._rate = Rate()

    # -- For whoever takes the outcomes -------------------------------------------------------------------------------

    def start(self, jobs: Jobs) -> None:
        self._feeding = self._begin(self._feed(jobs))
        self._always = [self._begin(work) for work in (self._keep(), self._hand_out(), self._heed_stop())]

    async def next(self) -> list[Outcome] | None:
        """Return the next outcomes, or None after the last; then raises what the jobs' own iterator raised."""
        while not (self._is_over() and self._outcomes.empty()):
            outcomes, place = await self._outcomes.get()
            if place is not None:
                self._free_place(place)
            if self._error is not None:
                raise self._error
            return outcomes
        if self._feeding is not None and not self._stop.is_set():
            await self._feeding
        return None

    async def close(self) -> None:
        self._plan.clear()
        tasks = [*self._always, *self._batches, *filter(None, [self._feeding])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._in_flight.clear()
        self._say()
        await self._crew.close()

    def _is_over(self) -> bool:
        fed = self._feeding is not None and self._feeding.done()
        return fed and not self._error and not (len(self._plan) or self._paused or self._batches)

    def _begin(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._batches.discard(task)
        self._leases.discard(task)
        if task is not self._feeding and not task.cancelled() and task.exception() is not None:
            self._error = task.exception()
        self._outcomes.put_nowait(([], None))  # whoever waits looks again whether all is over
        self._wake.set()

    # -- Jobs in ------------------------------------------------------------------------------------------------------

    async def _feed(self, jobs: Jobs) -> None:
        async with aclosing(each(jobs)) as them:
            async for job in them:
                self._needed.set()
                self._plan.add(job)
                while self._plan.ready > _READY or len(self._plan) > _WAITING:
                    self._room.clear()
                    await self._room.wait()

    async def _keep(self) -> None:
        await self._needed.wait()
        await self._crew.keep()

    def _set_aside(self, job: PollJob) -> None:
        self._paused.append(job)
        self._wake.set()

    async def _heed_stop(self) -> None:
        await self._stop.wait()
        if self._feeding is not None:
            self._feeding.cancel()
        self._plan.clear()
        self._paused.clear()
        for lease in self._leases:
            lease.cancel()
        if self._crew.link is not None:
            await self._crew.link.stop(list(self._names))

    # -- Batches out --------------------------------------------------------------------------------------------------

    async def _hand_out(self) -> None:
        while True:
            if self._paused:
                jobs, self._paused = tuple(self._paused), []
                self._batches.add(self._begin(self._poll_here(jobs, None)))
            while self._plan.ready and (free := self._free()):
                place = max(free, key=lambda place: free[place])
                each_gets = -(-self._plan.ready // sum(free.values()))
                taken = self._plan.take(min(_LARGEST, max(_SMALLEST, each_gets)))
                self._in_flight[place] += 1
                link = self._crew.link if place != _HOME else None
                self._batches.add(self._begin(self._send(link, place, taken) if link else self._poll_home(taken)))
            self._room.set()
            self._say()
            self._wake.clear()
            try:
                async with asyncio.timeout(1):
                    await self._wake.wait()
            except TimeoutError:
                pass  # it may be time to poll at home, or to try a worker again

    def _free(self) -> dict[str, int]:
        """How many batches each worker can take now, or home, where there has been no worker for some time."""
        places = {_HOME: _AT_HOME} if self._crew.is_gone else self._crew.able()
        return {place: most - self._in_flight[place] for place, most in places.items() if most > self._in_flight[place]}

    async def _send(self, link: Link, worker: str, taken: Taken) -> None:
        """Have a worker poll them; where it is lost, let the lease end before anyone asks those hosts again."""
        ends = _now() + self._terms.lease(taken.jobs)
        batch = Batch(
            uuid.uuid4().hex, _VERSION, self._settings, taken.jobs, self._terms, time.time(),
            tuple(self._still_paused()),
        )  # fmt: skip
        self._names.add(batch.name)
        flight = Flight(taken)
        try:
            async with asyncio.timeout_at(ends), aclosing(link.poll(worker, batch)) as parts:
                async for polled in parts:
                    self._take_in(flight, polled, worker if polled.over else None)
        except GivenUpError:
            self._free_place(worker)
        except (RefusedBatchError, ImportError) as error:
            self._free_place(worker)
            self._crew.strike(worker, str(error))
        except Exception as error:  # noqa: BLE001 - a lost worker, a silent one, or one that fails otherwise
            self._free_place(worker)
            if not isinstance(error, LostError):
                self._crew.strike(worker, f"{type(error).__name__}: {error}")
            await self._outlast(ends)
        finally:
            self._names.discard(batch.name)
        hand_back(flight.turns.values())
        for job in flight.jobs.values():
            if not self._stop.is_set():
                self._plan.add(job)

    def _free_place(self, place: str) -> None:
        self._in_flight[place] = max(0, self._in_flight[place] - 1)
        self._wake.set()

    async def _outlast(self, ends: float) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs is in a task
        if self._stop.is_set():
            raise asyncio.CancelledError
        self._leases.add(task)
        await asyncio.sleep(ends - _now())

    def _take_in(self, flight: Flight, polled: Polled, place: str | None) -> None:
        now = _now()
        for host, seconds in polled.pauses:
            self._pauses[host] = max(self._pauses.get(host, 0.0), now + seconds)
            self._web.hosts.pause(host, seconds)
        hand_back(flight.land(polled.outcomes))
        self._rate.add(len(polled.outcomes), now)
        self._outcomes.put_nowait((list(polled.outcomes), place))

    def _still_paused(self) -> Iterator[tuple[str, float]]:
        now = _now()
        self._pauses = {host: until for host, until in self._pauses.items() if until > now}
        for host, until in self._pauses.items():
            yield host, until - now

    async def _poll_home(self, taken: Taken) -> None:
        for turn in taken.turns:
            turn.release()  # the polls take their own
        await self._poll_here(taken.jobs, _HOME)

    async def _poll_here(self, jobs: tuple[PollJob, ...], place: str | None) -> None:
        """Poll as without a cluster; jobs whose hosts want to be left alone come to what they come to there."""
        async with aclosing(poll_batch(self._web, self._pool, jobs, self._stop)) as polls:
            async for outcomes in polls:
                self._outcomes.put_nowait((outcomes, None))
        self._outcomes.put_nowait(([], place))

    def _say(self) -> None:
        """Tell how the cluster is doing."""
        if self._needed.is_set():
            batches = sum(count for place, count in self._in_flight.items() if place != _HOME)
            rate = self._rate.per_second(_now())
            self._tell(Standing(self._address, self._crew.size, batches, self._rate.total, rate, self._crew.trouble))


def _now() -> float:
    return asyncio.get_running_loop().time()
