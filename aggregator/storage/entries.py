"""Items as they are published: the entries of a topic, newest first, with the copies folded into each."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlite_utils import Database

from aggregator.model import Copy, Entry, SourceInfo
from aggregator.storage import appearances
from aggregator.storage.items import categories, enclosures, origin_of
from aggregator.storage.times import from_text, to_text

Sources = Mapping[str, SourceInfo]
UidOf = Callable[[str, str], str]

# What a copy brings to its entry as it is.
_CARRIED = (
    "title", "url", "authors", "summary", "content", "language", "categories", "enclosures", "image", "comments",
    "rights", "origin",
)  # fmt: skip

_NEWEST = """SELECT items.* FROM topic_items JOIN items ON items.id = topic_items.item_id
    WHERE topic = :topic AND topic_items.published >= :since
    ORDER BY topic_items.published DESC, topic_items.item_id DESC"""

_MONTH = _NEWEST.replace("topic_items.published >= :since", "month = :month")


def newest(
    db: Database, topic: str, sources: Sources, *, limit: int, per_source: int = 0, since: datetime | None = None
) -> tuple[Entry, ...]:
    """Return the newest entries of a topic: none from before `since`, of one source at most `per_source` (0: all)."""
    rows = db.query(_NEWEST, {"topic": topic, "since": to_text(since) if since else ""})
    return tuple(_entry(db, row, sources) for row in islice(_capped(rows, per_source), limit))


def _capped(rows: Iterator[dict[str, Any]], per_source: int) -> Iterator[dict[str, Any]]:
    shown: dict[str, int] = {}
    for row in rows:
        shown[row["source"]] = shown.get(row["source"], 0) + 1
        if not per_source or shown[row["source"]] <= per_source:
            yield row


def month(db: Database, topic: str, sources: Sources, name: str) -> tuple[Entry, ...]:
    """Return all entries in one month ("2026-01") of a topic's archive, newest first."""
    rows = db.query(_MONTH, {"topic": topic, "month": name})
    return tuple(_entry(db, row, sources) for row in rows)


def each_copy(db: Database, entries: Iterable[Entry], sources: Sources, uid_of: UidOf) -> tuple[Entry, ...]:
    """Return an entry for every copy of each article, the newest first, none of them naming the others.

    The first copy has the article's id; `uid_of` makes one for each other from its source and its key there.
    """
    found = [entry for article in entries for entry in _copies(db, article, sources, uid_of)]
    return tuple(sorted(found, key=lambda entry: (entry.published, entry.id), reverse=True))


def _copies(db: Database, article: Entry, sources: Sources, uid_of: UidOf) -> Iterator[Entry]:
    for copy in appearances.copies_of(db, article.id):
        uid = article.uid if copy.rule is None else uid_of(copy.source, copy.guid_key)
        if copy.shown:
            yield replace(article, uid=uid, also=())
            continue
        item = appearances.load_copy(db, copy)
        published = copy.published or copy.first_seen
        carried = {field: getattr(item, field) for field in _CARRIED}
        yield Entry(
            id=article.id,
            uid=uid,
            source=_source(sources, copy.source),
            published=published,
            updated=max(published, item.updated or published),
            **carried,
        )


def one(db: Database, item_id: int, sources: Sources) -> Entry:
    """Return one item as it is published."""
    return _entry(db, next(db.query("SELECT * FROM items WHERE id = ?", [item_id])), sources)


def _entry(db: Database, row: dict[str, Any], sources: Sources) -> Entry:
    return Entry(
        id=row["id"],
        uid=row["uid"],
        title=row["title"],
        url=row["url"],
        source=_source(sources, row["source"]),
        published=from_text(row["published"]),
        updated=from_text(row["updated"]),
        authors=tuple(json.loads(row["authors"])),
        summary=row["summary"],
        content=row["content"],
        language=row["language"],
        categories=categories(db, row["id"]),
        enclosures=enclosures(db, row["id"]),
        image=row["image"],
        comments=row["comments"],
        rights=row["rights"],
        origin=origin_of(row),
        also=_also(db, row, sources),
    )


def _also(db: Database, row: dict[str, Any], sources: Sources) -> tuple[Copy, ...]:
    """The other sources' copies, one a source, in the order in which they were first seen."""
    query = (
        "SELECT source, title, url FROM appearances WHERE item_id = ? AND source <> ? ORDER BY first_seen, source, id"
    )
    found: dict[str, Copy] = {}
    for source, title, url in db.execute(query, [row["id"], row["source"]]).fetchall():
        found.setdefault(source, Copy(_source(sources, source), title, url))
    return tuple(found.values())


def _source(sources: Sources, name: str) -> SourceInfo:
    return sources.get(name) or SourceInfo(name=name, title=name)
