"""Old items found, taken away, and remembered so that they do not come back as new; which are old, others decide."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from aggregator.digest import SIZE
from aggregator.storage import fingerprints, topics
from aggregator.storage import items as store
from aggregator.storage.many import in_chunks
from aggregator.storage.times import to_text


@dataclass(frozen=True, slots=True)
class Listed:
    """What a source lists at present, by digest or by guid; with `unknown` nobody can say what it does not list."""

    digests: frozenset[bytes] = frozenset()
    guids: frozenset[str] = frozenset()
    unknown: bool = False

    def has(self, guid: str, digest: bytes) -> bool:
        """Whether a copy stands in it."""
        return self.unknown or digest in self.digests or guid in self.guids


@dataclass(frozen=True, slots=True)
class OldItem:
    """An item and its copies: (source, guid, digest) of each."""

    id: int
    copies: tuple[tuple[str, str, bytes], ...]


def buried(db: Database, source: str, guid_keys: Iterable[str]) -> set[str]:
    """Return those keys of a source's items that were once stored and have been taken away for their age."""
    found: set[str] = set()
    for marks, some in in_chunks(guid_keys):
        query = f"SELECT guid_key FROM tombstones WHERE source = ? AND guid_key IN ({marks})"  # noqa: S608 - question marks
        found.update(key for (key,) in db.execute(query, [source, *some]).fetchall())
    return found


def old_items(db: Database, before: Mapping[str, datetime], after: int, limit: int) -> list[OldItem]:
    """Return up to `limit` items with a number beyond `after`, in order, whose every source lets go of their age.

    `before` gives, for each source that lets go at all, from when on its items stay.
    """
    if not before:
        return []
    # The range of dates first: an index leads to it, and in an archive that is mostly young it is short.
    rows = db.execute(
        """SELECT id FROM items WHERE published < :latest AND id > :after AND NOT EXISTS (
               SELECT 1 FROM appearances LEFT JOIN json_each(:before) AS keep ON keep.key = appearances.source
               WHERE item_id = items.id AND (keep.value IS NULL OR keep.value <= items.published))
           ORDER BY id LIMIT :limit""",
        {
            "latest": to_text(max(before.values())),
            "after": after,
            "before": json.dumps({source: to_text(date) for source, date in before.items()}),
            "limit": limit,
        },
    ).fetchall()
    return [OldItem(item_id, _copies(db, item_id)) for (item_id,) in rows]


def _copies(db: Database, item_id: int) -> tuple[tuple[str, str, bytes], ...]:
    rows = db.execute("SELECT source, guid, digest FROM appearances WHERE item_id = ?", [item_id]).fetchall()
    return tuple((source, guid, digest) for source, guid, digest in rows)


def listed(db: Database, source: str) -> Listed:
    """Return what a feed lists, by its last good document. One that lists nothing at all may be broken today."""
    row = db.execute("SELECT state, configured, known FROM sources WHERE name = ?", [source]).fetchone()
    if row is None or row[0] == "gone" or not row[1]:
        return Listed()
    digests = frozenset(row[2][start : start + SIZE] for start in range(0, len(row[2]), SIZE))
    return Listed(digests, unknown=not digests)


def bury(db: Database, item_ids: Iterable[int]) -> None:
    """Take items away for good; the topics that had them are to be published again."""
    for item_id in item_ids:
        topics.show_anew(db, item_id)
        db.execute(
            """INSERT OR IGNORE INTO tombstones (source, guid_key)
               SELECT source, guid_key FROM appearances WHERE item_id = ?""",
            [item_id],
        )
        copies = db.execute("SELECT id FROM appearances WHERE item_id = ?", [item_id]).fetchall()
        fingerprints.remove(db.conn, [number for (number,) in copies])
        store.remove(db, item_id)


def forget_polls(db: Database, before: datetime) -> None:
    """Delete the rows of polls before a time."""
    db.execute("DELETE FROM polls WHERE at < ?", [to_text(before)])
    db.execute("DELETE FROM poll_days WHERE day < ?", [to_text(before)[:10]])
