"""The copies of articles that sources show: small named queries, no decisions.

The copy that is shown is in its item's row; every other copy is kept whole, as JSON, in its appearance. What writes
here belongs inside a transaction of the caller.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from aggregator.model import Item
from aggregator.storage import copies
from aggregator.storage.items import from_row, insert_all, row_of, text_of, update, write_item
from aggregator.storage.items import updated as updated_at
from aggregator.storage.many import in_chunks
from aggregator.storage.times import from_text, maybe_from, maybe_text, to_text


@dataclass(frozen=True, slots=True)
class Appearance:
    """One copy of an article as a source showed it; `digest` is of its bytes there, `content_digest` of its words."""

    id: int
    item_id: int
    source: str
    guid: str
    guid_key: str
    url: str
    url_key: str
    title: str
    published: datetime | None
    first_seen: datetime
    digest: bytes
    content_digest: bytes
    shown: bool
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """By which rule a copy was taken for a duplicate, how surely (0 to 1), and the words that say why."""

    rule: str | None = None
    score: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class NewCopy:
    """A copy of an item to be stored; `keys` are its guid_key, url_key and content_digest."""

    item_id: int
    source: str
    item: Item
    keys: Mapping[str, object]
    first_seen: datetime
    evidence: Evidence
    shown: bool


_APPEARANCE = tuple(field.name for field in fields(Appearance))


def appearance_of(db: Database, source: str, guid_key: str) -> Appearance | None:
    """Return the copy that a source shows under an id."""
    return _one(db, "source = ? AND guid_key = ?", [source, guid_key])


def with_keys(db: Database, source: str, guid_keys: Iterable[str]) -> dict[str, Appearance]:
    """Return the copies that a source shows under these ids, by id."""
    return {
        found.guid_key: found
        for marks, some in in_chunks(guid_keys)
        for found in _many(db, f"source = ? AND guid_key IN ({marks})", [source, *some])
    }


def is_told_apart(db: Database, source: str, guid_key: str) -> bool:
    """Whether the source has given one id to several articles: their keys are the id, a space and what differs."""
    query = "SELECT EXISTS (SELECT 1 FROM appearances WHERE source = ? AND guid_key >= ? AND guid_key < ?)"
    return bool(db.execute(query, [source, guid_key + " ", guid_key + "!"]).fetchone()[0])


def copies_of(db: Database, item_id: int) -> list[Appearance]:
    """Return all copies of an item, the first seen first."""
    return _many(db, "item_id = ? ORDER BY id", [item_id])


def seen_since(db: Database, since: datetime) -> list[Appearance]:
    """Return the copies first seen since a time, in the order in which they came."""
    return _many(db, "first_seen >= ? ORDER BY id", [to_text(since)])


def numbers_of(db: Database, source: str, since: int = 0) -> list[int]:
    """Return the numbers of a source's copies, from one number on, in the order in which they came."""
    query = "SELECT id FROM appearances WHERE source = ? AND id >= ? ORDER BY id"
    return [number for (number,) in db.execute(query, [source, since]).fetchall()]


def first_since(db: Database, since: datetime) -> int:
    """Return the number from which on copies were first seen since a time; numbers follow time."""
    low, high = 0, int(db.execute("SELECT ifnull(max(id) + 1, 0) FROM appearances").fetchone()[0])
    while low < high:
        middle = (low + high) // 2
        query = "SELECT id, first_seen FROM appearances WHERE id >= ? ORDER BY id LIMIT 1"
        number, seen = db.execute(query, [middle]).fetchone()
        low, high = (low, middle) if from_text(seen) >= since else (number + 1, high)
    return low


def with_numbers(db: Database, numbers: Iterable[int]) -> list[Appearance]:
    """Return the copies with these numbers."""
    return _many(db, "id IN (SELECT value FROM json_each(?))", [json.dumps(sorted(numbers))])


def _one(db: Database, where: str, values: list[Any]) -> Appearance | None:
    return next(iter(_many(db, where, values)), None)


def _many(db: Database, where: str, values: list[Any]) -> list[Appearance]:
    rows = db.execute(f"SELECT {', '.join(_APPEARANCE)} FROM appearances WHERE {where}", values)  # noqa: S608 - our own conditions
    return [_appearance(dict(zip(_APPEARANCE, row, strict=True))) for row in rows.fetchall()]


