"""When a source is polled next, and why then; pure: the clock and the dice are arguments.

What a server asks for is a promise and is kept whatever the user wishes; all else lies between the user's own
interval and a day. Chance only ever adds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aggregator.model import Answer, Failed, Fetched, Gone, NotModified, Postponed, Response, Rhythm

FLOOR = timedelta(minutes=15)
LONGEST = timedelta(days=40)  # a month, and what chance and excluded days may add to it
SLACK = timedelta(minutes=1)  # that clocks may differ by
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)
_UNEXPLAINED_429 = timedelta(hours=4)
_ZERO = timedelta(0)

_GAPS = 8  # an item arrives at most an eighth of the feed's usual gap late
_SILENCE = 24  # a feed silent for a day is asked hourly, for 24 days daily; a quiet weekend costs no more than 2.7 h
_WEIGHT = 0.3  # of the newest gap in the smoothed one
_DAILY = frozenset({401, 403, 404, 410, 451})  # the last two behind a redirect that is not permanent
_SPREAD = 0.1  # of the interval may be added by chance, an hour at most

Bound = tuple[timedelta, str]  # no sooner than this, and why


@dataclass(frozen=True, slots=True)
class History:
    """What the store keeps of a source's past polls.

    `failures` in a row and since when; `last_new`, when the feed last brought something new; `gap`, the smoothed time
    between two new items (zero where nothing is known of it).
    """

    failures: int = 0
    failing_since: datetime | None = None
    last_new: datetime | None = None
    gap: timedelta = _ZERO


@dataclass(frozen=True, slots=True)
class Wish:
    """What holds for a source whatever its server says: the user's interval, and whether a hub tells us of news."""

    every: timedelta = _HOUR
    pushed: bool = False


def remember_failure(history: History, now: datetime) -> History:
    """Return the history after a poll that brought nothing: Failed, Gone, or a body that could not be read."""
    return replace(history, failures=history.failures + 1, failing_since=history.failing_since or now)


def remember_success(history: History, now: datetime, new: int = 0, published: Sequence[datetime] = ()) -> History:
    """Return the history after a poll that went well and brought so many `new` items, published when they say.

    At the first poll everything is new, so the dates of the items tell how often the feed brings something.
    """
    well = replace(history, failures=0, failing_since=None)
    if not new:
        return well
    if history.last_new is None:
        past = sorted(date for date in published if date <= now)
        gap = (past[-1] - past[0]) / (len(past) - 1) if len(past) > 1 else _ZERO
        return replace(well, last_new=past[-1] if past else now, gap=gap)
    latest = max(_ZERO, now - history.last_new) / new
    gap = latest * _WEIGHT + history.gap * (1 - _WEIGHT) if history.gap else latest
    return replace(well, last_new=now, gap=gap)


def postponed(response: Postponed, wish: Wish, now: datetime, chance: float) -> tuple[datetime, str]:
    """Return when to come again after a poll that was not made, and why then; arguments as for `next_poll`.

    Where the source's own server was asked, which redirects to the host that is left alone, not before its interval.
    """
    wait = max(timedelta(seconds=response.seconds), max(wish.every, FLOOR) if response.asked else _ZERO)
    return _whole_second(now + wait * (1 + _SPREAD * chance)), response.reason


def next_poll(
    response: Answer,
    history: History,
    wish: Wish,
    now: datetime,
    chance: float,
    rhythm: Rhythm | None = None,
    *,
    first: bool = False,
) -> tuple[datetime, str]:
    """Return when to come again, to the second and never sooner than promised, and why then.

    `history` is what remember_… made of this poll; a body that could not be read is given as Failed with its status
    and caching. `rhythm` is the feed's own, from its last good body. `chance` is uniform in [0, 1); at the `first`
    poll it spreads over a whole interval, lest a thousand feeds that were added together stay together.
    """
    if isinstance(response, Gone):
        return _whole_second(now + _MONTH), f"gone ({response.status}): looked at again in a month"
    rhythm = rhythm or Rhythm()
    every = max(wish.every, FLOOR)
    bounds = [
        (every, f"every {_about(every)}, as configured"),
        *_usual(history, wish, now),
        *_asked_for(response, rhythm),
    ]
    bounds += _after_failure(response, history, every, now) if isinstance(response, Failed) else _unaskable(response)
    wait, reason = max(bounds, key=lambda bound: bound[0])
    wait += min(wait * _SPREAD, _HOUR) * chance
    if first:
        wait += min(every, _DAY) * chance
    due = _whole_second(now + wait)
    allowed = _outside_skips(due, rhythm, chance)
    return allowed, reason if allowed == due else f"{reason}, then past the hours the feed excludes"


