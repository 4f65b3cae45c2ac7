"""The connection to a Dask scheduler, or to worker processes of our own, for as long as it lasts.

With worker.py the only module that imports distributed; what a batch is and who gets which, others know.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, suppress
from typing import Self, TypeVar

import dask
from distributed import Client, Future, LocalCluster, Security
from distributed.client import FutureCancelledError

from aggregator.cluster.batch import Batch, Polled
from aggregator.cluster.worker import Stops, poll_batch, poll_more, stop_batches

THREADS = 16  # batches at once in a worker process of ours
_CONNECT = 5.0  # seconds
_LOOK = 1.0  # seconds between two looks at who is there
_ANSWER = 10.0  # seconds after which a scheduler that says nothing is gone
_CLOSE = 3.0  # seconds

_T = TypeVar("_T")


class LostError(Exception):
    """The worker that has a batch is gone, or cannot be reached: whether it still polls nobody knows."""


class Link:
    """One connection. `workers` are the batches that each worker there is now can poll at once, by its address."""

    def __init__(self, client: Client, closing: AsyncExitStack) -> None:
        self._client = client
        self._closing = closing
        self._watching: asyncio.Task[None] | None = None
        self._flights: defaultdict[str, set[asyncio.Future[Polled]]] = defaultdict(set)
        self.workers: dict[str, int] = {}
        self.changed = asyncio.Event()  # set when `workers` did, and when it is broken
        self.broken = ""  # why it cannot be used any more

    @classmethod
    async def open(cls, address: str) -> Self:
        """Connect to `tcp://…` or `tls://…`, or start as many worker processes as "local:4" says. Raises OSError."""
        for name in ("distributed", "distributed.client", "tornado.application"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters of it is told in our own words
        async with AsyncExitStack() as opening:
            client = await _connect(address, opening)
            await client.register_plugin(Stops())
            link = cls(client, opening.pop_all())
        try:
            await link._look()
        except BaseException:
            await link.close()
            raise
        link._watching = asyncio.create_task(link._watch())
        return link

    async def close(self) -> None:
        """Let go of it; batches that are under way are dropped by their workers."""
        if self._watching is not None:
            self._watching.cancel()
        self._lose(list(self._flights), "the connection is closed")
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_CLOSE * 2):
                await self._closing.aclose()

    async def poll(self, worker: str, batch: Batch) -> AsyncGenerator[Polled, None]:
        """Have a worker poll a batch; what comes of it as it comes. Raises LostError, and what kept the worker from it.

        Dask must not try it again by itself: the batch is for this worker, once.
        """
        polled = await self._call(worker, f"{batch.name}/0", poll_batch, batch)
        number = 1
        while not polled.over:
            yield polled
            polled = await self._call(worker, f"{batch.name}/{number}", poll_more, batch.name)
            number += 1
        yield polled

    async def _call(self, worker: str, key: str, function: Callable[[_T], Polled], argument: _T) -> Polled:
        if worker not in self.workers:
            raise LostError("the worker is gone")
        answer: asyncio.Future[Polled] = asyncio.get_running_loop().create_future()
        self._flights[worker].add(answer)
        task: Future[Polled] = self._client.submit(
            function, argument, key=key, workers=[worker], allow_other_workers=False, pure=False, retries=0
        )
        waiting = asyncio.create_task(_wait(task, answer))
        try:
            return await answer
        finally:
            waiting.cancel()
            self._flights[worker].discard(answer)
            task.release()  # type: ignore[no-untyped-call]  # bare in distributed

    async def stop(self, names: list[str]) -> None:
        """Have nothing more begun of these batches, wherever they are."""
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_CLOSE):
                await self._client.run(stop_batches, names, on_error="ignore")

    async def _watch(self) -> None:
        while not self.broken:
            await asyncio.sleep(_LOOK)
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - whatever it is, the scheduler does not answer as one does
                self._break(str(error) or type(error).__name__)

    async def _look(self) -> None:
        async with asyncio.timeout(_ANSWER):
            if self._client.scheduler is None or self._client.status != "running":
                raise ConnectionError("the scheduler has closed the connection")
            found = await self._client.scheduler.identity(n_workers=-1)
        workers = {
            address: int(worker["nthreads"])
            for address, worker in found["workers"].items()
            if worker["status"] == "running"
        }
        gone = [worker for worker in self._flights if worker not in found["workers"]]
        self._lose(gone, "the worker is gone")
        if workers != self.workers:
            self.workers = workers
            self.changed.set()

    def _break(self, reason: str) -> None:
        self.broken = reason
        self.workers = {}
        self._lose(list(self._flights), reason)
        self.changed.set()

    def _lose(self, workers: list[str], reason: str) -> None:
        for worker in workers:
            for answer in self._flights.pop(worker):
                if not answer.done():
                    answer.set_exception(LostError(reason))


async def _connect(address: str, opening: AsyncExitStack) -> Client:
    """Return a client whose end, and that of what was started for it, is on the stack. Raises OSError."""
    where: str | LocalCluster = address
    if address.startswith("local:"):
        where = await _start_workers(int(address.removeprefix("local:")))
        opening.push_async_callback(_close, where)
    client = Client(  # type: ignore[no-untyped-call]  # bare in distributed
        where, asynchronous=True, timeout=_CONNECT, set_as_default=False
    )
    opening.push_async_callback(_close, client)  # also where connecting is cut short
    try:
        await client
    except TimeoutError as error:
        raise ConnectionError(f"no scheduler answers within {_CONNECT:.0f} seconds") from error
    return client


async def _close(opened: Client | LocalCluster) -> None:
    closing = opened.close(_CLOSE)
    if closing is not None:
        await closing


async def _start_workers(processes: int) -> LocalCluster:
    """Start worker processes that nobody but us can speak to: who reaches a scheduler can have it run anything."""
    settings = {
        "distributed.worker.daemon": False,  # a daemonic process may have no children, and it has readers
        "distributed.scheduler.http.routes": [],  # nothing to look at either
        "distributed.worker.http.routes": [],
        "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED": "critical",
    }
    with dask.config.set(settings):
        cluster: LocalCluster = await LocalCluster(  # type: ignore[no-untyped-call]  # bare in distributed
            n_workers=processes,
            threads_per_worker=THREADS,
            processes=True,
            asynchronous=True,
            host="127.0.0.1",
            security=Security.temporary(),  # type: ignore[no-untyped-call]  # likewise
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            memory_limit=0,  # readers have a limit of their own
        )
    return cluster


async def _wait(task: "Future[Polled]", answer: "asyncio.Future[Polled]") -> None:
    try:
        polled = await task
    except FutureCancelledError as error:
        lost: Exception = LostError(str(error))
        found: Polled | Exception = lost
    except Exception as error:  # noqa: BLE001 - it is the worker's, and for who waits
        found = error
    else:
        found = polled
    if answer.done():
        return
    if isinstance(found, Exception):
        answer.set_exception(found)
    else:
        answer.set_result(found)
