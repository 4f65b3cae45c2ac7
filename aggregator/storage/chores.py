"""When what is done once a day was last done."""

from datetime import datetime

from sqlite_utils import Database

from aggregator.storage.times import from_text, to_text


def last_done(db: Database, name: str) -> datetime | None:
    """Return when a chore was last done; None where it never was."""
    row = db.execute("SELECT done FROM chores WHERE name = ?", [name]).fetchone()
    return from_text(row[0]) if row else None


def note_done(db: Database, name: str, now: datetime) -> None:
    """Note that a chore is done."""
    db.execute("INSERT OR REPLACE INTO chores (name, done) VALUES (?, ?)", [name, to_text(now)])
