"""Copies that a person has torn apart: pairs of appearances that are never folded again."""

import json
from collections.abc import Iterable

from sqlite_utils import Database


def add(db: Database, number: int, others: Iterable[int]) -> None:
    """Keep a copy apart from others."""
    pairs = [(min(number, other), max(number, other)) for other in others]
    db.conn.executemany("INSERT OR IGNORE INTO vetoes (one, other) VALUES (?, ?)", pairs)


def among(db: Database, numbers: Iterable[int]) -> set[tuple[int, int]]:
    """Return the pairs, the smaller number first, that are kept apart among these copies."""
    query = """WITH these AS (SELECT value FROM json_each(?))
        SELECT one, other FROM vetoes WHERE one IN these AND other IN these"""
    return {(one, other) for one, other in db.execute(query, [json.dumps(sorted(numbers))]).fetchall()}
