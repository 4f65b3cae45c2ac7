"""Subscriptions at hubs kept in step with the sources: begun, renewed, ended, confirmed. Sends nothing itself.

Every function is one transaction at most, and is called in the thread that has the database. What is to be done is
looked for without one, as a rule in vain, and once more inside it: another server may have been quicker.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.model import Failed
from aggregator.polling.addresses import AllowPrivate, refusal
from aggregator.storage import sources
from aggregator.storage import subscriptions as store
from aggregator.storage.database import writing
from aggregator.websub import subscription as rules
from aggregator.websub.subscription import State, Subscription

_EACH = 2  # requests to a hub that are taken up at once: its host is asked one at a time, a second apart
_NOBODY = ("localhost", "local", "internal", "lan", "test", "example", "invalid", "example.com", "example.net",
           "example.org")  # fmt: skip


def can_be_called(base_url: str, allow_private: AllowPrivate) -> bool:
    """Whether a hub can reach us at `base_url`: not at names that lead nowhere, nor at private addresses.

    A private one will do where the sources, and with them their hubs, may be private too.
    """
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    try:
        return not refusal([str(ip_address(host))], allow_private)
    except ValueError:
        if host == "localhost" and not refusal(["127.0.0.1"], allow_private):
            return True
        return "." in host and not any(host == name or host.endswith(f".{name}") for name in _NOBODY)


def keep_in_step(db: Database, config: Config, now: datetime) -> None:
    """Begin a subscription for each source that names a hub, and end those that are wanted no more."""
    reachable = can_be_called(config.site.base_url, config.polling.allow_private)
    base = rules.callback(config.site.base_url, "") if reachable else ""
    if store.no_longer_wanted(db, base):
        with writing(db):
            store.forget_ended(db, now - rules.FAR)
            for one in store.no_longer_wanted(db, base):
                _end(db, one, now)
    if reachable and store.missing(db):
        with writing(db):
            for source, hub, topic in store.missing(db):
                store.add(db, _begun(source, hub, topic, config.site.base_url, now))


def take_due(db: Database, now: datetime, busy: Collection[str], most: int) -> list[Subscription]:
    """Return up to so many about which their hub is to be asked now, none of the `busy` hubs.

    Each is put off before its hub is asked: no other process asks too, a crash loses nothing, and a hub that verifies
    before it has answered finds everything in its place.
    """
    taken: list[Subscription] = []
    if not store.due(db, now, now + rules.FAR, _EACH):
        return taken
    with writing(db):
        for one in store.due(db, now, now + rules.FAR, _EACH):
            if one.state == "ending" and one.failures >= rules.GOODBYES:
                store.update(db, one.token, {"state": "ended", "due": None})
            elif one.hub not in busy and len(taken) < most:
                taken.append(_put_off(db, one, now))
    return taken


def note_failure(db: Database, token: str, failed: Failed) -> None:
    """Note why a hub would not be asked; that it accepts a request says nothing before it has verified it."""
    with writing(db):
        store.update(db, token, {"error": failed.reason})


def confirm(db: Database, token: str, query: Mapping[str, str], now: datetime) -> bool:
    """Whether we agree to what a hub asks or tells at a callback; what follows from it is written."""
    if store.of_token(db, token) is None:
        return False  # whoever guesses gets no turn to write
    with writing(db):
        one = store.of_token(db, token)
        changes = None if one is None else rules.answer(one, query, now)
        if one is None or changes is None:
            return False
        store.update(db, token, changes)
        if changes["state"] == "denied":
            _poll_as_usual(db, one)
    return True


def lapse(db: Database, now: datetime) -> None:
    """Take note of leases that have ended without a renewal: their sources are polled as usual again."""
    if not store.lapsed(db, now, now + rules.FAR):
        return
    with writing(db):
        for one in store.lapsed(db, now, now + rules.FAR):
            store.update(db, one.token, {"state": "asking", "since": None, "lease_ends": None})
            _poll_as_usual(db, one)


def _put_off(db: Database, one: Subscription, now: datetime) -> Subscription:
    state: State = "asking" if one.state == "denied" else one.state
    failures = one.failures + 1
    asked = {"state": state, "failures": failures, "due": rules.again(failures, now), "error": None}
    store.update(db, one.token, asked)
    return replace(one, state=state)


def _begun(source: str, hub: str, topic: str, base_url: str, now: datetime) -> Subscription:
    token = secrets.token_urlsafe(32)
    # Sent in the clear a secret protects nothing (WebSub section 5.1); 43 bytes, where less than 200 may be given.
    secret = secrets.token_urlsafe(32) if hub.startswith("https:") else ""
    return Subscription(token, source, hub, topic, rules.callback(base_url, token), secret, due=now)


def _end(db: Database, one: Subscription, now: datetime) -> None:
    known = one.verified is not None and one.state == "active"
    state = "ending" if known else "ended"
    values = {"state": state, "due": now if known else None, "failures": 0, "error": None}
    store.update(db, one.token, values)
    _poll_as_usual(db, one)


def _poll_as_usual(db: Database, one: Subscription) -> None:
    """Put the source's next poll where it would be without a hub, if that is sooner."""
    if one.otherwise is not None:
        sources.poll_by(db, one.source, one.otherwise, "its hub tells of news no longer")
        store.update(db, one.token, {"otherwise": None})
