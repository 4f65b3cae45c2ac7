"""The list of what was published, so that what a topic leaves behind can be taken away."""

import json
from collections.abc import Iterable

from sqlite_utils import Database


def note(db: Database, paths: Iterable[str], topic: str) -> None:
    """Note that these paths are published, for a topic or ("") for the site."""
    db.conn.executemany(
        "INSERT INTO documents (path, topic) VALUES (?, ?) ON CONFLICT (path) DO UPDATE SET topic = excluded.topic",
        [(path, topic) for path in paths],
    )


def has(db: Database, path: str) -> bool:
    """Whether a path is among those that were published."""
    return bool(db.execute("SELECT EXISTS (SELECT 1 FROM documents WHERE path = ?)", [path]).fetchone()[0])


def archived_months(db: Database, topic: str) -> list[str]:
    """Return the months ("2026-01") of a topic's archive that were published."""
    query = "SELECT substr(path, -12, 7) FROM documents WHERE topic = ? AND path LIKE ? || '/archive/%'"
    return [month for (month,) in db.execute(query, [topic, topic]).fetchall()]


def of_other_topics(db: Database, topics: Iterable[str]) -> list[str]:
    """Return the paths that were published for topics other than these."""
    query = (
        "SELECT path FROM documents WHERE topic <> '' AND topic NOT IN (SELECT value FROM json_each(?)) ORDER BY path"
    )
    return [path for (path,) in db.execute(query, [json.dumps(list(topics))]).fetchall()]


def forget(db: Database, paths: Iterable[str]) -> None:
    """Note that these paths are published no longer."""
    db.conn.executemany("DELETE FROM documents WHERE path = ?", [(path,) for path in paths])
