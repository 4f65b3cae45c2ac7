"""Stored items by their words, the newest first."""

from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database


def newest_matches(db: Database, expression: str | None) -> Iterator[dict[str, Any]]:
    """Return the rows of the items that a full-text expression finds, or of all items for None."""
    if expression is None:
        yield from db.query("SELECT * FROM items ORDER BY published DESC, id DESC")
    else:
        yield from db.query(
            """SELECT items.* FROM items WHERE id IN (SELECT rowid FROM items_fts WHERE items_fts MATCH ?)
               ORDER BY published DESC, id DESC""",
            [expression],
        )
