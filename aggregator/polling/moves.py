"""Whether a permanent redirect is believed; pure. A misconfigured server says 301 for an afternoon."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

PROVEN_POLLS = 3
PROVEN_TIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Move:
    """Where a source is polled, and the new place it has been pointing to: since when and in how many polls."""

    poll_url: str
    moved_to: str = ""
    since: datetime | None = None
    polls: int = 0


def after_poll(before: Move, moved_to: str, now: datetime) -> Move:
    """Return what to believe after a poll that brought a readable feed (or a 304) through permanent redirects.

    The same address over https is taken at once, any other after three polls in a row or a day.
    """
    if not moved_to or moved_to == before.poll_url:
        return Move(before.poll_url)
    if _only_https(before.poll_url, moved_to):
        return Move(moved_to)
    same = moved_to == before.moved_to
    since = before.since if same and before.since else now
    polls = before.polls + 1 if same else 1
    if polls >= PROVEN_POLLS or now - since >= PROVEN_TIME:
        return Move(moved_to)
    return Move(before.poll_url, moved_to, since, polls)


def after_failure(before: Move) -> Move:
    """Return what to believe after a poll that failed, or whose body broke off: the row is broken, it begins anew."""
    return Move(before.poll_url)


def _only_https(old: str, new: str) -> bool:
    one, other = urlsplit(old), urlsplit(new)
    return (one.scheme, other.scheme) == ("http", "https") and one[1:] == other[1:]
