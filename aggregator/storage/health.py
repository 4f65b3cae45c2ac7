"""How sources and topics are doing: the rows that status and its charts are made of."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from aggregator.storage.times import to_text


def source_rows(db: Database) -> dict[str, dict[str, Any]]:
    """Return every source's row, with the number of its items as `items`, by name."""
    query = """SELECT sources.name, title, state, last_polled, next_poll, next_poll_reason, last_status, last_error,
            failures, coalesce(items, 0) AS items
        FROM sources LEFT JOIN tallies ON of = 'source' AND tallies.name = sources.name"""
    return {row["name"]: row for row in db.query(query)}


def topic_rows(db: Database) -> dict[str, tuple[int, str]]:
    """Return (number of items, when it last changed) of every topic, by name."""
    query = """SELECT topics.name, updated, coalesce(items, 0)
        FROM topics LEFT JOIN tallies ON of = 'topic' AND tallies.name = topics.name"""
    return {name: (items, updated) for name, updated, items in db.execute(query).fetchall()}


def polls_a_day(db: Database, since: datetime) -> Iterator[tuple[str, str, int, int]]:
    """Return (source, day, polls, failed polls) since a time."""
    query = "SELECT source, day, polls, failures FROM poll_days WHERE day >= ?"
    yield from db.execute(query, [to_text(since)[:10]]).fetchall()


def items_a_day(db: Database, since: datetime) -> Iterator[tuple[str, str, int]]:
    """Return (topic, day, items published) since a time."""
    # The join makes it a range for each topic: the dates stand behind the topics in the index.
    query = """SELECT topic, substr(published, 1, 10), count(*)
        FROM topics CROSS JOIN topic_items ON topic = name AND published >= ? GROUP BY 1, 2"""
    yield from db.execute(query, [to_text(since)]).fetchall()
