"""Opens the database: one connection that writes, in WAL mode, migrated. What is in it is not known here."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from aggregator.errors import UserError
from aggregator.storage.schema import migrations

BUSY_SECONDS = 30
_APPLICATION_ID = 0x41474752  # "AGGR", so that a foreign file is told from ours (PRAGMA application_id)


class StoreError(UserError):
    """A database that cannot be used; the message names the file and what to do."""


def open_database(path: Path) -> Database:
    """Open the database at `path`, made where there is none, brought to the present version. Raises StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # One thread at a time uses it (the writer's, then the publisher's); sqlite3 only knows "the same thread".
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        db = Database(connection)
        _prepare(db, path)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {_remedy(error)}") from error
    except OSError as error:
        raise StoreError(f"{path}: the folder cannot be made: {error.strerror}") from error
    return db


def open_reader(path: Path) -> Database:
    """Open an existing database for reading only. Raises StoreError."""
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS, check_same_thread=False
        )
        connection.execute("SELECT 1 FROM sources LIMIT 1")
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {_remedy(error)}") from error
    return Database(connection)


def _prepare(db: Database, path: Path) -> None:
    db.execute("PRAGMA foreign_keys = ON")
    application = db.execute("PRAGMA application_id").fetchone()[0]
    if application != _APPLICATION_ID:
        if db.table_names():
            raise StoreError(f"{path}: this is another program's database; set [site] database to a name of its own")
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
    db.enable_wal()
    db.execute(
        "PRAGMA synchronous = NORMAL"
    )  # a crash loses nothing, a power cut at most the last polls: they are polled again
    if migrations.pending(db):
        with writing(db):  # two commands may start at once on a new file
            migrations.apply(db)


def _remedy(error: sqlite3.DatabaseError) -> str:
    text = str(error)
    if "not a database" in text or "malformed" in text:
        return (
            f'the file is damaged or no database ({text}); move it away, or bring a copy back with "aggregator restore"'
        )
    if "locked" in text:
        return f"another program has held the database for {BUSY_SECONDS} seconds; try again when it is done"
    if "no such table" in text or "unable to open" in text:
        return (
            'there is no database yet; "aggregator fetch" makes one'
            if "unable" not in text
            else f"cannot be opened: {text}"
        )
    return text


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """One transaction that has the write lock from its start: it waits for another writer."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.conn.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
