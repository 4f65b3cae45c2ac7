"""The sources table: kept in step with feeds.toml, claimed for polling, and updated with what a poll brought."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from aggregator.config.values import Source
from aggregator.digest import SIZE
from aggregator.model import FeedInfo, Rhythm, Validators
from aggregator.storage.claims import Owner
from aggregator.storage.times import maybe_from, to_text

_STATES = "SELECT *, EXISTS (SELECT 1 FROM subscriptions WHERE source = name) AS subscribed FROM sources"


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is stored of a source, as its next poll and its schedule need it."""

    name: str
    state: str
    url: str
    poll_url: str
    validators: Validators
    body_digest: bytes
    known: frozenset[bytes]
    failures: int
    failing_since: datetime | None
    last_polled: datetime | None
    last_new: datetime | None
    gap: timedelta
    next_poll: datetime | None
    moved_to: str
    moved_since: datetime | None
    moved_polls: int
    rhythm: Rhythm
    hub: str = ""
    hub_topic: str = ""
    subscribed: bool = False  # whether there is, or is to be, a subscription at its hub


@dataclass(slots=True)
class Synced:
    """Sources of which an edit changed something that is stored.

    `ranked`: which copy is shown; `renamed`: how they are named; `folding`: whether their copies are folded.
    """

    ranked: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    folding: list[str] = field(default_factory=list)


def sync(db: Database, sources: Mapping[str, Source]) -> Synced:
    """Bring the table in step with feeds.toml; only what differs is written, and who left keeps their row and items."""
    synced = Synced()
    rows = db.execute("SELECT name, url, configured, priority, state, shown_as, dedupe FROM sources").fetchall()
    stored = {name: tuple(values) for name, *values in rows}
    for name, source in sources.items():
        row = stored.get(name)
        if row is None:
            _add(db, source)
            continue
        url, configured, priority, state, shown_as, dedupe = row
        if url != (source.url or source.path):
            _start_anew(db, name, source.url or source.path)
        if (configured, priority) != (1, source.priority):
            db.execute("UPDATE sources SET configured = 1, priority = ? WHERE name = ?", [source.priority, name])
            synced.ranked.append(name)
        if shown_as != _shown_as(source):
            db.execute("UPDATE sources SET shown_as = ? WHERE name = ?", [_shown_as(source), name])
            synced.renamed.append(name)
        if bool(dedupe) != source.dedupe:
            synced.folding.append(name)
        if (state == "disabled") == source.enabled:
            db.execute("UPDATE sources SET state = ? WHERE name = ?", ["new" if source.enabled else "disabled", name])
    for name, row in stored.items():
        if name not in sources and row[1]:
            db.execute("UPDATE sources SET configured = 0 WHERE name = ?", [name])
            synced.ranked.append(name)
    return synced


