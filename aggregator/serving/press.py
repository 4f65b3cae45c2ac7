"""The server's publisher: a process of its own, so that what it renders keeps no client waiting and it can be ended.

It has its own connection to the database, beside the one that writes polls down. Ended in the middle of its work it
leaves nothing half done: files are put in their places whole, and what is not noted as published is published again.
"""

import asyncio
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.model import Unreadable
from aggregator.pipeline.publish import Published, Publisher
from aggregator.pipeline.resync import resync
from aggregator.pipeline.upkeep import back_up, prune
from aggregator.reading.pool import ReaderPool
from aggregator.serving.packing import packed, unpacked
from aggregator.storage import times
from aggregator.storage.database import open_database
from aggregator.storage.topics import retired_topics

_REST = 2.0  # seconds between two publications at least, and three times as long as the last one took
_STATUS = 60.0  # seconds after which the status page tells of polls that brought nothing
_SWEEP = 600.0  # seconds after which items may have grown too old for a topic

_R = TypeVar("_R")


class PressError(Exception):
    """The publisher's process was lost, twice."""


def is_time(rested: float, took: float, *, news: bool, polls: bool) -> bool:
    """Whether to publish, `rested` seconds after a publication that `took` so long; `news` are items, `polls` any."""
    return rested >= max(_REST, 3 * took) and (news or (polls and rested >= _STATUS) or rested >= _SWEEP)


class Press:
    """Brings the database in step with feeds.toml, and the output folder in step with the database.

    An async context manager; one thing is done at a time. Leaving it ends what is still being done.
    """

    def __init__(self, config: Config) -> None:
        self._config = packed(config)
        self._pool = ReaderPool(1, unlimited=True)
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def adopt(self, config: Config) -> frozenset[str]:
        """Make what is stored as if this feeds.toml had always stood, and return the names of retired topics."""
        new = packed(config)
        retired = await self._run(_adopt, new)
        self._config = new
        return retired

    async def publish(self) -> Published:
        """Write what differs. Raises OutputError."""
        return await self._run(_publish, self._config)

    async def upkeep(self) -> tuple[int, str]:
        """Take away what is too old, and make the daily backup; return how many items went, and what went wrong."""
        return await self._run(_upkeep, self._config)

    async def _run(self, function: Callable[[bytes], _R], config: bytes) -> _R:
        async with self._turn:
            result = await self._pool.run(function, config)
        if isinstance(result, Unreadable):
            raise PressError("the process that publishes was lost")
        return result


# -- In the process ---------------------------------------------------------------------------------------------------


def _adopt(config: bytes) -> frozenset[str]:
    known = unpacked(config)
    db = _connected(known.site.database)
    resync(db, known, times.now())
    return retired_topics(db)


def _publish(config: bytes) -> Published:
    known = unpacked(config)
    return Publisher(_connected(known.site.database), known, times.now()).publish()


def _upkeep(config: bytes) -> tuple[int, str]:
    known = unpacked(config)
    return prune(_connected(known.site.database), known, times.now()), back_up(known, times.now())


@lru_cache(maxsize=1)
def _connected(database: Path) -> Database:
    return open_database(database)