def not_before(response: Response, now: datetime) -> datetime | None:
    """Return until when the server forbids even a poll that the user forces, or None: Retry-After, and any 429."""
    if isinstance(response, Postponed):
        return _whole_second(now + timedelta(seconds=response.seconds))
    if not isinstance(response, Failed):
        return None
    if response.caching.retry_after is not None:
        return _whole_second(now + _capped(response.caching.retry_after, _WEEK))
    return _whole_second(now + _UNEXPLAINED_429) if response.status == 429 else None


def after_clock_jump(next_poll: datetime, last_polled: datetime | None, now: datetime) -> datetime:
    """Return the stored `next_poll` as it stands if the clock was wrong when it was written.

    A source last polled in the future keeps its interval, counted from now; nothing that we write lies farther ahead
    than a month and what chance and excluded days add.
    """
    if last_polled is not None and last_polled > now + SLACK:
        return now + min(max(next_poll - last_polled, _ZERO), LONGEST)
    return now if next_poll > now + LONGEST else next_poll


def _usual(history: History, wish: Wish, now: datetime) -> Iterator[Bound]:
    """Yield what holds whatever the poll came to, so that a failing source is never asked more than a healthy one."""
    if wish.pushed:
        yield _DAY, "the hub tells of news: a daily check"
    yield min(history.gap / _GAPS, _DAY), f"something new about every {_about(history.gap)}"
    silence = now - history.last_new if history.last_new else _ZERO
    daily = ": daily" if silence >= _DAY * _SILENCE else ""
    yield min(silence / _SILENCE, _DAY), f"nothing new for {_about(silence)}{daily}"


def _unaskable(response: Fetched | NotModified) -> Iterator[Bound]:
    sent = response.validators
    if isinstance(response, NotModified) and response.status == 200 and not (sent.etag or sent.last_modified):
        yield _DAY, "unchanged, and the server gives nothing to ask by: daily"


def _after_failure(failed: Failed, history: History, every: timedelta, now: datetime) -> Iterator[Bound]:
    failing = now - history.failing_since if history.failing_since else _ZERO
    ceiling = _WEEK if failing >= _MONTH else _DAY
    doubled = every * 2 ** min(max(history.failures - 1, 0), 20)
    many = f"{history.failures} failures in a row" if history.failures > 1 else "the poll failed"
    yield max(every, min(doubled, ceiling)), many
    if failed.status in _DAILY:
        yield _DAY, f"the server answered {failed.status}: daily"
    if failed.caching.retry_after is not None:
        yield _capped(failed.caching.retry_after, _WEEK), "the server asked to wait (Retry-After)"
    elif failed.status == 429:
        yield _UNEXPLAINED_429, "the server answered 429: four hours"


def _asked_for(response: Fetched | NotModified | Failed, rhythm: Rhythm) -> Iterator[Bound]:
    """Yield what server and feed ask for: `Expires` only without max-age (RFC 9111 §5.3)."""
    yield _capped(rhythm.ttl, _DAY), "the feed's own update interval"
    # What an error page says of its own lifetime is seldom meant for long; a 429 or 503 that says it means it.
    status = response.status or 0
    longest = _WEEK if status < 400 or status in {429, 503} else _DAY
    if response.caching.max_age is not None:
        yield _capped(response.caching.max_age, longest), "the server's max-age"
    elif response.caching.expires is not None:
        yield _capped(response.caching.expires, longest), "the server's Expires"


def _capped(seconds: int, longest: timedelta) -> timedelta:
    return min(timedelta(seconds=max(0, seconds)), longest)


def _outside_skips(then: datetime, rhythm: Rhythm, chance: float) -> datetime:
    """Return `then`, or a chance moment of the first hour after it that the feed allows; excluding all is none."""
    hours = rhythm.skip_hours if len(rhythm.skip_hours) < 24 else frozenset()
    days = rhythm.skip_days if len(rhythm.skip_days) < 7 else frozenset()
    moved = then.astimezone(UTC)
    while moved.hour in hours or moved.weekday() in days:
        moved = moved.replace(minute=0, second=0, microsecond=0) + _HOUR
    return moved if moved == then else _whole_second(moved + chance * _HOUR / 2)


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0) + timedelta(seconds=1) if moment.microsecond else moment


def _about(span: timedelta) -> str:
    for unit, name in ((_DAY, "days"), (_HOUR, "hours")):
        if span >= 2 * unit:
            return f"{span / unit:.0f} {name}"
    return f"{span / _MINUTE:.0f} minutes"
