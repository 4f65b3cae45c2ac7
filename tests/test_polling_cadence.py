"""When a source is polled next. The numbers in the tables are those of the rules a publisher's log would check."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Caching, Failed, Fetched, Gone, NotModified, Response, Rhythm, Validators
from aggregator.polling.cadence import (
    History,
    Wish,
    after_clock_jump,
    next_poll,
    not_before,
    remember_failure,
    remember_success,
)

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)  # a Sunday
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ASKABLE = Validators('"1"', "", "http://a.test/")


def good(**caching: int) -> Fetched:
    """A 200 with a body and an ETag."""
    return Fetched("http://a.test/", 200, b"<rss/>", validators=ASKABLE, caching=Caching(**caching))


def same(status: int = 304, validators: Validators = ASKABLE, **caching: int) -> NotModified:
    """A 304, or a 200 with the same body."""
    return NotModified(validators, Caching(**caching), status)


def bad(status: int | None = None, **caching: int) -> Failed:
    """A poll that brought nothing."""
    return Failed("trouble", status, Caching(**caching))


def history(
    failures: int = 0, failing: timedelta | None = None, quiet: timedelta | None = None, gap: timedelta = 0 * HOUR
) -> History:
    """A history in spans up to now."""
    return History(failures, NOW - failing if failing else None, NOW - quiet if quiet is not None else None, gap)


CALM = history(quiet=timedelta(0))
CASES: list[tuple[str, Response, History, Wish, Rhythm, timedelta, str]] = [
    # rule, response, history, wish, rhythm, wait at least, why
    ("30", good(), CALM, Wish(HOUR), Rhythm(), HOUR, "every 60 minutes, as configured"),
    ("30", good(), CALM, Wish(3 * HOUR), Rhythm(), 3 * HOUR, "every 3 hours, as configured"),
    ("30 floor", good(), CALM, Wish(MINUTE), Rhythm(), 15 * MINUTE, "every 15 minutes, as configured"),
    ("30 floor", same(), CALM, Wish(0 * MINUTE), Rhythm(), 15 * MINUTE, "every 15 minutes"),
    (
        "30 gap",
        same(),
        history(quiet=HOUR, gap=16 * HOUR),
        Wish(HOUR),
        Rhythm(),
        2 * HOUR,
        "something new about every 16",
    ),
    (
        "30 ceiling",
        same(),
        history(quiet=DAY, gap=99 * DAY),
        Wish(HOUR),
        Rhythm(),
        DAY,
        "something new about every 99 days",
    ),
    ("30 silence", same(), history(quiet=3 * DAY), Wish(HOUR), Rhythm(), 3 * HOUR, "nothing new for 3 days"),
    ("30 silence", same(), history(quiet=30 * DAY), Wish(HOUR), Rhythm(), DAY, "nothing new for 30 days: daily"),
    ("30 wish", same(), history(quiet=30 * DAY), Wish(2 * DAY), Rhythm(), 2 * DAY, "as configured"),
    ("3", same(200, Validators()), CALM, Wish(HOUR), Rhythm(), DAY, "nothing to ask by"),
    ("3 has etag", same(200), CALM, Wish(HOUR), Rhythm(), HOUR, "as configured"),
    ("15", good(max_age=7200), CALM, Wish(HOUR), Rhythm(), 2 * HOUR, "the server's max-age"),
    ("15 Kroll", good(max_age=172800), CALM, Wish(HOUR), Rhythm(), 2 * DAY, "the server's max-age"),
    ("15 cap", good(max_age=10**9), CALM, Wish(HOUR), Rhythm(), 7 * DAY, "the server's max-age"),
    ("15 on 304", same(max_age=172800), CALM, Wish(HOUR), Rhythm(), 2 * DAY, "the server's max-age"),
    ("15 on 429", bad(429, max_age=172800), history(1), Wish(HOUR), Rhythm(), 2 * DAY, "the server's max-age"),
    ("15 on 503", bad(503, max_age=172800), history(1), Wish(HOUR), Rhythm(), 2 * DAY, "the server's max-age"),
    ("15 unread", bad(200, max_age=172800), history(1), Wish(HOUR), Rhythm(), 2 * DAY, "the server's max-age"),
    ("15 on 404", bad(404, max_age=10**9), history(1), Wish(HOUR), Rhythm(), DAY, "the server's max-age"),
    ("15 short", good(max_age=60), CALM, Wish(HOUR), Rhythm(), HOUR, "as configured"),
    ("16", good(expires=7200), CALM, Wish(HOUR), Rhythm(), 2 * HOUR, "the server's Expires"),
    ("16 max-age first", good(expires=9999, max_age=0), CALM, Wish(HOUR), Rhythm(), HOUR, "as configured"),
    ("18", bad(503, retry_after=7200), history(1), Wish(HOUR), Rhythm(), 2 * HOUR, "Retry-After"),
    ("18", bad(429, retry_after=120), history(1), Wish(15 * MINUTE), Rhythm(), 15 * MINUTE, "as configured"),
    ("18", bad(429, retry_after=5 * 3600), history(1), Wish(HOUR), Rhythm(), 5 * HOUR, "Retry-After"),
    ("18 both", bad(503, retry_after=120), history(4, DAY), Wish(HOUR), Rhythm(), 8 * HOUR, "4 failures in a row"),
    ("19 cap", bad(503, retry_after=10**9), history(1), Wish(HOUR), Rhythm(), 7 * DAY, "Retry-After"),
    ("20", bad(429), history(1), Wish(HOUR), Rhythm(), 4 * HOUR, "429: four hours"),
    ("20", bad(302, retry_after=7200), history(1), Wish(HOUR), Rhythm(), 2 * HOUR, "Retry-After"),
    ("26", Gone(410), history(1), Wish(HOUR), Rhythm(), 30 * DAY, "gone (410)"),
    ("26", Gone(451), history(1), Wish(HOUR), Rhythm(), 30 * DAY, "gone (451)"),
    ("26", bad(401), history(1), Wish(HOUR), Rhythm(), DAY, "401: daily"),
    ("26", bad(403), history(1), Wish(HOUR), Rhythm(), DAY, "403: daily"),
    ("26", bad(404), history(1), Wish(HOUR), Rhythm(), DAY, "404: daily"),
    ("26 in passing", bad(410), history(1), Wish(HOUR), Rhythm(), DAY, "410: daily"),
    ("28", bad(), history(1), Wish(HOUR), Rhythm(), HOUR, "as configured"),
    ("28", bad(500), history(2), Wish(HOUR), Rhythm(), 2 * HOUR, "2 failures in a row"),
    ("28", bad(), history(5, DAY), Wish(HOUR), Rhythm(), 16 * HOUR, "5 failures in a row"),
    ("28 cap", bad(), history(9, 3 * DAY), Wish(HOUR), Rhythm(), DAY, "9 failures in a row"),
    ("28 cap", bad(), history(10**6, 29 * DAY), Wish(HOUR), Rhythm(), DAY, "failures in a row"),
    ("28 later", bad(), history(40, 30 * DAY), Wish(HOUR), Rhythm(), 7 * DAY, "40 failures in a row"),
    ("28 no faster", bad(), history(1, quiet=30 * DAY), Wish(HOUR), Rhythm(), DAY, "nothing new for 30 days"),
    ("29 ttl", good(), CALM, Wish(HOUR), Rhythm(ttl=7200), 2 * HOUR, "the feed's own update interval"),
    ("29 ttl cap", good(), CALM, Wish(HOUR), Rhythm(ttl=10**9), DAY, "the feed's own update interval"),
    ("29 ttl bad", good(), CALM, Wish(HOUR), Rhythm(ttl=-5), HOUR, "as configured"),
    ("29 ttl failing", bad(), history(1), Wish(HOUR), Rhythm(ttl=7200), 2 * HOUR, "the feed's own update interval"),
    ("29 hours", good(), CALM, Wish(HOUR), Rhythm(skip_hours=frozenset({13, 14})), 3 * HOUR, "hours the feed excludes"),
    ("29 all hours", good(), CALM, Wish(HOUR), Rhythm(skip_hours=frozenset(range(24))), HOUR, "as configured"),
    ("29 days", good(), CALM, Wish(HOUR), Rhythm(skip_days=frozenset({6, 0})), 36 * HOUR, "hours the feed excludes"),
    ("29 all days", good(), CALM, Wish(HOUR), Rhythm(skip_days=frozenset(range(7))), HOUR, "as configured"),
    ("36", good(), CALM, Wish(HOUR, pushed=True), Rhythm(), DAY, "a daily check"),
]


@pytest.mark.parametrize(("rule", "response", "past", "wish", "rhythm", "wait", "why"), CASES)
def test_when_and_why(
    rule: str, response: Response, past: History, wish: Wish, rhythm: Rhythm, wait: timedelta, why: str
) -> None:
    """Without chance the poll is due exactly then, and says why."""
    when, reason = next_poll(response, past, wish, NOW, 0.0, rhythm)
    assert when - NOW == wait, reason
    assert why in reason


@pytest.mark.parametrize(("rule", "response", "past", "wish", "rhythm", "wait", "why"), CASES)
@pytest.mark.parametrize("chance", [0.001, 0.5, 0.999])
def test_chance_only_adds(
    rule: str, response: Response, past: History, wish: Wish, rhythm: Rhythm, wait: timedelta, why: str, chance: float
) -> None:
    """Rule 31: chance adds up to a tenth, an hour at most, and never takes from what was promised."""
    when, _ = next_poll(response, past, wish, NOW, chance, rhythm)
    assert wait <= when - NOW <= wait + max(HOUR, min(wait / 10, HOUR)) + SECOND


def test_a_thousand_that_were_added_together_spread() -> None:
    """Rule 31: after their first poll they are spread evenly over an interval."""
    whens = [next_poll(good(), CALM, Wish(HOUR), NOW, number / 1000, first=True)[0] for number in range(1000)]
    tenths = Counter((when - NOW - HOUR) // (6 * MINUTE) for when in whens)
    assert min(whens) >= NOW + HOUR
    assert len(tenths) >= 10
    assert max(tenths.values()) < 150


responses = st.one_of(
    st.builds(Caching, *[st.none() | st.integers(0, 10**9)] * 3).flatmap(
        lambda caching: st.one_of(
            st.builds(Failed, st.just("x"), st.none() | st.integers(100, 999), st.just(caching)),
            st.builds(NotModified, st.just(ASKABLE), st.just(caching), st.sampled_from([200, 304])),
        )
    ),
    st.builds(Gone, st.sampled_from([410, 451])),
)
pasts = st.builds(
    History,
    st.integers(0, 10**6),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(timedelta(0), timedelta(days=10**5)),
)
rhythms = st.builds(
    Rhythm, st.integers(-(10**9), 10**9), st.frozensets(st.integers(0, 23)), st.frozensets(st.integers(0, 6))
)


@given(responses, pasts, st.timedeltas(timedelta(0), 365 * DAY), st.floats(0, 1, exclude_max=True), rhythms)
def test_no_poll_before_its_time(
    response: Response, past: History, every: timedelta, chance: float, rhythm: Rhythm
) -> None:
    """Whatever the server, the feed and the past: on the second, after every promise, outside the excluded hours."""
    when, reason = next_poll(response, past, Wish(every), NOW, chance, rhythm)
    wait = when - NOW
    assert wait >= max(every, 15 * MINUTE) or isinstance(response, Gone)
    assert wait <= max(every, 30 * DAY) + 9 * DAY
    assert when.microsecond == 0
    assert reason
    if isinstance(response, Gone):
        return
    if isinstance(response, Failed):
        assert wait >= min(timedelta(seconds=response.caching.retry_after or 0), 7 * DAY)
    if isinstance(response, NotModified):
        assert wait >= min(timedelta(seconds=response.caching.max_age or 0), 7 * DAY)
    assert wait >= min(timedelta(seconds=rhythm.ttl), DAY)
    if len(rhythm.skip_hours) < 24:
        assert when.hour not in rhythm.skip_hours
    if len(rhythm.skip_days) < 7:
        assert when.weekday() not in rhythm.skip_days


def test_failures_are_counted_until_a_success() -> None:
    """Rule 28: a success resets, a 304 is a success, and the first failure's time is kept."""
    once = remember_failure(History(), NOW)
    twice = remember_failure(once, NOW + HOUR)
    assert (twice.failures, twice.failing_since) == (2, NOW)
    assert remember_success(twice, NOW + DAY) == History()


