"""What is known of the files of a path source."""

from collections.abc import Iterable

from sqlite_utils import Database

from aggregator.model import FileState


def known_files(db: Database, source: str) -> dict[str, FileState]:
    """Return the files of a source as they were when they were last read, by path."""
    query = "SELECT path, size, modified, digest, guid, error FROM files WHERE source = ?"
    return {row[0]: FileState(*row) for row in db.execute(query, [source]).fetchall()}


def save_files(db: Database, source: str, states: Iterable[FileState], gone: Iterable[str]) -> None:
    """Store the files that were read, and forget those that have another name now."""
    db.conn.executemany("DELETE FROM files WHERE source = ? AND path = ?", [(source, path) for path in gone])
    db.conn.executemany(
        "INSERT OR REPLACE INTO files (source, path, size, modified, digest, guid, error) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(source, one.path, one.size, one.modified, one.digest, one.guid, one.error) for one in states],
    )


def unreadable_files(db: Database, source: str) -> dict[str, str]:
    """Return why each file that could not be read could not."""
    query = "SELECT path, error FROM files WHERE source = ? AND error IS NOT NULL ORDER BY path"
    return dict(db.execute(query, [source]).fetchall())
