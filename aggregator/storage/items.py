"""Items and the copies of them that sources show: small named queries, no decisions.

An item row is the copy that is shown; the other copies are kept whole, as JSON, in their appearance. What writes here
belongs inside a transaction of the caller.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from aggregator.curation.rules import index_text
from aggregator.model import Enclosure, Item, Origin
from aggregator.reading.html import plain_text
from aggregator.storage import copies
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


_APPEARANCE = tuple(field.name for field in fields(Appearance))


def appearance_of(db: Database, source: str, guid_key: str) -> Appearance | None:
    """Return the copy that a source shows under an id."""
    return _one(db, "source = ? AND guid_key = ?", [source, guid_key])


def is_told_apart(db: Database, source: str, guid_key: str) -> bool:
    """Whether the source has given one id to several articles: their keys are the id, a space and what differs."""
    query = "SELECT EXISTS (SELECT 1 FROM appearances WHERE source = ? AND guid_key >= ? AND guid_key < ?)"
    return bool(db.execute(query, [source, guid_key + " ", guid_key + "!"]).fetchone()[0])


def appearances_at(db: Database, url_key: str, limit: int = 24) -> list[Appearance]:
    """Return the newest copies, of any source, that are one page by their canonical URL."""
    return _many(db, "url_key = ? ORDER BY id DESC LIMIT ?", [url_key, limit])


def appearances(db: Database, item_id: int) -> list[Appearance]:
    """Return all copies of an item, the first seen first."""
    return _many(db, "item_id = ? ORDER BY id", [item_id])


def _one(db: Database, where: str, values: list[Any]) -> Appearance | None:
    return next(iter(_many(db, where, values)), None)


def _many(db: Database, where: str, values: list[Any]) -> list[Appearance]:
    rows = db.execute(f"SELECT {', '.join(_APPEARANCE)} FROM appearances WHERE {where}", values)  # noqa: S608 - our own conditions
    return [_appearance(dict(zip(_APPEARANCE, row, strict=True))) for row in rows.fetchall()]


def _appearance(row: dict[str, Any]) -> Appearance:
    times = {"published": maybe_from(row["published"]), "first_seen": from_text(row["first_seen"])}
    return Appearance(**{**row, **times, "shown": bool(row["shown"])})


def uid_is_taken(db: Database, uid: str) -> bool:
    """Whether an item has, or once had, this published id."""
    query = "SELECT EXISTS (SELECT 1 FROM items WHERE uid = :uid) OR EXISTS (SELECT 1 FROM aliases WHERE uid = :uid)"
    return bool(db.execute(query, {"uid": uid}).fetchone()[0])


def published(db: Database, item_id: int) -> datetime:
    """Return the date of publication of an item, which never changes."""
    return from_text(db.execute("SELECT published FROM items WHERE id = ?", [item_id]).fetchone()[0])


def updated(db: Database, item_id: int) -> datetime:
    """Return when an item last really changed."""
    return from_text(db.execute("SELECT updated FROM items WHERE id = ?", [item_id]).fetchone()[0])


def all_ids(db: Database) -> list[int]:
    """Return the number of every item."""
    return [item_id for (item_id,) in db.execute("SELECT id FROM items ORDER BY id").fetchall()]


def ids_of_sources(db: Database, sources: Iterable[str]) -> list[int]:
    """Return the number of every item that any of the sources has shown."""
    query = "SELECT DISTINCT item_id FROM appearances WHERE source IN (SELECT value FROM json_each(?)) ORDER BY item_id"
    return [item_id for (item_id,) in db.execute(query, [json.dumps(list(sources))]).fetchall()]


def add_item(
    db: Database, item: Item, source: str, uid: str, published: datetime, updated: datetime, now: datetime
) -> int:
    """Store a new item, shown as `source` has it, and return its id."""
    row = {**_columns(item), "uid": uid, "source": source, "published": to_text(published), "updated": to_text(updated)}
    item_id = _insert(db, "items", {**row, "first_seen": to_text(now)})
    _write_parts(db, item_id, item)
    _insert(db, "items_fts", {"rowid": item_id, **_index_columns(item)})
    return item_id


def write_item(db: Database, item_id: int, item: Item, source: str, updated: datetime) -> None:
    """Show another or a changed copy under an item that is stored; its id and its date of publication stay."""
    _update(db, "items", item_id, {**_columns(item), "source": source, "updated": to_text(updated)})
    db.execute("DELETE FROM enclosures WHERE item_id = ?", [item_id])
    db.execute("DELETE FROM categories WHERE item_id = ?", [item_id])
    _write_parts(db, item_id, item)
    _update(db, "items_fts", item_id, _index_columns(item))


def _columns(item: Item) -> dict[str, Any]:
    origin = item.origin or Origin()
    return {
        "title": item.title,
        "url": item.url,
        "author": ", ".join(item.authors),
        "authors": json.dumps(item.authors, ensure_ascii=False),
        "summary": item.summary,
        "content": item.content,
        "language": item.language,
        "image": item.image,
        "comments": item.comments,
        "rights": item.rights,
        "origin_title": origin.title,
        "origin_url": origin.url,
        "evidence": json.dumps(item.evidence, ensure_ascii=False),
    }


def _index_columns(item: Item) -> dict[str, str]:
    """What is searched, folded as rules fold it. A summary that only repeats the first words is not indexed twice."""
    repeated = item.text.startswith(item.summary.rstrip("…"))
    return {
        "title": index_text(item.title),
        "author": index_text(", ".join(item.authors)),
        "categories": index_text("\n".join(item.categories)),
        "content": index_text(item.text if repeated else f"{item.summary}\n{item.text}"),
    }


def _write_parts(db: Database, item_id: int, item: Item) -> None:
    db.conn.executemany(
        "INSERT INTO enclosures (item_id, position, url, type, length) VALUES (?, ?, ?, ?, ?)",
        [(item_id, number, part.url, part.type, part.length) for number, part in enumerate(item.enclosures)],
    )
    db.conn.executemany(
        "INSERT INTO categories (item_id, position, name) VALUES (?, ?, ?)",
        [(item_id, number, name) for number, name in enumerate(item.categories)],
    )


def add_appearance(
    db: Database,
    item_id: int,
    source: str,
    item: Item,
    keys: Mapping[str, object],
    now: datetime,
    evidence: Evidence,
    *,
    shown: bool,
) -> int:
    """Store one more copy of an item; `keys` are its guid_key, url_key and content_digest."""
    return _insert(
        db,
        "appearances",
        {
            "item_id": item_id,
            "source": source,
            "first_seen": to_text(now),
            "rule": evidence.rule,
            "score": evidence.score,
            "why": evidence.why,
            "shown": shown,
            "copy": None if shown else copies.to_json(item),
            **_copy_columns(item),
            **keys,
        },
    )


def write_appearance(db: Database, found: Appearance, item: Item, keys: Mapping[str, object]) -> None:
    """Store what a copy has become at its source."""
    copy = {} if found.shown else {"copy": copies.to_json(item)}
    _update(db, "appearances", found.id, {**_copy_columns(item), **keys, **copy})


def _copy_columns(item: Item) -> dict[str, Any]:
    return {
        "guid": item.guid,
        "url": item.url,
        "title": item.title,
        "published": maybe_text(item.published),
        "digest": item.digest,
    }


def mark_digest(db: Database, found: Appearance, digest: bytes) -> None:
    """Store under which bytes an unchanged copy now stands in its source."""
    db.execute("UPDATE appearances SET digest = ? WHERE id = ?", [digest, found.id])


def show(db: Database, item_id: int, chosen: Appearance, updated: datetime) -> None:
    """Let another copy of the item be the one that is shown; the one shown before is kept whole."""
    item = load_copy(db, chosen)
    for before in appearances(db, item_id):
        if before.shown:
            kept = copies.to_json(load_copy(db, before))
            db.execute("UPDATE appearances SET shown = 0, copy = ? WHERE id = ?", [kept, before.id])
    db.execute("UPDATE appearances SET shown = 1, copy = NULL WHERE id = ?", [chosen.id])
    write_item(db, item_id, item, chosen.source, updated)


def load_copy(db: Database, found: Appearance) -> Item:
    """Return a copy whole."""
    if not found.shown:
        kept = copies.from_json(db.execute("SELECT copy FROM appearances WHERE id = ?", [found.id]).fetchone()[0])
        return replace(kept, text=plain_text(kept.content))
    row = next(db.query("SELECT * FROM items WHERE id = ?", [found.item_id]))
    return replace(from_row(db, row), guid=found.guid, published=found.published)


def from_row(db: Database, row: Mapping[str, Any]) -> Item:
    """Return the shown copy from its row in the items table; its guid is the published id."""
    origin = Origin(row["origin_title"], row["origin_url"])
    return Item(
        guid=row["uid"],
        title=row["title"],
        url=row["url"],
        authors=tuple(json.loads(row["authors"])),
        summary=row["summary"],
        content=row["content"],
        text=plain_text(row["content"]),
        language=row["language"],
        published=from_text(row["published"]),
        categories=categories(db, row["id"]),
        enclosures=enclosures(db, row["id"]),
        image=row["image"],
        comments=row["comments"],
        rights=row["rights"],
        origin=origin if origin != Origin() else None,
        evidence=tuple((field, how) for field, how in json.loads(row["evidence"])),
    )


def categories(db: Database, item_id: int) -> tuple[str, ...]:
    """Return the categories of an item in the order of its source."""
    rows = db.execute("SELECT name FROM categories WHERE item_id = ? ORDER BY position", [item_id]).fetchall()
    return tuple(name for (name,) in rows)


def enclosures(db: Database, item_id: int) -> tuple[Enclosure, ...]:
    """Return the enclosures of an item in the order of its source."""
    query = "SELECT url, type, length FROM enclosures WHERE item_id = ? ORDER BY position"
    return tuple(Enclosure(*row) for row in db.execute(query, [item_id]).fetchall())


def _insert(db: Database, table: str, row: Mapping[str, Any]) -> int:
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    cursor = db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", dict(row))  # noqa: S608 - our own names
    return int(cursor.lastrowid or 0)


def _update(db: Database, table: str, row_id: int, row: Mapping[str, Any]) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in row)
    db.execute(f"UPDATE {table} SET {columns} WHERE rowid = :_id", {**row, "_id": row_id})  # noqa: S608 - our own names
