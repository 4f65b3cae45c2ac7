"""A wall clock that was set: noticed, and the schedule put right that was written by it."""

from datetime import datetime, timedelta

from sqlite_utils import Database

from aggregator.polling import cadence
from aggregator.storage import sources as store
from aggregator.storage.sources import Misdated


class Clock:
    """Tells whether the wall clock has gone otherwise than time did, since it was last asked."""

    def __init__(self) -> None:
        self._apart: float | None = None

    def was_set(self, now: datetime, monotonic: float) -> bool:
        """Whether the clock was set meanwhile; the first time it may have been, while no process was running."""
        apart = now.timestamp() - monotonic
        was_set = self._apart is None or abs(apart - self._apart) > cadence.SLACK.total_seconds()
        self._apart = apart
        return was_set


def put_right(db: Database, now: datetime) -> None:
    """Give every source whose times cannot be right, because they are too far ahead, times that can.

    A clock that was a year ahead would else have stopped the polls for a year. Call it inside a transaction.
    """
    for source in store.misdated(db, polled_after=now + cadence.SLACK, due_after=now + cadence.LONGEST):
        store.update(db, source.name, _righted(source, now))


def _righted(source: Misdated, now: datetime) -> dict[str, object]:
    """The columns as they should have been. A wait that a server asked for keeps its length."""
    ahead = max(source.last_polled - now, timedelta(0)) if source.last_polled else timedelta(0)
    due = source.next_poll and cadence.after_clock_jump(source.next_poll, source.last_polled, now)
    forbidden = source.not_before and min(source.not_before - ahead, now + cadence.LONGEST)
    return {
        "last_polled": source.last_polled and min(source.last_polled, now),
        "next_poll": due,
        "next_poll_reason": "the clock was wrong when this was decided",
        "not_before": forbidden if forbidden and forbidden > now else None,
    }
