"""What SQLite's errors mean to a person, and what to do about each. It repairs nothing."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aggregator.errors import UserError

_REMEDIES = {
    sqlite3.SQLITE_BUSY: "another program keeps it locked; try again when it is done",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; try again when it is done",
    sqlite3.SQLITE_FULL: "the disk is full. Free some space and try again; what is stored is kept",
    sqlite3.SQLITE_READONLY: "it cannot be written: make the file and its folder writable for this user",
    sqlite3.SQLITE_PERM: "permission denied: make the file and its folder writable for this user",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: the file or its folder is missing, read-only or not permitted",
    sqlite3.SQLITE_IOERR: "the disk is full, or fails ({}); what is stored is kept",
}
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class StoreError(UserError):
    """A database that cannot be used; the message names the file and what to do."""


class DamagedError(StoreError):
    """A database of ours that is damaged; its message says what has been put right, and what to do."""


def explained(error: sqlite3.Error, path: Path) -> StoreError | None:
    """Return what an error of SQLite means for the database at `path`; None where it can only be a fault of ours."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the high bits tell variants of one error apart
    if code in _DAMAGE:
        return DamagedError(f"{path}: the database is damaged ({error})")
    remedy = _REMEDIES.get(code)
    return StoreError(f"{path}: {remedy.format(error)}") if remedy else None


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Within it, what befalls the database at `path` is raised as a StoreError."""
    try:
        yield
    except sqlite3.Error as error:
        known = explained(error, path)
        if known is None:
            raise
        raise known from error
