"""Searches within bounds: one at a time in a worker process, few that wait, each result good for a minute.

So a feed that thousands subscribe to costs one search a minute, and nobody's request is slower for it.
"""

import asyncio
from collections import OrderedDict
from time import monotonic
from types import TracebackType
from typing import Self

from aggregator.config.values import Config
from aggregator.model import Unreadable
from aggregator.reading.pool import ReaderPool
from aggregator.serving.searching import Form, Unclear, found, terms

_WAITING = 8
_PATIENCE = 15.0  # seconds for waiting and searching together; the worker gives up after ten
_GOOD_FOR = 60.0  # seconds
_KEPT = 64

Key = tuple[Form, str]


class BusyError(Exception):
    """The search cannot be done now; it may be asked for again."""


class Searches:
    """An async context manager; the worker is started with the first search."""

    def __init__(self, config: Config) -> None:
        self._config = terms(config)
        self._pool = ReaderPool(1)
        self._under_way: dict[Key, asyncio.Task[bytes | Unclear]] = {}
        self._kept: OrderedDict[Key, tuple[float, bytes | Unclear]] = OrderedDict()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._under_way.values():
            task.cancel()
        await self._pool.__aexit__(kind, error, trace)

    def configure(self, config: Config) -> None:
        """Search by another feeds.toml from now on."""
        self._config = terms(config)
        self._kept.clear()

    async def feed(self, query: str, form: Form) -> bytes | Unclear:
        """Return the feed of a query. Raises BusyError."""
        key = (form, query)
        when, result = self._kept.get(key, (0.0, b""))
        if result and monotonic() - when < _GOOD_FOR:
            return result
        task = self._under_way.get(key)
        if task is None:
            if len(self._under_way) >= _WAITING:
                raise BusyError("Too many searches are waiting")
            task = asyncio.create_task(self._search(key))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.shield(task)
        except TimeoutError:
            raise BusyError("Others are still searching") from None

    async def _search(self, key: Key) -> bytes | Unclear:
        form, query = key
        result = await self._pool.run(found, self._config, query, form)
        if isinstance(result, Unreadable):
            raise BusyError("The search took too long, or too much memory, and was given up")
        self._kept[key] = (monotonic(), result)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return result
