"""Reads bodies in worker processes that may die: a hostile feed can crash the interpreter, or never end.

The only module that imports Pebble, whose pool replaces just the worker that was lost in its work. One that is lost
while it has none (by whatever ends processes where memory is short) breaks the whole pool, which is replaced then.
Workers are started with the first body, so that a run in which nothing has changed pays for none.
"""

import asyncio
import ctypes
import logging
import os
import resource
import signal
from collections.abc import Callable
from concurrent.futures import TimeoutError as TookTooLongError
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar, cast

from aggregator.model import Unreadable

if TYPE_CHECKING:
    from pebble import ProcessPool

SECONDS = 10
MEMORY = 384 * 1024 * 1024  # ten megabytes of feed, which is all that is read by default, take 260
_TIMES = 32  # ... and of a larger body, where feeds.toml allows it, so many times its size
LARGE = 1_000_000  # bytes: a body beyond leaves a worker's memory in pieces
_LOOK = 1.0  # seconds between two looks at whether anybody works
_OUT_OF_MEMORY = 77  # the exit code of a worker that had too little

_P = ParamSpec("_P")
_R = TypeVar("_R")

_log = logging.getLogger(__name__)


class ReaderPool:
    """Worker processes with limits on time and memory. An async context manager."""

    def __init__(self, workers: int | None = None, *, unlimited: bool = False) -> None:
        """`unlimited` is for work that is our own, and may take its time and its memory."""
        self._workers = workers or min(2, os.cpu_count() or 1)
        self._unlimited = unlimited
        self._pool: ProcessPool | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._give_up(self._pool)
        await asyncio.gather(*self._ending)

    async def run(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R | Unreadable:
        """Call `function` in a worker; what it returns, or why it did not. A lost worker is given one more try."""
        from concurrent.futures.process import BrokenProcessPool

        from pebble import ProcessExpired

        reason = ""
        for _ in range(2):
            try:
                result = await self._in_worker(function, args, kwargs)
            except (TookTooLongError, TimeoutError):
                return Unreadable(f"it took more than {SECONDS} seconds to read and was given up")
            except BrokenProcessPool as broken:
                _log.debug("all workers are replaced (%s)", broken)
                reason = "the processes that read were lost"
            except ProcessExpired as lost:
                _log.debug("a worker was lost (exit code %s)", lost.exitcode)
                if lost.exitcode == _OUT_OF_MEMORY:
                    reason = "it needs more memory to read than a worker is given"
                else:
                    reason = "it crashes the process that reads it"
            else:
                return result
        return Unreadable(reason)

    async def _in_worker(self, function: Callable[..., _R], args: tuple[object, ...], kwargs: dict[str, object]) -> _R:
        """Call it once. Raises what it raises, and what befell the workers."""
        from concurrent.futures.process import BrokenProcessPool

        work, seconds = (_call, None) if self._unlimited else (_work, SECONDS)
        pool = self._started(function.__module__)
        try:
            future = pool.schedule(work, args=[function, args, kwargs], timeout=seconds)
        except (RuntimeError, OSError) as error:
            self._give_up(pool)
            raise BrokenProcessPool(str(error)) from error
        called = asyncio.wrap_future(future)
        try:
            while not (await asyncio.wait({called}, timeout=_LOOK))[0] and pool.active:
                pass
            if called.done():
                return cast("_R", called.result())
        except BrokenProcessPool:
            self._give_up(pool)
            raise
        finally:
            called.cancel()
        self._give_up(pool)
        raise BrokenProcessPool("it broke, and of those who waited Pebble told only the others")

    def _give_up(self, pool: "ProcessPool") -> None:
        """Let another take its place. It ends in a thread: its workers may take a while."""
        if pool is self._pool:
            self._pool = None
            pool.stop()  # type: ignore[no-untyped-call]  # Pebble leaves its lifecycle methods bare
            self._ending.add(asyncio.create_task(asyncio.to_thread(pool.join)))

    def _started(self, module: str) -> "ProcessPool":
        """Return the pool; what it does first, of that `module`, its workers find imported."""
        if self._pool is None:
            import multiprocessing

            from pebble import ProcessPool

            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["aggregator.reading.feed", module])
            self._pool = ProcessPool(max_workers=self._workers, context=context, initializer=_ignore_interrupts)
        return self._pool


def _work(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """In the worker: the call. One that ran out of memory is not used again, it might have none for the next body."""
    size = max((len(body) for body in args if isinstance(body, bytes)), default=0)
    _limit_memory(max(MEMORY, _TIMES * size))
    try:
        return function(*args, **kwargs)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    finally:
        if size > LARGE:
            _give_memory_back()


def _call(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """In the worker: the call, and no more."""
    return function(*args, **kwargs)


def _ignore_interrupts() -> None:
    """In the worker: Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _give_memory_back() -> None:
    """Let the C library return what is free: it would keep 80 MB for the next body, which is seldom as large."""
    with suppress(AttributeError, OSError):  # it is glibc that has this
        ctypes.CDLL(None).malloc_trim(0)


def _limit_memory(limit: int) -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
