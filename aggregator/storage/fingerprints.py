"""The index of the duplicate finder: the fingerprint of every copy, and the hashes under which it is found.

Queries only; what a likeness means is decided in curation. Every function works inside the caller's transaction, and
nothing is kept in memory between two calls: a restart has nothing to rebuild.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from itertools import groupby
from typing import Any
from zlib import crc32

from aggregator.curation.fingerprints import Fingerprint, page_keys, text_keys, title_keys
from aggregator.curation.verdicts import PAGE_WINDOW, WINDOW, Sighting
from aggregator.storage.many import in_chunks, marks

# Hashes fall all over a table, and each would have a page of a large one written. So they are entered into a small one;
# whenever the number of an appearance is a multiple of these, a table is merged into the next larger one.
_KEY_TABLES = ("fingerprint_keys_fresh", "fingerprint_keys_recent", "fingerprint_keys_settled")
_MERGED_EVERY = (512, 8192)

_TABLE = """
CREATE TABLE fingerprints (
    appearance INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    titles TEXT NOT NULL,
    page INTEGER NOT NULL,
    site INTEGER NOT NULL,
    length INTEGER NOT NULL,
    lead INTEGER NOT NULL,
    reach INTEGER NOT NULL,
    figure_count INTEGER NOT NULL,
    live INTEGER NOT NULL,
    phrases BLOB NOT NULL,
    words BLOB NOT NULL,
    figures BLOB NOT NULL,
    lures BLOB NOT NULL
);
"""
# `at` is in epoch seconds; it stands in the primary key so that a window of time is one range.
_KEY_TABLE = """
CREATE TABLE {name} (
    key INTEGER NOT NULL,
    at INTEGER NOT NULL,
    appearance INTEGER NOT NULL,
    source INTEGER NOT NULL,
    PRIMARY KEY (key, at, appearance)
) WITHOUT ROWID;
"""
_VIEW = """
CREATE VIEW fingerprint_keys AS
    SELECT key, at, appearance, source FROM fingerprint_keys_fresh
    UNION ALL SELECT key, at, appearance, source FROM fingerprint_keys_recent
    UNION ALL SELECT key, at, appearance, source FROM fingerprint_keys_settled;
