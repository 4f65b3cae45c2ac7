"""Consistent copies of a live database: where the daily ones lie, how many there are, and how one is made.

A copy is a whole database in one file, checked before it gets its name, in which no process has claimed anything.
"""

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import date, datetime
from pathlib import Path

from sqlite_utils import Database

from aggregator.disk import flush
from aggregator.storage.errors import DamagedError, StoreError, told
from aggregator.storage.schema import must_not_be_newer

APPLICATION_ID = 0x41474752  # "AGGR", so that a foreign file is told from ours (PRAGMA application_id)
KEPT = 7  # daily copies
_PARTIAL = ".partial"


def folder_of(database: Path) -> Path:
    """Return where the daily copies of a database lie: `<database>.backups/YYYY-MM-DD.db`."""
    return database.with_name(f"{database.name}.backups")


def back_up(database: Path, target: Path) -> None:
    """Copy a database as it is at one moment, while others write. `target` is whole at the end, or as it was before.

    Raises StoreError, also where `target` is a file that is no copy of such a database: it would be lost.
    """
    if target.exists() and (target.samefile(database) or not is_ours(target)):
        raise StoreError(f"{target} is there already, and is no backup: choose another name")
    partial = target.with_name(f"{target.name}.{os.getpid()}{_PARTIAL}")
    try:
        write_copy(database, partial)
        partial.replace(target)
        flush(target.parent)
    except OSError as error:
        raise StoreError(f"{target} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def back_up_daily(database: Path, now: datetime) -> Path | None:
    """Make today's copy, where there is none, and let the oldest go. Returns it, or None. Raises StoreError."""
    folder = folder_of(database)
    today = folder / f"{now.date().isoformat()}.db"
    if today.exists():
        return None
    try:
        folder.mkdir(exist_ok=True)
        for orphan in folder.glob(f"*{_PARTIAL}"):  # of a process that was killed; a day is long enough for any copy
            if now.timestamp() - orphan.stat().st_mtime > 86_400:
                orphan.unlink()
        if shutil.disk_usage(folder).free < 2 * database.stat().st_size:
            raise StoreError(f"{folder}: there is not enough room on the disk for today's backup")
        back_up(database, today)
        for old in daily(database, now.date())[KEPT:]:
            old.unlink()
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}") from error
    return today


def daily(database: Path, today: date) -> list[Path]:
    """Return the daily copies, the newest first; those from days to come, when the clock was wrong, are the last."""
    dated = {}
    for path in folder_of(database).glob("*.db"):
        with suppress(ValueError):
            dated[path] = date.fromisoformat(path.stem)
    return sorted(dated, key=lambda path: (dated[path] <= today, dated[path]), reverse=True)


def write_copy(source: Path, target: Path) -> None:
    """Write a copy of a database to a new file, checked and on the disk. Raises StoreError and OSError."""
    target.unlink(missing_ok=True)
    with closing(open_copy(source)) as original, closing(_created(target)) as copy:
        with told(target):
            original.backup(copy)  # in one step: it sees one moment, and holds up nobody who writes meanwhile
            copy.execute("PRAGMA journal_mode = DELETE")
        check(copy, source)
        with told(target):
            copy.execute("UPDATE sources SET claimed_by = NULL")
    flush(target)


def open_copy(path: Path) -> sqlite3.Connection:
    """Open a database of ours for reading, wherever it lies. Raises StoreError where it is none, or a newer one."""
    if not path.is_file():
        raise StoreError(f"{path}: there is no such file")
    with told(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)
        try:
            _must_be_known(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _must_be_known(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(f"{path}: this is no database of ours")
    must_not_be_newer(Database(connection, execute_plugins=False), path)


def is_ours(path: Path) -> bool:
    """Whether a file is a database of ours that can be read."""
    try:
        open_copy(path).close()
    except StoreError:
        return False
    return True


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Read all of it. Raises DamagedError, for the database at `path`, where something in it is not sound."""
    with told(path):
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if found != "ok":
        raise DamagedError(f"{path}: the database is damaged ({found.splitlines()[-1]})")


def _created(path: Path) -> sqlite3.Connection:
    with told(path):
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA synchronous = OFF")  # it is flushed once, at its end
    return connection
