"""Another database put in the place of the present one: a backup that a person restores, or after damage.

What was there is never overwritten: it is kept beside, under a name that says why and since when.
"""

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from aggregator.disk import flush
from aggregator.storage import backup
from aggregator.storage.backup import check, write_copy
from aggregator.storage.claims import lock_file, sole_use
from aggregator.storage.errors import DamagedError, StoreError, told

_BESIDE = ("-wal", "-shm")  # what SQLite has beside a database; a stale one would be taken for the new one's


def mark(database: Path) -> None:
    """Note that damage was met in a database that is in use: the next to open it reads all of it first."""
    with suppress(OSError):
        _mark(database).touch()


def must_be_sound(database: Path) -> None:
    """Raise DamagedError where the database is damaged, as far as is known: it is read where damage was met before."""
    if lock_file(database).exists() and database.exists() and not database.stat().st_size:
        raise DamagedError(f"{database}: the database is damaged (it is empty)")
    if _mark(database).exists() and database.exists():
        with told(database), closing(_connected(database, "ro")) as connection:
            check(connection, database)
        _mark(database).unlink(missing_ok=True)


def put_right(database: Path, damage: DamagedError) -> DamagedError:
    """Move a damaged database aside and its newest sound backup to its place; returns the error that tells it all.

    Raises StoreError where the file was never a database of ours: what it is then, nobody knows.
    """
    if not (lock_file(database).exists() or backup.folder_of(database).exists()):
        raise StoreError(f"{database}: this file is no database; set [site] database to a name of its own")
    try:
        with sole_use(database):
            kept = _kept(database, "corrupt")
            for beside in _BESIDE:
                _rename(database, kept, beside)
            database.rename(kept)
            done = _newest_backup(database)
            _mark(database).unlink(missing_ok=True)
    except OSError as error:
        return DamagedError(f"{damage}, and cannot be moved aside: {error.strerror}")
    except StoreError:
        mark(database)
        return DamagedError(f"{damage}. Stop the command that is at work on it, and run this one again")
    return DamagedError(f"{damage}. It is kept as {kept.name}; {done}. Run the command again")


def restore(source: Path, database: Path) -> Path | None:
    """Put a copy in the place of the database; returns where the one before is kept, if there was one.

    Every topic is published anew from it, and nothing in it is claimed. Raises StoreError; then nothing has changed.
    """
    if database.exists() and source.exists() and source.samefile(database):
        raise StoreError(f"{source} is the database itself")
    partial = database.with_name(f"{database.name}.restoring")
    with sole_use(database):
        try:
            write_copy(source, partial)
            with told(partial), closing(sqlite3.connect(partial, isolation_level=None)) as copy:
                copy.execute("UPDATE topics SET rendered_with = ''")
            kept = _keep_present(database) if database.exists() else None
            partial.replace(database)
            flush(database.parent)
            _mark(database).unlink(missing_ok=True)
        except DamagedError as damage:
            raise StoreError(f"{damage}; nothing was restored") from damage
        except OSError as error:
            raise StoreError(f"{database} cannot be replaced: {error.strerror}") from error
        finally:
            partial.unlink(missing_ok=True)
    return kept


def _keep_present(database: Path) -> Path:
    """Keep what is there under a name of its own as well, so that there is a database at any moment."""
    with suppress(DamagedError), told(database), closing(_connected(database, "rw")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # all of it in one file, which none may have open meanwhile
    kept = _kept(database, "before-restore")
    try:
        os.link(database, kept)
    except OSError:  # a file system without hard links
        shutil.copy2(database, kept)
    for beside in _BESIDE:
        _rename(database, kept, beside)
    return kept


def _newest_backup(database: Path) -> str:
    """Put the newest backup that is sound in the place of a database that was moved away; returns what was done."""
    partial = database.with_name(f"{database.name}.restoring")
    for copy in backup.daily(database, datetime.now(UTC).date()):
        try:
            write_copy(copy, partial)
        except (StoreError, OSError):
            partial.unlink(missing_ok=True)
            continue
        partial.replace(database)
        flush(database.parent)
        return f"the backup of {copy.stem} has taken its place"
    return "there is no backup, so the next fetch begins anew with feeds.toml, and what is published stays till then"


def _connected(database: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)


def _kept(database: Path, why: str) -> Path:
    """A name that nothing has yet."""
    name = f"{database.name}.{why}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    names = (name, *(f"{name}-{number}" for number in range(2, 1000)))
    return next(path for path in map(database.with_name, names) if not path.exists())


def _mark(database: Path) -> Path:
    return database.with_name(f"{database.name}.damaged")


def _rename(database: Path, kept: Path, beside: str) -> None:
    with suppress(FileNotFoundError):
        database.with_name(database.name + beside).rename(kept.with_name(kept.name + beside))
