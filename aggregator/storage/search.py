"""Stored items by their words, the newest first."""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Any

from sqlite_utils import Database

from aggregator.model import AHEAD
from aggregator.storage.times import from_text


def newest_matches(db: Database, expression: str | None) -> Iterator[dict[str, Any]]:
    """Yield the rows of the items that a full-text expression finds, or of all items for None, by date.

    Only as much of the index is read as it takes to be sure of the order, however many items a word is in.
    """
    if expression is None:
        yield from db.query("SELECT * FROM items ORDER BY published DESC, id DESC")
        return
    for number in _by_date(db, expression):
        yield from db.query("SELECT * FROM items WHERE id = ?", [number])


def _by_date(db: Database, expression: str) -> Iterator[int]:
    """The index gives the last stored first. Whatever was stored before cannot be dated much later than it was seen."""
    found = db.execute(
        """SELECT id, published, first_seen FROM items_fts CROSS JOIN items ON id = items_fts.rowid
           WHERE items_fts MATCH ? ORDER BY items_fts.rowid DESC""",
        [expression],
    )
    waiting: list[tuple[float, int]] = []
    for number, published, first_seen in found:
        while waiting and -waiting[0][0] > _seconds(first_seen) + AHEAD.total_seconds():
            yield -heappop(waiting)[1]
        heappush(waiting, (-_seconds(published), -number))
    while waiting:
        yield -heappop(waiting)[1]


def _seconds(time: str) -> float:
    return from_text(time).timestamp()
