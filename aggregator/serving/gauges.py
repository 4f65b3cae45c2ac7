"""The database asked for a few figures, not more often than every few seconds however many people look."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from aggregator.errors import UserError
from aggregator.serving.troubles import Troubles
from aggregator.storage.database import open_reader
from aggregator.storage.figures import Figures, figures

_GOOD_FOR = 5.0  # seconds
_PATIENCE = 5.0  # seconds


class Gauges:
    """The figures of one database; that it does not answer is noted under "database"."""

    def __init__(self, database: Path, troubles: Troubles, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._troubles = troubles
        self._clock = clock
        self._asked = float("-inf")
        self._figures: Figures | None = None
        self._asking: asyncio.Task[None] | None = None

    async def read(self) -> Figures | None:
        """Return the figures of the last few seconds, or None where the database does not answer."""
        if self._clock() - self._asked > _GOOD_FOR:
            if self._asking is None or self._asking.done():
                self._asking = asyncio.create_task(self._ask())
            try:
                async with asyncio.timeout(_PATIENCE):
                    await asyncio.shield(self._asking)
            except TimeoutError:
                self._fail(f"it does not answer within {_PATIENCE:.0f} seconds")
        return self._figures

    async def _ask(self) -> None:
        try:
            self._figures = await asyncio.to_thread(_read, self._database)
        except UserError as error:
            self._fail(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the database is what is wrong
            self._fail(f"it cannot be read ({type(error).__name__}: {error})")
        else:
            self._asked = self._clock()
            self._troubles.end("database")

    def _fail(self, sentence: str) -> None:
        self._figures = None
        self._troubles.begin("database", sentence)


def _read(database: Path) -> Figures:
    db = open_reader(database)
    try:
        return figures(db, datetime.now(UTC))
    finally:
        db.close()