"""
TABLES = _TABLE + "".join(_KEY_TABLE.format(name=name) for name in _KEY_TABLES) + _VIEW  # for the migrations

# A phrase that more items of other sources have is one of the language, or of a story that all carry: it takes two such
# to make a candidate of each, and one leads only to the nearest in time.
_COMMON, _NEAREST = 8, 2
# No more hits than this are read for one item, whatever a hostile feed may send; those under one title or one page
# are all compared, those under the phrases of a text first counted.
_FLOOD, _FLOOD_OF_PHRASES = 512, 4096
_AMONG = "FROM fingerprint_keys WHERE"
_COLUMNS = (
    "appearance, source, at, titles, page, site, length, lead, reach, figure_count, live,"
    " phrases, words, figures, lures"
)


def present(db: sqlite3.Connection, marks: Iterable[Fingerprint]) -> set[int]:
    """Return the hashes of these fingerprints under which anything is found."""
    query = "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM fingerprint_keys WHERE key = value)"
    return {key for (key,) in db.execute(query, (json.dumps([key for mark in marks for key in keys_of(mark)]),))}


def candidates(
    db: sqlite3.Connection, source: str, at: int, mark: Fingerprint, among: Container[int] | None = None
) -> list[Sighting]:
    """Return the sightings that may be copies of a new item of `source`, dated `at` (epoch seconds).

    `among`, where it is given, has all hashes under which anything can be found: only they are asked for.
    """
    titles, pages, lures = (
        keys if among is None else tuple(key for key in keys if key in among)
        for keys in (title_keys(mark), page_keys(mark), text_keys(mark))
    )
    return sightings(db, _by_title(db, at, titles) | _by_page(db, at, pages) | _by_text(db, source, at, lures))


def sightings(db: sqlite3.Connection, appearances: Iterable[int]) -> list[Sighting]:
    """Return what is kept of some appearances, in the order of their numbers; nothing for one that is not entered."""
    found = []
    for wanted, some in in_chunks(sorted(appearances)):
        query = f"SELECT {_COLUMNS} FROM fingerprints WHERE appearance IN ({wanted})"  # noqa: S608 - question marks
        found += [_sighting(row) for row in db.execute(query, some)]
    return found


def add(db: sqlite3.Connection, sighting: Sighting) -> None:
    """Enter a new sighting."""
    add_all(db, [sighting])


def add_all(db: sqlite3.Connection, sightings: Sequence[Sighting]) -> None:
    """Enter new sightings, in the order of their numbers."""
    rows = [_row(sighting) for sighting in sightings]
    query = f"INSERT INTO fingerprints ({_COLUMNS}) VALUES ({marks(_COLUMNS.split(','))})"  # noqa: S608 - question marks
    db.executemany(query, rows)
    for _, some in groupby(sightings, lambda sighting: (sighting.appearance - 1) // _MERGED_EVERY[0]):
        _add_keys(db, list(some))


def _row(sighting: Sighting) -> tuple[object, ...]:
    mark = sighting.fingerprint
    return (
        *(sighting.appearance, sighting.source, sighting.at, "\n".join(mark.titles), mark.page, mark.site, mark.length),
        *(mark.lead, mark.reach, mark.figure_count, mark.live, mark.phrases, mark.words, mark.figures, mark.lures),
    )


def _add_keys(db: sqlite3.Connection, sightings: Sequence[Sighting]) -> None:
    """Enter the hashes of sightings between whose numbers no table is to be merged, but after the last perhaps."""
    rows = [
        (key, sighting.at, sighting.appearance, source)
        for sighting in sightings
        for source in (_hash(sighting.source),)
        for key in keys_of(sighting.fingerprint)
    ]
    query = "INSERT INTO fingerprint_keys_fresh (key, at, appearance, source) VALUES (?, ?, ?, ?)"
    db.executemany(query, sorted(rows))
    _settle(db, sightings[-1].appearance)


def replace(db: sqlite3.Connection, appearance: int, mark: Fingerprint) -> None:
    """Enter the fingerprint of a copy whose words have changed; its source and date stay."""
    for old in sightings(db, [appearance]):
        remove(db, [appearance])
        add(db, Sighting(appearance, old.source, old.at, mark))


def remove(db: sqlite3.Connection, appearances: Iterable[int]) -> None:
    """Forget some sightings."""
    old = sightings(db, appearances)
    # In the order of the tables, so that a page is written once for all that stand in it.
    rows = sorted((key, sighting.at, sighting.appearance) for sighting in old for key in keys_of(sighting.fingerprint))
    for table in _KEY_TABLES:
        query = f"DELETE FROM {table} WHERE key = ? AND at = ? AND appearance = ?"  # noqa: S608 - our own names
        db.executemany(query, rows)
    db.executemany("DELETE FROM fingerprints WHERE appearance = ?", [(sighting.appearance,) for sighting in old])


def expire(db: sqlite3.Connection, before: int, limit: int) -> int:
    """Forget up to `limit` sightings whose appearances have numbers below `before`; return how many those were."""
    query = "SELECT appearance FROM fingerprints WHERE appearance < ? ORDER BY appearance LIMIT ?"
    old = [appearance for (appearance,) in db.execute(query, (before, limit))]
    remove(db, old)
    return len(old)


def _settle(db: sqlite3.Connection, appearance: int) -> None:
    for smaller, larger, every in zip(_KEY_TABLES, _KEY_TABLES[1:], _MERGED_EVERY, strict=False):
        if appearance % every == 0:
            order = "ORDER BY key, at, appearance"
            db.execute(f"INSERT OR IGNORE INTO {larger} SELECT * FROM {smaller} {order}")  # noqa: S608 - our own names
            db.execute(f"DELETE FROM {smaller}")  # noqa: S608


def _by_title(db: sqlite3.Connection, at: int, titles: tuple[int, ...]) -> set[int]:
    if not titles:
        return set()
    query = f"SELECT appearance {_AMONG} key IN ({marks(titles)}) AND at BETWEEN ? AND ? LIMIT {_FLOOD}"
    return {row[0] for row in db.execute(query, (*titles, at - WINDOW, at + WINDOW))}


def _by_page(db: sqlite3.Connection, at: int, pages: tuple[int, ...]) -> set[int]:
    query = f"SELECT appearance {_AMONG} key = ? AND at BETWEEN ? AND ? LIMIT {_FLOOD}"
    rows = (db.execute(query, (key, at - PAGE_WINDOW, at + PAGE_WINDOW)) for key in pages)
    return {row[0] for found in rows for row in found}


def _by_text(db: sqlite3.Connection, source: str, at: int, lures: tuple[int, ...]) -> set[int]:
    if not lures:
        return set()
    query = (
        f"SELECT key, abs(at - ?), appearance {_AMONG} key IN ({marks(lures)}) AND at BETWEEN ? AND ? AND source <> ?"
    )
    values = (at, *lures, at - WINDOW, at + WINDOW, _hash(source))
    users: dict[int, list[tuple[int, int]]] = defaultdict(list)
    hits: Counter[int] = Counter()
    for key, apart, appearance in db.execute(f"{query} LIMIT {_FLOOD_OF_PHRASES}", values):
        users[key].append((apart, appearance))
        hits[appearance] += 1
    sure = {appearance for appearance, times in hits.items() if times > 1}
    return sure.union(*(_likely(those, sure) for those in users.values()))


def _likely(users: list[tuple[int, int]], sure: set[int]) -> set[int]:
    """The users of one phrase that are worth comparing; of a common one the nearest, unless it has led to others."""
    if len(users) > _COMMON:
        known = not sure.isdisjoint(appearance for _, appearance in users)
        users = [] if known else sorted(users)[:_NEAREST]
    return {appearance for _, appearance in users}


def keys_of(mark: Fingerprint) -> set[int]:
    """Return all hashes under which an item is found."""
    return {*title_keys(mark), *page_keys(mark), *text_keys(mark)}


def _hash(source: str) -> int:
    return crc32(source.encode()) - (1 << 31)


def _sighting(row: tuple[Any, ...]) -> Sighting:
    appearance, source, at, titles = row[:4]
    return Sighting(appearance, source, at, Fingerprint(tuple(titles.split("\n")) if titles else (), *row[4:]))
