"""The subscriptions at hubs: by their token, by their source, those that are due; what they mean is not known here."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from aggregator.storage.times import maybe_from, to_text
from aggregator.websub.subscription import STANDING, Subscription

_TIMES = ("due", "since", "verified", "lease_ends", "pushed", "missed", "otherwise")
_NAMES = tuple(field.name for field in fields(Subscription))
_COLUMNS = ", ".join(_NAMES)
_STANDING = f"state IN {STANDING}"
# The source that a subscription is for, as long as it is polled and names that hub and that topic.
_WANTED = "configured = 1 AND local = 0 AND state NOT IN ('disabled', 'gone') AND hub_topic <> ''"


def of_token(db: Database, token: str) -> Subscription | None:
    """Return the subscription whose callback has this token."""
    return next(iter(_found(db, "token = ?", token)), None)


def of_source(db: Database, source: str) -> Subscription | None:
    """Return the subscription of a source that is asked for, active or denied."""
    return next(iter(_found(db, f"source = ? AND {_STANDING}", source)), None)


def standing(db: Database) -> dict[str, Subscription]:
    """Return every source's, by its name."""
    return {one.source: one for one in _found(db, _STANDING)}


def no_longer_wanted(db: Database, base: str) -> list[Subscription]:
    """Return those whose source is gone, disabled, or names another hub or topic, or whose callback is elsewhere.

    `base` is what callbacks begin with; "" where there can be none.
    """
    where = f"""{_STANDING} AND (? = '' OR callback <> ? || token OR NOT EXISTS (SELECT 1 FROM sources
        WHERE name = source AND sources.hub = subscriptions.hub AND hub_topic = topic AND {_WANTED}))"""  # noqa: S608
    return _found(db, where, base, base)


def missing(db: Database) -> list[tuple[str, str, str]]:
    """Return (source, hub, topic) of each source that names a hub and has no subscription."""
    query = f"""SELECT name, hub, hub_topic FROM sources WHERE {_WANTED} AND hub <> '' AND NOT EXISTS (
        SELECT 1 FROM subscriptions WHERE source = name AND {_STANDING})"""  # noqa: S608 - constants
    return [(name, hub, topic) for name, hub, topic in db.execute(query).fetchall()]


def due(db: Database, now: datetime, far: datetime, each: int) -> list[Subscription]:
    """Return those about which their hub is to be asked, at most so many of each hub, the longest due first.

    One that is due only after `far` was put off by a clock that was wrong, and is due too.
    """
    times = [to_text(now), to_text(far)]
    if not db.execute("SELECT 1 FROM subscriptions WHERE due <= ? OR due > ? LIMIT 1", times).fetchone():
        return []
    # Hub by hub, each by its index: thousands may wait for one of them.
    hubs = db.execute("SELECT DISTINCT hub FROM subscriptions WHERE due IS NOT NULL").fetchall()
    where = "due IS NOT NULL AND hub = ? AND (due <= ? OR due > ?) ORDER BY due LIMIT ?"
    return [one for (hub,) in hubs for one in _found(db, where, hub, *times, each)]


def lapsed(db: Database, now: datetime, far: datetime) -> list[Subscription]:
    """Return the active ones whose lease has ended, or ends only after `far`, which no lease does."""
    where = """token IN (SELECT token FROM subscriptions WHERE state = 'active' AND lease_ends <= ?
        UNION ALL SELECT token FROM subscriptions WHERE state = 'active' AND lease_ends > ?)"""
    return _found(db, where, to_text(now), to_text(far))


def add(db: Database, new: Subscription) -> None:
    """Add a subscription."""
    values = {name: getattr(new, name) for name in _NAMES}
    places = ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT INTO subscriptions ({_COLUMNS}) VALUES ({places})", _stored(values))  # noqa: S608 - our names


def update(db: Database, token: str, values: Mapping[str, object]) -> None:
    """Write the given columns of a subscription's row; times may be datetimes."""
    columns = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(f"UPDATE subscriptions SET {columns} WHERE token = :_token", {**_stored(values), "_token": token})  # noqa: S608


def forget_ended(db: Database, before: datetime) -> None:
    """Drop those that ended before a time: a hub that has not heard of it by then is told that they never were."""
    db.execute("DELETE FROM subscriptions WHERE state = 'ended' AND coalesce(verified, '') < ?", [to_text(before)])


def _found(db: Database, where: str, *values: object) -> list[Subscription]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM subscriptions WHERE {where}", values)  # noqa: S608 - constants above
    return [_subscription(row) for row in rows.fetchall()]


def _subscription(values: Sequence[Any]) -> Subscription:
    row = dict(zip(_NAMES, values, strict=True))
    return Subscription(**row | {name: maybe_from(row[name]) for name in _TIMES})


def _stored(values: Mapping[str, object]) -> dict[str, object]:
    return {name: to_text(value) if isinstance(value, datetime) else value for name, value in values.items()}