def test_dates_of_a_first_reading_tell_the_gap() -> None:
    """At the first poll all items are new; their own dates say how often, and those of the future do not count."""
    dates = [NOW - 9 * DAY, NOW - 3 * DAY, NOW - 6 * DAY, NOW + 99 * DAY]
    assert remember_success(History(), NOW, 4, dates) == History(last_new=NOW - 3 * DAY, gap=3 * DAY)
    assert remember_success(History(), NOW, 4) == History(last_new=NOW)
    assert remember_success(History(), NOW, 0, dates) == History()


def test_the_gap_follows_what_the_feed_brings() -> None:
    """A feed that turns lively is soon asked as often as the user wishes; one that falls quiet is asked less."""
    lively = History(last_new=NOW, gap=10 * DAY)
    now = NOW
    for _ in range(20):
        now += HOUR
        lively = remember_success(lively, now, 2)
    assert lively.gap < 2 * HOUR
    assert next_poll(good(), lively, Wish(HOUR), now, 0.0)[0] == now + HOUR
    slow = remember_success(History(last_new=NOW, gap=HOUR), NOW + 10 * DAY, 1)
    assert slow.gap > 2 * DAY


@pytest.mark.parametrize(
    ("response", "until"),
    [
        (bad(503, retry_after=120), 120 * SECOND),
        (bad(429, retry_after=10**9), 7 * DAY),
        (bad(429), 4 * HOUR),
        (bad(302, retry_after=60), 60 * SECOND),
        (bad(500), None),
        (good(max_age=99), None),
        (same(), None),
        (Gone(410), None),
    ],
)
def test_what_even_force_must_respect(response: Response, until: timedelta | None) -> None:
    """`--force` passes over our own timing, never over a server's."""
    assert not_before(response, NOW) == (None if until is None else NOW + until)


@pytest.mark.parametrize(
    ("next_in", "last_ago", "due_in"),
    [
        (HOUR, DAY, HOUR),
        (-HOUR, DAY, -HOUR),
        (30 * DAY, MINUTE, 30 * DAY),
        (365 * DAY, MINUTE, 0 * DAY),  # the clock was a year ahead only for writing the schedule
        (365 * DAY + HOUR, -365 * DAY, HOUR),  # ... or for the whole poll: the interval is kept
        (HOUR - DAY, -DAY, 0 * DAY),
        (3000 * DAY, -1000 * DAY, 40 * DAY),
    ],
)
def test_a_clock_that_jumped_stops_nothing(next_in: timedelta, last_ago: timedelta, due_in: timedelta) -> None:
    """A schedule written by a wrong clock neither stops a source for years nor makes it burst."""
    assert after_clock_jump(NOW + next_in, NOW - last_ago, NOW) == NOW + due_in
