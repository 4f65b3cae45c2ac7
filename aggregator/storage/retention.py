"""Old items taken away, never what a source still lists, and remembered so that they do not come back as new."""

from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database

from aggregator.digest import SIZE
from aggregator.storage import items as store
from aggregator.storage.times import to_text


def is_buried(db: Database, source: str, guid_key: str) -> bool:
    """Whether a source's item was once stored and has been taken away for its age."""
    query = "SELECT EXISTS (SELECT 1 FROM tombstones WHERE source = ? AND guid_key = ?)"
    return bool(db.execute(query, [source, guid_key]).fetchone()[0])


def old_items(db: Database, source: str, before: datetime, limit: int) -> list[int]:
    """Return items shown from this source that were published before a time and that no source lists any longer."""
    rows = db.execute(
        "SELECT id FROM items WHERE source = ? AND published < ? ORDER BY id", [source, to_text(before)]
    ).fetchall()
    listed: dict[str, frozenset[bytes]] = {}
    found = []
    for (item_id,) in rows:
        if not _is_listed(db, item_id, listed):
            found.append(item_id)
            if len(found) == limit:
                break
    return found


def _is_listed(db: Database, item_id: int, listed: dict[str, frozenset[bytes]]) -> bool:
    """Whether any copy of the item stands in its source's last document, or in a file that is still known."""
    for source, digest, guid in db.execute(
        "SELECT source, digest, guid FROM appearances WHERE item_id = ?", [item_id]
    ).fetchall():
        if source not in listed:
            known = (db.execute("SELECT known FROM sources WHERE name = ?", [source]).fetchone() or [b""])[0]
            listed[source] = frozenset(known[start : start + SIZE] for start in range(0, len(known), SIZE))
        if digest in listed[source]:
            return True
        if db.execute("SELECT EXISTS (SELECT 1 FROM files WHERE source = ? AND guid = ?)", [source, guid]).fetchone()[
            0
        ]:
            return True
    return False


def bury(db: Database, item_ids: Iterable[int]) -> None:
    """Take items away for good."""
    for item_id in item_ids:
        db.execute(
            """INSERT OR IGNORE INTO tombstones (source, guid_key)
               SELECT source, guid_key FROM appearances WHERE item_id = ?""",
            [item_id],
        )
        store.remove(db, item_id)


def forget_polls(db: Database, before: datetime) -> None:
    """Delete the rows of polls before a time."""
    db.execute("DELETE FROM polls WHERE at < ?", [to_text(before)])
