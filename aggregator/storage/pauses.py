"""Hosts that asked to be left alone, and until when, for whoever polls next: after a restart, or beside us."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlite_utils import Database

from aggregator.storage.database import writing
from aggregator.storage.times import from_text, to_text


def note(db: Database, pauses: Mapping[str, float], now: datetime) -> None:
    """Write down for how many seconds each host is to be left alone; of two pauses the longer holds."""
    with writing(db):
        db.execute("DELETE FROM pauses WHERE until <= ?", [to_text(now)])
        for host, seconds in pauses.items():
            db.execute(
                """INSERT INTO pauses (host, until) VALUES (?, ?)
                   ON CONFLICT (host) DO UPDATE SET until = max(until, excluded.until)""",
                [host, to_text(now + timedelta(seconds=int(seconds) + 1))],
            )


def left(db: Database, now: datetime, longest: timedelta) -> dict[str, float]:
    """Return the seconds that are left of each pause; one beyond the `longest` is of a clock that was wrong."""
    query = "SELECT host, until FROM pauses WHERE until > ? AND until <= ?"
    rows = db.execute(query, [to_text(now), to_text(now + longest)]).fetchall()
    return {host: (from_text(until) - now).total_seconds() for host, until in rows}
