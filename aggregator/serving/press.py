"""The server's publisher: a thread of its own, with a connection of its own, beside the one that writes polls down."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.pipeline.publish import Published, Publisher
from aggregator.pipeline.resync import resync
from aggregator.storage.database import open_database
from aggregator.storage.topics import retired_topics

_REST = 2.0  # seconds between two publications at least, and three times as long as the last one took
_STATUS = 60.0  # seconds after which the status page tells of polls that brought nothing
_SWEEP = 600.0  # seconds after which items may have grown too old for a topic

_P = ParamSpec("_P")
_R = TypeVar("_R")


def is_time(rested: float, took: float, *, news: bool, polls: bool) -> bool:
    """Whether to publish, `rested` seconds after a publication that `took` so long; `news` are items, `polls` any."""
    return rested >= max(_REST, 3 * took) and (news or (polls and rested >= _STATUS) or rested >= _SWEEP)


class Press:
    """Brings the database in step with feeds.toml, and the output folder in step with the database."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._thread = ThreadPoolExecutor(1, "publisher")
        self._at_work: set[asyncio.Future[object]] = set()
        self._db: Database | None = None

    async def adopt(self, config: Config) -> frozenset[str]:
        """Make what is stored as if this feeds.toml had always stood, and return the names of retired topics."""
        return await self._run(self._adopt, config)

    async def publish(self) -> Published:
        """Write what differs. Raises OutputError."""
        return await self._run(self._publish)

    async def settled(self) -> None:
        """Wait until it has nothing more to do."""
        while self._at_work:
            await asyncio.wait(self._at_work)

    def close(self) -> bool:
        """Take no further work; whether all of it was done. What is not is done after the next start."""
        done = not self._at_work
        if done:
            self._thread.submit(self._disconnect)
        self._thread.shutdown(wait=done, cancel_futures=not done)
        return done

    async def _run(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call it in the thread. It goes on there where nobody waits for it any more."""
        future = asyncio.wrap_future(self._thread.submit(function, *args, **kwargs))
        self._at_work.add(future)  # type: ignore[arg-type]  # whatever it gives
        future.add_done_callback(self._at_work.discard)
        return await asyncio.shield(future)

    # -- In the thread ------------------------------------------------------------------------------------------------

    def _adopt(self, config: Config) -> frozenset[str]:
        db = self._connected()
        resync(db, config, _now())
        self._config = config
        return retired_topics(db)

    def _publish(self) -> Published:
        return Publisher(self._connected(), self._config, _now()).publish()

    def _connected(self) -> Database:
        self._db = self._db or open_database(self._config.site.database)
        return self._db

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