def _appearance(row: dict[str, Any]) -> Appearance:
    times = {"published": maybe_from(row["published"]), "first_seen": from_text(row["first_seen"])}
    return Appearance(**{**row, **times, "shown": bool(row["shown"])})


def add_appearances(db: Database, news: Sequence[NewCopy]) -> range:
    """Store more copies of items and return their numbers, which follow one another."""
    first = int(db.execute("SELECT ifnull(max(id) + 1, 1) FROM appearances").fetchone()[0])
    numbers = range(first, first + len(news))
    insert_all(db, "appearances", [_new_row(number, new) for number, new in zip(numbers, news, strict=True)])
    return numbers


def _new_row(number: int, new: NewCopy) -> dict[str, Any]:
    return {
        "id": number,
        "item_id": new.item_id,
        "source": new.source,
        "first_seen": to_text(new.first_seen),
        "rule": new.evidence.rule,
        "score": new.evidence.score,
        "why": new.evidence.why,
        "shown": new.shown,
        "copy": None if new.shown else copies.to_json(new.item),
        **_copy_columns(new.item),
        **new.keys,
    }


def write_appearance(db: Database, found: Appearance, item: Item, keys: Mapping[str, object]) -> None:
    """Store what a copy has become at its source."""
    copy = {} if found.shown else {"copy": copies.to_json(item)}
    update(db, "appearances", found.id, {**_copy_columns(item), **keys, **copy})


def _copy_columns(item: Item) -> dict[str, Any]:
    return {
        "guid": item.guid,
        "url": item.url,
        "title": item.title,
        "published": maybe_text(item.published),
        "digest": item.digest,
    }


def enrich(db: Database, found: Appearance, item: Item) -> None:
    """Store more of a copy than its source's document has; what is compared with that document stays."""
    if found.shown:
        write_item(db, found.item_id, item, found.source, updated_at(db, found.item_id))
    else:
        update(db, "appearances", found.id, {"copy": copies.to_json(item)})


def mark_digest(db: Database, found: Appearance, digest: bytes) -> None:
    """Store under which bytes an unchanged copy now stands in its source."""
    db.execute("UPDATE appearances SET digest = ? WHERE id = ?", [digest, found.id])


def show(db: Database, item_id: int, chosen: Appearance, updated: datetime) -> None:
    """Let another copy of the item be the one that is shown; the one shown before is kept whole."""
    item = load_copy(db, chosen)
    hide(db, item_id)
    mark_shown(db, chosen)
    write_item(db, item_id, item, chosen.source, updated)


def load_copy(db: Database, found: Appearance) -> Item:
    """Return a copy whole."""
    if not found.shown:
        kept = copies.from_json(db.execute("SELECT copy FROM appearances WHERE id = ?", [found.id]).fetchone()[0])
        return replace(kept, text=text_of(kept.content))
    return replace(from_row(db, row_of(db, found.item_id)), guid=found.guid, published=found.published)


def move(db: Database, found: Appearance, item_id: int, evidence: Evidence) -> None:
    """Make a copy that is not shown one of another item."""
    update(
        db,
        "appearances",
        found.id,
        {"item_id": item_id, "rule": evidence.rule, "score": evidence.score, "why": evidence.why},
    )


def evidence_of(db: Database, found: Appearance) -> Evidence:
    """Return by which rule a copy was folded."""
    return Evidence(*db.execute("SELECT rule, score, why FROM appearances WHERE id = ?", [found.id]).fetchone())


def mark_shown(db: Database, found: Appearance) -> None:
    """Let a copy be the shown one of the item whose row it is."""
    db.execute("UPDATE appearances SET shown = 1, copy = NULL WHERE id = ?", [found.id])


def hide(db: Database, item_id: int) -> None:
    """Keep the shown copy of an item whole in its appearance, and let no copy of it be the shown one."""
    for found in copies_of(db, item_id):
        if found.shown:
            kept = copies.to_json(load_copy(db, found))
            db.execute("UPDATE appearances SET shown = 0, copy = ? WHERE id = ?", [kept, found.id])
