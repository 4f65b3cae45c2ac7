"""Opens the database: one connection that writes, in WAL mode, migrated. What is in it is not known here."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from sqlite_utils import Database

from aggregator.storage import recovery
from aggregator.storage.backup import APPLICATION_ID
from aggregator.storage.errors import DamagedError, StoreError, explained, told
from aggregator.storage.schema import migrations, must_not_be_newer

__all__ = ["StoreError", "must_be_recent", "must_have_room", "open_database", "open_reader", "writing"]

BUSY_SECONDS = 30
# SQLite lets whoever waits for its lock sleep, up to a tenth of a second, and look again: beside one who writes a long
# transaction after another, the turn of the others might not come within BUSY_SECONDS.
_LONG, _BREATH = 0.05, 0.1  # seconds; and for how much of its own time who wrote so long leaves the lock alone
_AGAIN = 0.05  # seconds until it is tried again to switch to WAL
# Bytes. Looking for copies reads pages from all over the index: they are kept, and read where the system has them.
_CACHE, _MAPPED = 1 << 26, 1 << 30
# Pages, 16 MB: where much comes in, the disk is waited for when so much has, not after nearly every transaction.
_CHECKPOINT = 4_000
# Even to read in WAL mode SQLite makes files beside the database. Where they cannot be made, because the disk is full
# or read-only, nobody writes either: then it is read as a file that does not change.
_NO_ROOM_BESIDE = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL}
)
_OLDEST = (3, 33)  # has UPDATE ... FROM
ROOM = 16_000_000  # bytes that must be free before anything is polled: a body, its items, the files made of them


def open_database(path: Path) -> Database:
    """Open the database at `path`, made where there is none, brought to the present version. Raises StoreError.

    One that is damaged is moved aside, its newest backup takes its place, and DamagedError says so.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: the folder cannot be made: {error.strerror}") from error
    try:
        recovery.must_be_sound(path)
        with told(path):
            return _opened(path)
    except DamagedError as damage:
        raise recovery.put_right(path, damage) from damage


def open_reader(path: Path) -> Database:
    """Open an existing database for reading only. Raises StoreError."""
    with told(path):
        try:
            return _reader(path, "mode=ro")
        except sqlite3.OperationalError as error:
            code = error.sqlite_errorcode & 0xFF
            if code not in _NO_ROOM_BESIDE or _has_log(path):
                raise
        return _reader(path, "mode=ro&immutable=1")


def _reader(path: Path, how: str) -> Database:
    connection = sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
    return _made_ready(connection, path, _must_be_filled)


def _must_be_filled(db: Database, path: Path) -> None:
    if not _must_be_ours(db, path) or "sources" not in db.table_names():
        raise StoreError(f'{path}: there is no database yet; "aggregator fetch" makes one')


def _has_log(path: Path) -> bool:
    """Whether something was written that is not in the database's own file yet."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def must_be_recent(version: tuple[int, ...]) -> None:
    """Raise StoreError for a version of SQLite that lacks what is asked of it, before anything is polled in vain."""
    if version < _OLDEST:
        given, least = (".".join(map(str, one)) for one in (version, _OLDEST))
        raise StoreError(f"SQLite {given}: version {least} or newer is needed, which most builds of Python bring along")


def must_have_room(path: Path) -> None:
    """Raise StoreError where the disk is nearly full: what is polled then could not be kept, and is polled in vain."""
    if shutil.disk_usage(path.parent).free < ROOM:  # without its figure: a person is told anew of what has changed
        least = f"less than {ROOM // 1_000_000} MB are free"
        raise StoreError(f"{path}: the disk is nearly full ({least}); nothing is polled until there is room")


def _opened(path: Path) -> Database:
    # One thread at a time uses it (the writer's, then the publisher's); sqlite3 only knows "the same thread".
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    return _made_ready(connection, path, _prepare)


def _made_ready(connection: sqlite3.Connection, path: Path, prepare: Callable[[Database, Path], None]) -> Database:
    """The database, prepared; the connection is closed where it cannot be."""
    try:
        must_be_recent(sqlite3.sqlite_version_info)
        db = Database(connection, execute_plugins=False)  # which it would look for in all that is installed
        prepare(db, path)
    except BaseException:
        connection.close()
        raise
    return db


def _prepare(db: Database, path: Path) -> None:
    db.execute("PRAGMA foreign_keys = ON")
    if not _must_be_ours(db, path):
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    _enable_wal(db)
    # A crash loses nothing, a power cut at most the last polls: they are polled again.
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA cache_size = -{_CACHE // 1024}")
    db.execute(f"PRAGMA mmap_size = {_MAPPED}").fetchone()
    db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}").fetchone()
    if migrations.pending(db):
        with writing(db):  # two commands may start at once on a new file
            migrations.apply(db)


def _enable_wal(db: Database) -> None:
    """Switch to WAL; where another command is making the new database at this moment, when it is done.

    SQLite itself waits for whoever reads, but not for whoever writes.
    """
    latest = monotonic() + BUSY_SECONDS
    while True:
        try:
            return db.enable_wal()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > latest:
                raise
        sleep(_AGAIN)


def _must_be_ours(db: Database, path: Path) -> bool:
    """Whether it is a database of ours, False for one that is new. Raises StoreError for all others."""
    ours = bool(db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)
    if not ours and db.table_names():
        raise StoreError(f"{path}: this is another program's database; set [site] database to a name of its own")
    if ours:
        must_not_be_newer(db, path)
    return ours


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """One transaction that has the write lock from its start: it waits for another writer, and lets others write after.

    Raises StoreError where the database cannot be written; then nothing of it is.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        began = monotonic()
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.conn.in_transaction:
                db.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise _met(error, db) from error
    took = monotonic() - began
    if took > _LONG:
        sleep(min(took * _BREATH, _BREATH))


def _met(error: sqlite3.Error, db: Database) -> Exception:
    """What to raise for an error of SQLite; damage is noted for whoever opens the database next."""
    path = Path(db.execute("PRAGMA database_list").fetchone()[2])
    known = explained(error, path)
    if isinstance(known, DamagedError):
        recovery.mark(path)
    return known or error
