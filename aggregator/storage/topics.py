"""Which items are in which topic and by which terms, and which topics must be published again."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from aggregator.digest import digest
from aggregator.storage.times import from_text, maybe_from, maybe_text, to_text

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicState:
    """What is stored of a topic: by which rule and (a digest of) sources it was filled, and what of it is published.

    `changes` counts what has changed in it, `published_changes` is that count when its documents were last written;
    a count, so that a change made while they are written is not taken for published. `rendered_with` names what they
    were made from beside its items; `expires` is when the oldest item they show grows too old for the topic. The
    archive is closed up to `closed_month` ("2026-01", or "" where no month is).
    """

    name: str
    rule: str
    scope: str
    created: datetime
    updated: datetime
    changes: int
    published_changes: int
    rendered_with: str
    expires: datetime | None
    closed_month: str


def topic_states(db: Database) -> dict[str, TopicState]:
    """Return what is stored of every topic."""
    return {
        row["name"]: TopicState(
            name=row["name"],
            rule=row["rule"],
            scope=row["scope"],
            created=from_text(row["created"]),
            updated=from_text(row["updated"]),
            changes=row["changes"],
            published_changes=row["published_changes"],
            rendered_with=row["rendered_with"],
            expires=maybe_from(row["expires"]),
            closed_month=row["closed_month"],
        )
        for row in db.query("SELECT * FROM topics")
    }


def save_topic(db: Database, name: str, rule: str, scope: Iterable[str], now: datetime) -> None:
    """Store by which rule and sources a topic's items are routed from now on; it must be published again, all of it."""
    names = as_text(scope)
    db.execute("UPDATE topic_items SET month = '' WHERE topic = ?", [name])
    db.execute(
        """INSERT INTO topics (name, rule, scope, created, updated) VALUES (:name, :rule, :scope, :now, :now)
           ON CONFLICT (name) DO UPDATE SET rule = :rule, scope = :scope, closed_month = '', changes = changes + 1""",
        {"name": name, "rule": rule, "scope": digest_of(names), "now": to_text(now)},
    )
    db.execute("INSERT OR REPLACE INTO topic_scopes (topic, sources) VALUES (?, ?)", [name, names])
    db.execute("DELETE FROM retired_topics WHERE name = ?", [name])


def as_text(scope: Iterable[str]) -> str:
    """Return the sources of a topic as they are stored: it may be a hundred thousand, apart from what changes often."""
    return json.dumps(sorted(scope))


def digest_of(names: str) -> str:
    """Return by what it is seen that the sources of a topic, as text, are others than before."""
    return digest(names.encode()).hex()


def scope_of(db: Database, topic: str) -> frozenset[str]:
    """Return the sources that a topic's items were routed by."""
    row = db.execute("SELECT sources FROM topic_scopes WHERE topic = ?", [topic]).fetchone()
    return frozenset(json.loads(row[0])) if row else frozenset()


def remove_topic(db: Database, name: str) -> None:
    """Forget all but the name of a topic that has left feeds.toml; its items stay in the archive."""
    db.execute("DELETE FROM topic_items WHERE topic = ?", [name])
    db.execute("DELETE FROM topics WHERE name = ?", [name])
    db.execute("DELETE FROM topic_scopes WHERE topic = ?", [name])
    db.execute("INSERT OR IGNORE INTO retired_topics (name) VALUES (?)", [name])


def retired_topics(db: Database) -> frozenset[str]:
    """Return the names of the topics that were in feeds.toml once and are no longer."""
    return frozenset(name for (name,) in db.execute("SELECT name FROM retired_topics").fetchall())


def topics_of(db: Database, item_id: int) -> dict[str, Terms]:
    """Return the topics that an item is in, with the terms that matched."""
    rows = db.execute("SELECT topic, terms FROM topic_items WHERE item_id = ?", [item_id]).fetchall()
    return {topic: tuple(json.loads(terms)) for topic, terms in rows}


def topics_of_source(db: Database, source: str) -> tuple[str, ...]:
    """Return the names of the topics that any item of the source is in."""
    rows = db.execute(
        """SELECT DISTINCT topic FROM topic_items
           WHERE item_id IN (SELECT item_id FROM appearances WHERE source = ?) ORDER BY topic""",
        [source],
    ).fetchall()
    return tuple(str(name) for (name,) in rows)


def members(db: Database, topic: str) -> dict[int, Terms]:
    """Return the items that are in a topic, with the terms that matched."""
    rows = db.execute("SELECT item_id, terms FROM topic_items WHERE topic = ?", [topic]).fetchall()
    return {item_id: tuple(json.loads(terms)) for item_id, terms in rows}


