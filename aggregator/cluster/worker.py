"""What runs in a worker process: `poll_batch`, and what it keeps from batch to batch. Nothing here knows a database."""

import asyncio
import multiprocessing
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import TypeVar

from distributed import Worker, WorkerPlugin

from aggregator.cluster.batch import Batch, GivenUpError, Polled, RefusedBatchError, Work
from aggregator.polling.web import PollSettings, Web, open_web
from aggregator.reading.pool import ReaderPool

_VERSION = version("aggregator")

_T = TypeVar("_T")


def poll_batch(batch: Batch) -> Polled:
    """Poll a batch: return what has come of it within a moment, or all. Raises RefusedBatchError.

    Dask runs several at once, each in a thread; all of a process share one way out, one loop and one pool of readers.
    """
    if batch.version != _VERSION:
        raise RefusedBatchError(f"it has version {_VERSION}, not {batch.version}")
    if multiprocessing.current_process().daemon:
        raise RefusedBatchError("it may have no child processes: set DASK_DISTRIBUTED__WORKER__DAEMON=False for it")
    late = time.time() - batch.sent
    if abs(late) > batch.terms.grace:
        # It may be about to be polled elsewhere: whoever sent it waits for no longer than that.
        raise RefusedBatchError(f"a batch came {late:.0f} seconds after it was sent, or the clocks differ")
    return _station().call(_Station.poll, batch)


def poll_more(name: str) -> Polled:
    """Return what else has come of a batch within a moment, or all. Raises GivenUpError."""
    return _station().call(_Station.more, name)


class Stops(WorkerPlugin):
    """Tells the polls of a batch to end when nobody waits for it any more, and closes all when the worker is closed."""

    name = "aggregator"
    idempotent = True  # it stays from one run to the next

    def transition(self, key: object, start: str, finish: str, **_: object) -> None:
        """Take note of what Dask makes of a task; its key begins with the name of its batch."""
        if start == "executing" and finish not in {"memory", "error"} and _stations:
            _stations[0].drop(str(key).partition("/")[0])

    async def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - the plugin interface
        """Close what this process keeps."""
        if _stations:
            await asyncio.to_thread(_stations.pop().close)


def stop_batches(names: list[str]) -> None:
    """Begin nothing more of these batches; what is under way comes to its end."""
    for station in _stations:
        station.stop(names)


class _Station:
    """The loop of a worker process, in a thread of its own, and what lives in it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._open = AsyncExitStack()
        self._pool = ReaderPool()
        self._webs: dict[PollSettings, Web] = {}
        self._works: dict[str, Work] = {}
        threading.Thread(target=self._loop.run_forever, name="polls", daemon=True).start()

    def call(self, method: "Callable[[_Station, _T], Awaitable[Polled]]", argument: _T) -> Polled:
        """Call it in the loop, and wait."""

        async def calling() -> Polled:
            return await method(self, argument)

        return asyncio.run_coroutine_threadsafe(calling(), self._loop).result()

    async def poll(self, batch: Batch) -> Polled:
        web = self._webs.get(batch.settings)
        if web is None:
            web = self._webs[batch.settings] = await self._open.enter_async_context(open_web(batch.settings))
        self._works[batch.name] = Work(web, self._pool, batch)
        return await self.more(batch.name)

    async def more(self, name: str) -> Polled:
        if name not in self._works:
            raise GivenUpError(name)
        polled = Polled()
        try:
            polled = await self._works[name].take()
        except asyncio.CancelledError:
            raise GivenUpError(name) from None
        finally:
            if polled.over:
                self._works.pop(name, None)
        return polled

    def drop(self, name: str) -> None:
        """End a batch at once; from any thread."""
        self._loop.call_soon_threadsafe(self._drop, name)

    def stop(self, names: list[str]) -> None:
        """Begin nothing more of batches; from any thread."""

        def stop() -> None:
            for name in names:
                if name in self._works:
                    self._works[name].stop()

        self._loop.call_soon_threadsafe(stop)

    def close(self) -> None:
        """Close all; from any other thread."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _drop(self, name: str) -> None:
        if name in self._works:
            self._works[name].drop()

    async def _close(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._open.aclose()
        await self._pool.__aexit__(None, None, None)


_stations: list[_Station] = []  # one, from the first batch on
_making = threading.Lock()


def _station() -> _Station:
    with _making:
        if not _stations:
            _stations.append(_Station())
        return _stations[0]
