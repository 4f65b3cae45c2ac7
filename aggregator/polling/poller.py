"""Many polls at once, each host at its own pace; outcomes come as they are ready. What a poll is, http.py knows."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing

from aggregator.model import PollJob, Response
from aggregator.polling.hosts import PausedError, Ticket, Turn
from aggregator.polling.http import host_of, paused, poll
from aggregator.polling.web import Jobs, Web

Outcome = tuple[PollJob, Response, int]

_STRETCH = 100  # jobs put into queues at a stretch: a few milliseconds


async def poll_one(web: Web, job: PollJob) -> Response:
    """Wait for a turn at the job's host and poll it."""
    try:
        turn = await web.hosts.turn(host_of(job.url) or job.source)
    except PausedError as error:
        return paused(error.seconds)
    try:
        return await poll(web, job, turn)
    finally:
        turn.release()


async def poll_many(web: Web, jobs: Jobs, stop: asyncio.Event | None = None) -> AsyncGenerator[Outcome, None]:
    """Poll them all and yield (job, response, milliseconds it took), in the order in which they end.

    Once `stop` is set nothing more is begun: the polls under way come to their end, and the other jobs have no outcome.

    A job waits in its host's queue, not in a slot, so a slow host holds nobody else up. A slot is held until the
    outcome is taken: a consumer who falls behind slows the polls down, and never more bodies than slots are in memory.
    Leave early through `contextlib.aclosing`, which cancels what is still under way.
    """
    run = _Run(web)
    run.start(jobs)
    stopping = asyncio.create_task((stop or asyncio.Event()).wait())
    stopping.add_done_callback(lambda _: run.stop())
    try:
        while (outcome := await run.next()) is not None:
            yield outcome
    finally:
        stopping.cancel()
        await run.close()


class _Run:
    """One call of poll_many: the jobs that wait, the polls under way, and the outcomes that nobody took yet."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._waiting: dict[Ticket, PollJob] = {}
        self._polls: set[asyncio.Task[None]] = set()
        self._outcomes: asyncio.Queue[tuple[Outcome, Turn | None] | None] = asyncio.Queue()
        self._missing = 0  # outcomes
        self._feeding: asyncio.Task[None] | None = None
        self._stopped = False

    def start(self, jobs: Jobs) -> None:
        self._feeding = asyncio.create_task(self._feed(jobs))
        self._feeding.add_done_callback(lambda _: self._outcomes.put_nowait(None))

    async def next(self) -> Outcome | None:
        """Return the next outcome, or None after the last. Raises what the jobs' own iterator raised."""
        while self._feeding is not None and (self._missing or not self._feeding.done()):
            entry = await self._outcomes.get()
            if entry is not None:
                self._missing -= 1
                outcome, turn = entry
                if turn is not None:
                    turn.release()
                return outcome
        if self._feeding is not None and not self._stopped:
            await self._feeding
        return None

    def stop(self) -> None:
        """Begin nothing more; a second time does nothing."""
        self._stopped = True
        if self._feeding is not None:
            self._feeding.cancel()
        for ticket in self._waiting:
            self._web.hosts.cancel(ticket)
        self._missing -= len(self._waiting)
        self._waiting.clear()
        self._outcomes.put_nowait(None)  # whoever waits for an outcome that will not come looks again

    async def close(self) -> None:
        self.stop()
        under_way = [*self._polls, *filter(None, [self._feeding])]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        while not self._outcomes.empty():
            entry = self._outcomes.get_nowait()
            if entry is not None and entry[1] is not None:
                entry[1].release()

    async def _feed(self, jobs: Jobs) -> None:
        """Bring jobs as long as few hosts wait: thousands of one host must not keep the others' from being seen."""
        number = 0
        async with aclosing(each(jobs)) as them:
            async for job in them:
                await self._web.hosts.room.wait()
                self._ask(job)
                number += 1
                if number % _STRETCH == 0:
                    await asyncio.sleep(0)

    def _ask(self, job: PollJob) -> None:
        ticket = Ticket(host_of(job.url) or job.source, self._granted, self._paused)
        self._missing += 1
        self._waiting[ticket] = job
        self._web.hosts.join(ticket)

    def _granted(self, ticket: Ticket, turn: Turn) -> None:
        task = asyncio.create_task(self._poll(self._waiting.pop(ticket), turn))
        self._polls.add(task)
        task.add_done_callback(self._polls.discard)

    def _paused(self, ticket: Ticket, seconds: float) -> None:
        self._outcomes.put_nowait(((self._waiting.pop(ticket), paused(seconds), 0), None))

    async def _poll(self, job: PollJob, turn: Turn) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            response = await poll(self._web, job, turn)
        except BaseException:
            turn.release()
            raise
        turn.leave()
        milliseconds = round((loop.time() - began - turn.waited) * 1000)
        self._outcomes.put_nowait(((job, response, milliseconds), turn))


async def each(jobs: Jobs) -> AsyncGenerator[PollJob, None]:
    """Yield the jobs, however they come."""
    if isinstance(jobs, AsyncIterable):
        async for job in jobs:
            yield job
    else:
        for job in jobs:
            yield job