def place(
    db: Database, item_id: int, published: datetime, wanted: Mapping[str, Terms], among: Iterable[str], now: datetime
) -> None:
    """Put an item into the wanted topics and, of the topics `among`, out of the others."""
    present = topics_of(db, item_id)
    for topic in among:
        if topic in present and topic not in wanted:
            db.execute("DELETE FROM topic_items WHERE topic = ? AND item_id = ?", [topic, item_id])
            touch(db, topic, now)
    for topic, terms in wanted.items():
        if topic not in present:
            db.execute(
                "INSERT INTO topic_items (topic, published, item_id, terms) VALUES (?, ?, ?, ?)",
                [topic, to_text(published), item_id, _terms(terms)],
            )
            touch(db, topic, now)
        elif present[topic] != terms:
            db.execute(
                "UPDATE topic_items SET terms = ? WHERE topic = ? AND item_id = ?", [_terms(terms), topic, item_id]
            )


def place_new(db: Database, placed: Sequence[tuple[int, datetime, Mapping[str, Terms]]], now: datetime) -> None:
    """Put items that were in no topic into theirs: (item, published, topics and the terms that matched)."""
    rows = [
        (topic, to_text(published), item_id, _terms(terms))
        for item_id, published, wanted in placed
        for topic, terms in wanted.items()
    ]
    db.conn.executemany("INSERT INTO topic_items (topic, published, item_id, terms) VALUES (?, ?, ?, ?)", rows)
    for topic, times in Counter(row[0] for row in rows).items():
        touch(db, topic, now, times)


def _terms(terms: Terms) -> str:
    return json.dumps(terms, ensure_ascii=False)


def touch(db: Database, topic: str, now: datetime, times: int = 1) -> None:
    """Note that what a topic shows has changed, so many times."""
    db.execute("UPDATE topics SET changes = changes + ?, updated = ? WHERE name = ?", [times, to_text(now), topic])


def touch_topics_of(db: Database, item_id: int, now: datetime) -> None:
    """Note that an item has changed, in every topic that has it."""
    db.execute(
        """UPDATE topics SET changes = changes + 1, updated = ?
           WHERE name IN (SELECT topic FROM topic_items WHERE item_id = ?)""",
        [to_text(now), item_id],
    )


def show_anew(db: Database, item_id: int) -> None:
    """Note that the topics that have an item must be written again, though nothing new is in them."""
    db.execute(
        "UPDATE topics SET changes = changes + 1 WHERE name IN (SELECT topic FROM topic_items WHERE item_id = ?)",
        [item_id],
    )


def assign_months(db: Database, state: TopicState) -> list[str]:
    """Put the items that are in no month of the archive into theirs, and return all months, the earliest first.

    An item that comes after its month was closed goes into the open one: a closed month never changes.
    """
    latest = db.execute("SELECT substr(max(published), 1, 7) FROM topic_items WHERE topic = ?", [state.name]).fetchone()
    db.execute(
        """UPDATE topic_items SET month = CASE WHEN substr(published, 1, 7) > :closed THEN substr(published, 1, 7)
               ELSE :latest END WHERE topic = :topic AND month = ''""",
        {"topic": state.name, "closed": state.closed_month, "latest": max(latest[0] or "", state.closed_month)},
    )
    # From one month to the next: SQLite's DISTINCT would read every item of the topic.
    rows = db.execute(
        """WITH RECURSIVE months (month) AS (
               SELECT min(month) FROM topic_items WHERE topic = :topic
               UNION ALL
               SELECT (SELECT min(month) FROM topic_items WHERE topic = :topic AND month > months.month)
               FROM months WHERE months.month IS NOT NULL)
           SELECT month FROM months WHERE month IS NOT NULL""",
        {"topic": state.name},
    )
    return [month for (month,) in rows.fetchall()]


def close_months(db: Database, topic: str, closed_month: str) -> None:
    """Note up to which month the archive of a topic is written for good."""
    db.execute("UPDATE topics SET closed_month = ? WHERE name = ?", [closed_month, topic])


def touch_topics_of_source(db: Database, source: str, now: datetime) -> None:
    """Note that a source is named otherwise, in every topic that has an item of it."""
    db.execute(
        """UPDATE topics SET changes = changes + 1, updated = ? WHERE name IN (
             SELECT topic FROM topic_items WHERE item_id IN (SELECT item_id FROM appearances WHERE source = ?))""",
        [to_text(now), source],
    )


def published(db: Database, state: TopicState, rendered_with: str, expires: datetime | None) -> None:
    """Note that a topic's documents are on the disk as its items were when `state` was read."""
    db.execute(
        "UPDATE topics SET published_changes = ?, rendered_with = ?, expires = ? WHERE name = ?",
        [state.changes, rendered_with, maybe_text(expires), state.name],
    )
