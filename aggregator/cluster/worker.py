"""What runs in a worker process: `poll_batch`, and what it keeps from batch to batch. Nothing here knows a database."""

import asyncio
import threading
import time
from concurrent.futures import CancelledError, Future
from contextlib import AsyncExitStack
from importlib.metadata import version

from distributed import Worker, WorkerPlugin

from aggregator.cluster.batch import Batch, Polled, RefusedBatchError, poll
from aggregator.polling.web import PollSettings, Web, open_web
from aggregator.reading.pool import ReaderPool


def poll_batch(batch: Batch) -> Polled:
    """Poll a batch and return when it is done. Raises RefusedBatchError where it must not be begun here, or now.

    Dask runs several at once, each in a thread; all of a process share one way out, one loop and one pool of readers.
    """
    if batch.version != version("aggregator"):
        raise RefusedBatchError(f"the worker has version {version('aggregator')}, not {batch.version}")
    late = time.time() - batch.sent
    if abs(late) > batch.terms.grace:
        # It may be about to be polled elsewhere: whoever sent it waits for no longer than that.
        raise RefusedBatchError(f"the batch came {late:.0f} seconds after it was sent, or the clocks differ")
    return _station().poll(batch)


class Stops(WorkerPlugin):
    """Tells the polls of a batch to end when nobody waits for it any more, and closes all when the worker is closed."""

    name = "aggregator"
    idempotent = True  # it stays from one run to the next

    def transition(self, key: object, start: str, finish: str, **_: object) -> None:
        """Take note of what Dask makes of a task; a batch's key is its name."""
        if start == "executing" and finish not in {"memory", "error"} and _stations:
            _stations[0].drop(str(key))

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
        self._batches: dict[str, tuple[Future[Polled], asyncio.Event]] = {}
        threading.Thread(target=self._loop.run_forever, name="polls", daemon=True).start()

    def poll(self, batch: Batch) -> Polled:
        stop = asyncio.Event()
        future = asyncio.run_coroutine_threadsafe(self._poll(batch, stop), self._loop)
        self._batches[batch.name] = (future, stop)
        try:
            return future.result()
        except CancelledError:
            return Polled()  # nobody waits for it
        finally:
            self._batches.pop(batch.name, None)

    def drop(self, name: str) -> None:
        if name in self._batches:
            self._batches[name][0].cancel()

    def stop(self, names: list[str]) -> None:
        for name in names:
            if name in self._batches:
                self._loop.call_soon_threadsafe(self._batches[name][1].set)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _poll(self, batch: Batch, stop: asyncio.Event) -> Polled:
        web = self._webs.get(batch.settings)
        if web is None:
            web = self._webs[batch.settings] = await self._open.enter_async_context(open_web(batch.settings))
        return await poll(web, self._pool, batch, stop)

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
