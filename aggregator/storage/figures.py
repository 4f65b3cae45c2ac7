"""A few numbers of the whole database, for who watches the server: quick to get however much is stored."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from aggregator.storage.times import maybe_from, to_text
from aggregator.websub.subscription import STANDING


@dataclass(frozen=True, slots=True)
class Figures:
    """How many items and sources there are; how many sources are due and unclaimed, the first of them since when.

    `subscriptions` are those at hubs, by state.
    """

    items: int
    sources: dict[str, int]
    due: int
    due_since: datetime | None
    subscriptions: dict[str, int] = field(default_factory=dict)


def figures(db: Database, now: datetime) -> Figures:
    """Return the numbers as they are at `now`. A source that was never polled is due, but since no known time."""
    states = "SELECT state, count(*) FROM sources WHERE configured = 1 GROUP BY state"
    due = """SELECT count(*), min(next_poll) FROM sources WHERE configured = 1 AND state <> 'disabled'
        AND claimed_by IS NULL AND coalesce(next_poll, '') <= ?"""
    number, since = db.execute(due, [to_text(now)]).fetchone()
    items = db.execute("SELECT count(*) FROM items").fetchone()[0]
    at_hubs = f"SELECT state, count(*) FROM subscriptions WHERE state IN {STANDING} GROUP BY state"  # noqa: S608 - constants
    return Figures(
        items,
        dict(db.execute(states).fetchall()),
        number,
        maybe_from(since),
        dict(db.execute(at_hubs).fetchall()),
    )
