"""Reads bodies in worker processes that may die: a hostile feed can crash the interpreter, or never end.

The only module that imports Pebble, whose pool replaces just the worker that was lost. Workers are started with the
first body, so that a run in which nothing has changed pays for none.
"""

import asyncio
import logging
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from concurrent.futures import TimeoutError as TookTooLongError
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

from aggregator.model import Unreadable

SECONDS = 10
MEMORY = 768 * 1024 * 1024

_P = ParamSpec("_P")
_R = TypeVar("_R")

_log = logging.getLogger(__name__)


class ReaderPool:
    """Worker processes with limits on time and memory. An async context manager."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or min(2, os.cpu_count() or 1)
        self._pool: ProcessPool | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]  # Pebble leaves its lifecycle methods bare
            await asyncio.to_thread(self._pool.join)

    async def run(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R | Unreadable:
        """Call `function` in a worker; what it returns, or why it did not. A lost worker is given one more try."""
        for _ in range(2):
            try:
                future = self._started().schedule(function, args=list(args), kwargs=dict(kwargs), timeout=SECONDS)
                result: _R = await asyncio.wrap_future(future)
            except (TookTooLongError, TimeoutError):
                return Unreadable(f"it took more than {SECONDS} seconds to read and was given up")
            except MemoryError:
                return Unreadable("it needs more memory to read than a worker is given")
            except ProcessExpired as lost:
                _log.debug("a worker was lost (exit code %s)", lost.exitcode)
            else:
                return result
        return Unreadable("it crashes the process that reads it")

    def _started(self) -> ProcessPool:
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["aggregator.reading.read"])
            self._pool = ProcessPool(max_workers=self._workers, context=context, initializer=_limit)
        return self._pool


def _limit() -> None:
    """In the worker: no more memory than a feed can need, and Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
