"""The state of everything, for `status`, status.json and the status page."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.pipeline.naming import public_url
from aggregator.publishing.status import Activity, SourceDay, SourceStatus, Status, TopicDay, TopicStatus
from aggregator.storage import health, subscriptions
from aggregator.storage.times import from_text, maybe_from
from aggregator.websub.subscription import in_words

_CHARTED = timedelta(days=30)


def status(db: Database, config: Config) -> Status:
    """Return how every source and topic of feeds.toml is doing, in its order."""
    sources, topics = health.source_rows(db), health.topic_rows(db)
    return Status(
        tuple(
            SourceStatus(
                name=name,
                state=row["state"],
                title=source.title or row["title"],
                url=public_url(source.url),
                last_polled=maybe_from(row["last_polled"]),
                next_poll=maybe_from(row["next_poll"]),
                last_status=row["last_status"],
                last_error=row["last_error"] or "",
                failures=row["failures"],
                items=row["items"],
                why_then=row["next_poll_reason"],
            )
            for name, source in config.sources.items()
            if (row := sources.get(name))
        ),
        tuple(
            TopicStatus(name, *_size(topics[name]), topic.title)
            for name, topic in config.topics.items()
            if name in topics
        ),
    )


def _size(row: tuple[int, str]) -> tuple[int, datetime]:
    items, updated = row
    return items, from_text(updated)


def hubs(db: Database, now: datetime) -> dict[str, str]:
    """Return how it stands with the hub of each source that has a subscription, in a word, by the source's name."""
    if not db["subscriptions"].exists():
        return {}  # this only reads, and an earlier version wrote it
    return {name: in_words(one, now) for name, one in subscriptions.standing(db).items()}


def activity(db: Database, now: datetime) -> Activity:
    """Return what the charts of the last thirty days are drawn from."""
    since = (now - _CHARTED).replace(hour=0, minute=0, second=0)
    day_of = lru_cache(date.fromisoformat)
    return Activity(
        tuple(TopicDay(topic, day_of(day), items) for topic, day, items in health.items_a_day(db, since)),
        tuple(
            SourceDay(source, day_of(day), polls, failures)
            for source, day, polls, failures in health.polls_a_day(db, since)
        ),
    )
