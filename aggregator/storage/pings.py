"""Of which published documents our hub is to be told: noted with their bytes' digest, so that none is told of twice."""

from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database

from aggregator.storage.times import to_text


def note(db: Database, hub: str, documents: Iterable[tuple[str, bytes]], now: datetime) -> None:
    """Note documents that are in their place, as (path, digest); those that are as the hub knows them are passed over.

    What waits already keeps its time, so that a hub which does not answer is not asked more often for it.
    """
    db.conn.executemany(
        """INSERT INTO pings (path, digest, hub, due) VALUES (?, ?, ?, ?)
           ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, hub = excluded.hub,
               due = CASE WHEN pings.hub = excluded.hub THEN coalesce(pings.due, excluded.due) ELSE excluded.due END,
               failures = CASE WHEN pings.hub = excluded.hub THEN failures ELSE 0 END,
               held = CASE WHEN pings.hub = excluded.hub THEN held ELSE 0 END
           WHERE pings.digest <> excluded.digest OR pings.hub <> excluded.hub""",
        [(path, known, hub, to_text(now)) for path, known in documents],
    )


def waiting(db: Database, hub: str, now: datetime, far: datetime) -> tuple[str, bytes, int] | None:
    """Return the (path, digest, failures) that waits longest; None while the hub is left alone for a failure of its.

    One that is due only after `far` was put off by a clock that was wrong, and is due too.
    """
    values = {"hub": hub, "now": to_text(now), "far": to_text(far)}
    held = "SELECT 1 FROM pings WHERE hub = :hub AND held AND due > :now AND due <= :far LIMIT 1"
    if db.execute(held, values).fetchone():
        return None
    query = """SELECT path, digest, failures FROM pings WHERE hub = :hub AND (due <= :now OR due > :far)
        ORDER BY due, path LIMIT 1"""
    found: tuple[str, bytes, int] | None = db.execute(query, values).fetchone()
    return found


def put_off(db: Database, path: str, failures: int, due: datetime) -> None:
    """Note that the hub is being told of a document, for so many times without success, and when it is told again."""
    db.execute("UPDATE pings SET due = ?, failures = ? WHERE path = ?", [to_text(due), failures, path])


def told(db: Database, path: str, known: bytes, now: datetime) -> None:
    """Note that the hub knows of a document as it was; one that has changed meanwhile is to be told of at once."""
    db.execute(
        """UPDATE pings SET due = CASE WHEN digest = ? THEN NULL ELSE ? END, failures = 0, held = 0, error = NULL
           WHERE path = ?""",
        [known, to_text(now), path],
    )


def failed(db: Database, path: str, reason: str, *, held: bool) -> None:
    """Note why it could not be told of one; `held` where the hub answers nobody, and is left alone for all others."""
    db.execute("UPDATE pings SET error = ?, held = ? WHERE path = ?", [reason, held, path])


def forget(db: Database, paths: Iterable[str]) -> None:
    """Note that these are published no longer."""
    db.conn.executemany("DELETE FROM pings WHERE path = ?", [(path,) for path in paths])