def _add(db: Database, source: Source) -> None:
    state, target = "new" if source.enabled else "disabled", source.url or source.path
    db.execute(
        """INSERT INTO sources (name, url, poll_url, local, priority, shown_as, state, dedupe)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        [source.name, target, target, bool(source.path), source.priority, _shown_as(source), state, source.dedupe],
    )


def _shown_as(source: Source) -> str:
    """What of feeds.toml a reader sees of a source."""
    return "\n".join((source.title, source.content, source.url))


def _start_anew(db: Database, name: str, target: str) -> None:
    """The source has another URL: nothing that the old server said holds for it; its items stay its items."""
    db.execute(
        """UPDATE sources SET url = ?, poll_url = ?, local = ?, state = 'new', next_poll = NULL, not_before = NULL,
               failures = 0, failing_since = NULL, last_error = NULL, etag = '', last_modified = '',
               validators_url = '', moved_to = '', moved_since = NULL, moved_polls = 0, body_digest = x'', known = x'',
               hub = '', hub_topic = '' WHERE name = ?""",
        [target, target, "://" not in target, name],
    )


def claim(
    db: Database, owner: Owner, now: datetime, *, local: bool, force: bool, names: Iterable[str] | None, limit: int
) -> list[SourceState]:
    """Take up to `limit` sources that are due and that no running process has, the longest due first.

    `names` narrows them; `local` chooses between files and feeds. `force` passes over our own timing, never over a
    server's Retry-After nor a 410. Call it inside a transaction.
    """
    _free_the_dead(db, owner)
    where, values = _due(now, force=force, names=names)
    rows = db.query(
        f"{_STATES} WHERE {where} AND local = :local ORDER BY coalesce(next_poll, '') LIMIT :limit",
        {**values, "local": local, "limit": limit},
    )
    return _claimed(db, owner, rows)


def claim_twins(db: Database, owner: Owner, claimed: Iterable[SourceState]) -> list[SourceState]:
    """Take the feeds, due or not, that are polled at the address of one of those that have just been claimed."""
    urls = json.dumps([state.poll_url for state in claimed])
    rows = db.query(
        f"""{_STATES} WHERE poll_url IN (SELECT value FROM json_each(?)) AND local = 0
               AND configured = 1 AND state <> 'disabled' AND claimed_by IS NULL ORDER BY name""",  # noqa: S608 - a constant
        [urls],
    )
    return _claimed(db, owner, rows)


def _claimed(db: Database, owner: Owner, rows: Iterable[Mapping[str, Any]]) -> list[SourceState]:
    states = [_state(row) for row in rows]
    db.conn.executemany(
        "UPDATE sources SET claimed_by = ? WHERE name = ?", [(owner.number, found.name) for found in states]
    )
    return states


def count_due(db: Database, now: datetime, *, force: bool, names: Iterable[str] | None) -> int:
    """Return how many sources a run would poll, before anything is claimed; it looks at files whenever it starts."""
    where, values = _due(now, force=force, names=names, with_files=True)
    return int(db.execute(f"SELECT count(*) FROM sources WHERE {where}", values).fetchone()[0])  # noqa: S608


def has_feeds(db: Database, now: datetime, *, force: bool, names: Iterable[str] | None) -> bool:
    """Whether there is a feed to poll; one that a process has claimed counts, since that process may have died."""
    where, values = _due(now, force=force, names=names, claimed=True)
    query = f"SELECT EXISTS (SELECT 1 FROM sources WHERE {where} AND NOT local)"  # noqa: S608 - our own condition
    return bool(db.execute(query, values).fetchone()[0])


def _due(
    now: datetime, *, force: bool, names: Iterable[str] | None, with_files: bool = False, claimed: bool = False
) -> tuple[str, dict[str, object]]:
    """The condition, made of constants, and its values.

    `with_files` takes all path sources, due or not, and `claimed` also what a process has claimed.
    """
    if force:
        timing = "state <> 'gone' AND (not_before IS NULL OR not_before <= :now)"
    else:
        timing = "coalesce(next_poll, '') <= :now"  # as the index has it: an OR would look at every source
    timing = f"local OR {timing}" if with_files else timing
    named = "1" if names is None else "name IN (SELECT value FROM json_each(:names))"
    # Who is being asked now, for another source with the same address, is not asked once more.
    busy = (
        "EXISTS (SELECT 1 FROM sources AS twin WHERE twin.poll_url = sources.poll_url AND twin.claimed_by IS NOT NULL)"
    )
    free = "1" if claimed else f"claimed_by IS NULL AND NOT {busy}"
    where = f"configured = 1 AND state <> 'disabled' AND ({timing}) AND {named} AND {free}"
    return where, {"now": to_text(now), "names": json.dumps(list(names or ()))}


@dataclass(frozen=True, slots=True)
class Misdated:
    """A source with times that are still to come, and that cannot be right."""

    name: str
    next_poll: datetime | None
    last_polled: datetime | None
    not_before: datetime | None


def misdated(db: Database, polled_after: datetime, due_after: datetime) -> list[Misdated]:
    """Return the sources that were polled after the one time, or are due only after the other."""
    rows = db.execute(
        """SELECT name, next_poll, last_polled, not_before FROM sources
           WHERE configured = 1 AND (last_polled > ? OR next_poll > ?)""",
        [to_text(polled_after), to_text(due_after)],
    ).fetchall()
    return [Misdated(name, *(maybe_from(time) for time in times)) for name, *times in rows]


def release(db: Database, owner: Owner) -> None:
    """Give back what this process has claimed and not polled."""
    db.execute("UPDATE sources SET claimed_by = NULL WHERE claimed_by = ?", [owner.number])


def _free_the_dead(db: Database, owner: Owner) -> None:
    holders = db.execute("SELECT DISTINCT claimed_by FROM sources WHERE claimed_by IS NOT NULL").fetchall()
    for (number,) in holders:
        if not owner.alive(number):
            db.execute("UPDATE sources SET claimed_by = NULL WHERE claimed_by = ?", [number])


def _state(row: Mapping[str, Any]) -> SourceState:
    known = row["known"]
    return SourceState(
        name=row["name"],
        state=row["state"],
        url=row["url"],
        poll_url=row["poll_url"],
        validators=Validators(row["etag"], row["last_modified"], row["validators_url"]),
        body_digest=row["body_digest"],
        known=frozenset(known[start : start + SIZE] for start in range(0, len(known), SIZE)),
        failures=row["failures"],
        failing_since=maybe_from(row["failing_since"]),
        last_polled=maybe_from(row["last_polled"]),
        last_new=maybe_from(row["last_new"]),
        gap=timedelta(seconds=row["gap"]),
        next_poll=maybe_from(row["next_poll"]),
        moved_to=row["moved_to"],
        moved_since=maybe_from(row["moved_since"]),
        moved_polls=row["moved_polls"],
        rhythm=Rhythm(row["ttl"], _numbers(row["skip_hours"]), _numbers(row["skip_days"])),
        hub=row["hub"],
        hub_topic=row["hub_topic"],
        subscribed=bool(row["subscribed"]),
    )


@lru_cache(maxsize=256)  # of nearly all there are none
def _numbers(text: str) -> frozenset[int]:
    return frozenset(json.loads(text))


def state_of(db: Database, name: str) -> SourceState | None:
    """Return what is stored of a source."""
    return next((_state(row) for row in db.query(f"{_STATES} WHERE name = ?", [name])), None)


def poll_by(db: Database, name: str, when: datetime, reason: str) -> None:
    """Bring a source's next poll forward to `when`, if it is later."""
    db.execute(
        "UPDATE sources SET next_poll = ?, next_poll_reason = ? WHERE name = ? AND next_poll > ?",
        [to_text(when), reason, name, to_text(when)],
    )


def as_stored(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values of columns as they are stored."""
    return {column: to_text(value) if isinstance(value, datetime) else value for column, value in values.items()}


def update(db: Database, name: str, values: Mapping[str, object]) -> None:
    """Write the given columns of a source's row; times may be datetimes."""
    stored = as_stored(values)
    columns = ", ".join(f"{column} = :{column}" for column in stored)
    db.execute(f"UPDATE sources SET {columns} WHERE name = :_name", {**stored, "_name": name})  # noqa: S608 - our names


def named_as(db: Database, name: str) -> tuple[str, ...]:
    """Return what a reader sees of what a feed says of itself."""
    query = "SELECT title, site_url, feed_id, rights FROM sources WHERE name = ?"
    return tuple(db.execute(query, [name]).fetchone())


def describe(info: FeedInfo) -> dict[str, object]:
    """Return the columns that say what a feed says of itself."""
    return {
        "title": info.title,
        "site_url": info.url,
        "feed_id": info.id,
        "language": info.language,
        "rights": info.rights,
        "format": info.format,
        "hub": info.hub,
        "ttl": info.rhythm.ttl,
        "skip_hours": json.dumps(sorted(info.rhythm.skip_hours)),
        "skip_days": json.dumps(sorted(info.rhythm.skip_days)),
    }
