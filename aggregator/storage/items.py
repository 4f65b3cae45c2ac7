"""Items, each the shown copy of an article: small named queries, no decisions.

What writes here belongs inside a transaction of the caller.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from aggregator.curation.rules import Indexed, indexed
from aggregator.model import Enclosure, Item, Origin
from aggregator.reading.html import plain_text
from aggregator.storage.many import in_chunks, marks
from aggregator.storage.times import from_text, to_text

_LONG = 1_000_000  # letters: the text of longer content is not kept in memory


@dataclass(frozen=True, slots=True)
class NewItem:
    """An article to be stored, shown as `source` has it, under the id `uid`; `indexed` is what is searched of it."""

    item: Item
    source: str
    uid: str
    published: datetime
    updated: datetime
    first_seen: datetime
    indexed: Indexed


def taken_uids(db: Database, uids: Iterable[str]) -> set[str]:
    """Return those of the published ids that an item has, or once had."""
    found: set[str] = set()
    for wanted, some in in_chunks(uids):
        for table in ("items", "aliases"):
            query = f"SELECT uid FROM {table} WHERE uid IN ({wanted})"  # noqa: S608 - question marks
            found.update(uid for (uid,) in db.execute(query, some).fetchall())
    return found


def row_of(db: Database, item_id: int) -> dict[str, Any]:
    """Return the row of an item."""
    return next(db.query("SELECT * FROM items WHERE id = ?", [item_id]))


def published(db: Database, item_id: int) -> datetime:
    """Return the date of publication of an item, which never changes."""
    return from_text(db.execute("SELECT published FROM items WHERE id = ?", [item_id]).fetchone()[0])


def updated(db: Database, item_id: int) -> datetime:
    """Return when an item last really changed."""
    return from_text(db.execute("SELECT updated FROM items WHERE id = ?", [item_id]).fetchone()[0])


def with_several_copies(db: Database, sources: Iterable[str]) -> list[int]:
    """Return the items of which any of the sources shows one of several copies."""
    query = """SELECT item_id FROM appearances WHERE item_id IN (
            SELECT item_id FROM appearances WHERE source IN (SELECT value FROM json_each(?)))
        GROUP BY item_id HAVING count(*) > 1 ORDER BY item_id"""
    return [item_id for (item_id,) in db.execute(query, [json.dumps(list(sources))]).fetchall()]


def absorb(db: Database, item_id: int, into: int) -> None:
    """Take away an item whose copies are another's now; its published id stays known as that one's."""
    uid = db.execute("SELECT uid FROM items WHERE id = ?", [item_id]).fetchone()[0]
    db.execute("UPDATE aliases SET item_id = ? WHERE item_id = ?", [into, item_id])
    db.execute("INSERT OR REPLACE INTO aliases (uid, item_id) VALUES (?, ?)", [uid, into])
    remove(db, item_id)


def remove(db: Database, item_id: int) -> None:
    """Delete an item and what hangs on it."""
    db.execute("DELETE FROM items_fts WHERE rowid = ?", [item_id])
    db.execute("DELETE FROM items WHERE id = ?", [item_id])


def all_ids(db: Database) -> list[int]:
    """Return the number of every item."""
    return [item_id for (item_id,) in db.execute("SELECT id FROM items ORDER BY id").fetchall()]


def ids_of_sources(db: Database, sources: Iterable[str]) -> list[int]:
    """Return the number of every item that any of the sources has shown."""
    query = "SELECT DISTINCT item_id FROM appearances WHERE source IN (SELECT value FROM json_each(?)) ORDER BY item_id"
    return [item_id for (item_id,) in db.execute(query, [json.dumps(list(sources))]).fetchall()]


def add_items(db: Database, items: Sequence[NewItem]) -> range:
    """Store new items and return their ids, which follow one another.

    The index comes last: SQLite writes it out, a piece of an index each time, before every statement that it may have
    to take back alone.
    """
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'items'").fetchone()
    first = row[0] + 1 if row else 1
    numbers = range(first, first + len(items))
    insert_all(db, "items", [_new_row(number, new) for number, new in zip(numbers, items, strict=True)])
    _write_parts(db, [(number, new.item) for number, new in zip(numbers, items, strict=True)])
    rows = [(number, *new.indexed) for number, new in zip(numbers, items, strict=True)]
    db.conn.executemany(
        "INSERT INTO items_fts (rowid, title, author, categories, content) VALUES (?, ?, ?, ?, ?)", rows
    )
    return numbers


def _new_row(number: int, new: NewItem) -> dict[str, Any]:
    return {
        "id": number,
        "uid": new.uid,
        "source": new.source,
        "published": to_text(new.published),
        "updated": to_text(new.updated),
        "first_seen": to_text(new.first_seen),
        **_columns(new.item),
    }


def write_item(db: Database, item_id: int, item: Item, source: str, updated: datetime) -> None:
    """Show another or a changed copy under an item that is stored; its id and its date of publication stay."""
    update(db, "items", item_id, {**_columns(item), "source": source, "updated": to_text(updated)})
    db.execute("DELETE FROM enclosures WHERE item_id = ?", [item_id])
    db.execute("DELETE FROM categories WHERE item_id = ?", [item_id])
    _write_parts(db, [(item_id, item)])
    update(db, "items_fts", item_id, indexed(item)._asdict())


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


def _write_parts(db: Database, items: Sequence[tuple[int, Item]]) -> None:
    db.conn.executemany(
        "INSERT INTO enclosures (item_id, position, url, type, length) VALUES (?, ?, ?, ?, ?)",
        [
            (item_id, number, part.url, part.type, part.length)
            for item_id, item in items
            for number, part in enumerate(item.enclosures)
        ],
    )
    db.conn.executemany(
        "INSERT INTO categories (item_id, position, name) VALUES (?, ?, ?)",
        [(item_id, number, name) for item_id, item in items for number, name in enumerate(item.categories)],
    )


def from_row(db: Database, row: Mapping[str, Any]) -> Item:
    """Return the shown copy from its row in the items table; its guid is the published id."""
    return Item(
        guid=row["uid"],
        title=row["title"],
        url=row["url"],
        authors=tuple(json.loads(row["authors"])),
        summary=row["summary"],
        content=row["content"],
        text=text_of(row["content"]),
        language=row["language"],
        published=from_text(row["published"]),
        categories=categories(db, row["id"]),
        enclosures=enclosures(db, row["id"]),
        image=row["image"],
        comments=row["comments"],
        rights=row["rights"],
        origin=origin_of(row),
        evidence=tuple((field, how) for field, how in json.loads(row["evidence"])),
    )


def text_of(content: str) -> str:
    """Return the plain text of some content. While an article is folded each of its copies is loaded several times."""
    return (_remembered if len(content) < _LONG else plain_text)(content)


_remembered = lru_cache(maxsize=8)(plain_text)


def origin_of(row: Mapping[str, Any]) -> Origin | None:
    """Return the feed an item first came from, from its row, or None where it is its own source's."""
    origin = Origin(row["origin_title"], row["origin_url"])
    return origin if origin != Origin() else None


def categories(db: Database, item_id: int) -> tuple[str, ...]:
    """Return the categories of an item in the order of its source."""
    rows = db.execute("SELECT name FROM categories WHERE item_id = ? ORDER BY position", [item_id]).fetchall()
    return tuple(name for (name,) in rows)


def enclosures(db: Database, item_id: int) -> tuple[Enclosure, ...]:
    """Return the enclosures of an item in the order of its source."""
    query = "SELECT url, type, length FROM enclosures WHERE item_id = ? ORDER BY position"
    return tuple(Enclosure(*row) for row in db.execute(query, [item_id]).fetchall())


def insert_all(db: Database, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have the same columns, by our own names and in the same order."""
    if rows:
        query = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks(rows[0])})"  # noqa: S608 - our own names
        db.conn.executemany(query, [tuple(row.values()) for row in rows])


def update(db: Database, table: str, row_id: int, row: Mapping[str, Any]) -> None:
    """Write some columns, by our own names, of the row with this number."""
    columns = ", ".join(f"{name} = :{name}" for name in row)
    db.execute(f"UPDATE {table} SET {columns} WHERE rowid = :_id", {**row, "_id": row_id})  # noqa: S608 - our own names
