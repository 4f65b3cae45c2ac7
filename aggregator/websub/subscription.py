"""What is agreed with a hub, and what follows from it: when to ask again, what to confirm, whom to trust; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from aggregator.reading.html import one_line

LEASE = timedelta(days=10)  # what we ask for: the recommendation's own advice to hubs
FAR = timedelta(days=40)  # nothing is put off for so long, but by a clock that was wrong
DENIED = timedelta(days=30)  # after which a hub that denied us is asked once more
GOODBYES = 3  # times that a hub is asked to end a subscription
_LONGEST_LEASE = timedelta(days=30)
_EARLY = 0.8  # of a lease, after which it is renewed: two days are left of ten
_FIRST, _LONGEST = timedelta(minutes=5), timedelta(days=1)
_SECONDS = re.compile(r"[1-9][0-9]{0,9}")
_TOKEN = re.compile(r"websub/([A-Za-z0-9_-]{43})")

State = Literal["asking", "active", "denied", "ending", "ended"]
STANDING: tuple[State, ...] = ("asking", "active", "denied")  # wanted, whatever the hub says to it


@dataclass(frozen=True, slots=True)
class Subscription:
    """One source's subscription at a hub; `token` is the secret part of the callback's path.

    `secret` is "" where the hub has no TLS. `since` is from when on it has been active without a break, `verified` when
    the hub last verified it, `pushed` when it last brought something. `missed` is when a poll found what it should have
    brought, until it brings something again. `otherwise` is when the source would be polled without it.
    """

    token: str
    source: str
    hub: str
    topic: str
    callback: str
    secret: str = ""
    state: State = "asking"
    due: datetime | None = None
    failures: int = 0
    error: str | None = None
    since: datetime | None = None
    verified: datetime | None = None
    lease_ends: datetime | None = None
    pushed: datetime | None = None
    missed: datetime | None = None
    otherwise: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether the hub can be relied on to bring what is new."""
        holds = self.state == "active" and self.lease_ends is not None and now < self.lease_ends
        return holds and self.missed is None

    @property
    def takes_pushes(self) -> bool:
        """Whether what comes is welcome; a hub whose clock is behind ours may not know that its lease has ended."""
        return self.verified is not None and self.state in ("asking", "active")


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether a hub is relied on after a poll, and since when not."""

    live: bool
    missed: datetime | None


def token_of(path: str) -> str:
    """Return the token in a path below the site's own, or "" where it is no callback."""
    found = _TOKEN.fullmatch(path)
    return found[1] if found else ""


def callback(base_url: str, token: str) -> str:
    """Return where a hub is to send what it has for us."""
    return f"{base_url}websub/{token}"


def request(subscription: Subscription) -> tuple[tuple[str, str], ...]:
    """Return the form that asks a hub to begin, renew or end a subscription (WebSub section 5.1)."""
    mode = "unsubscribe" if subscription.state == "ending" else "subscribe"
    fields = (("hub.mode", mode), ("hub.topic", subscription.topic), ("hub.callback", subscription.callback))
    if mode == "unsubscribe":
        return fields
    lease = (("hub.lease_seconds", str(int(LEASE.total_seconds()))),)
    return (*fields, *lease, *((("hub.secret", subscription.secret),) if subscription.secret else ()))


def again(failures: int, now: datetime, first: timedelta = _FIRST, longest: timedelta = _LONGEST) -> datetime:
    """Return when to ask again after so many times without success: later each time."""
    return now + min(first * (1 << min(failures - 1, 20)), longest)


def answer(subscription: Subscription, query: Mapping[str, str], now: datetime) -> dict[str, object] | None:
    """Return what changes with a hub's GET, a verification or a denial, or None where we do not agree to it."""
    mode = query.get("hub.mode", "").lower()
    if query.get("hub.topic") != subscription.topic:
        return None
    if mode == "denied" and subscription.state in STANDING:
        reason = one_line(query.get("hub.reason", "")[:1000])[:200]
        error = f"the hub denied it: {reason}" if reason else "the hub denied it"
        return {"state": "denied", "error": error, "due": now + DENIED, "since": None, "lease_ends": None}
    if not query.get("hub.challenge"):
        return None
    if mode == "unsubscribe" and subscription.state in ("ending", "ended"):
        return {"state": "ended", "due": None, "lease_ends": None, "since": None, "error": None}
    lease = _lease(query.get("hub.lease_seconds"))
    if mode != "subscribe" or lease is None or subscription.state not in ("asking", "active"):
        return None
    return {
        "state": "active",
        "since": subscription.since or now,
        "verified": now,
        "lease_ends": now + lease,
        "due": now + max(lease * _EARLY, _FIRST),
        "failures": 0,
        "error": None,
    }


def trust_after(subscription: Subscription, last_polled: datetime | None, new: int, now: datetime) -> Trust:
    """Return whether the hub is relied on after a poll that found so many `new` items; the last one was `last_polled`.

    What is new should all have been pushed, if the hub was to tell of it since before the last poll.
    """
    missed = subscription.missed
    if new and subscription.since and last_polled and last_polled > subscription.since:
        missed = missed or now
    return Trust(subscription.is_live(now) and missed is None, missed)


def in_words(subscription: Subscription, now: datetime) -> str:
    """Return how it stands, in a word or two for a table."""
    if subscription.state == "active" and subscription.missed is not None:
        return "silent"
    if subscription.is_live(now):
        return "pushes"
    return {"asking": "asked", "denied": "denied"}.get(subscription.state, "lapsed")


def _lease(text: str | None) -> timedelta | None:
    """The lease a hub grants; one that says nothing, as old ones do, is taken to grant what we asked for."""
    if text is None:
        return LEASE
    return min(timedelta(seconds=int(text)), _LONGEST_LEASE) if _SECONDS.fullmatch(text.strip()) else None
