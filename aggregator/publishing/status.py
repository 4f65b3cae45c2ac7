"""The health of every source and topic, as `status --json` prints it and status.json publishes it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from aggregator.model import Document
from aggregator.publishing.jsonfeed import timestamp, to_bytes
from aggregator.publishing.links import web_url, without_addresses
from aggregator.publishing.wording import one_line

State = Literal["new", "ok", "failing", "gone", "disabled"]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source's health; `url` is "" where its address must stay private or where it is a path.

    `why_then` says why `next_poll` is when it is.
    """

    name: str
    state: State
    url: str = ""
    last_polled: datetime | None = None
    next_poll: datetime | None = None
    last_status: int | str | None = None
    last_error: str = ""
    failures: int = 0
    items: int = 0
    title: str = ""
    why_then: str = ""


@dataclass(frozen=True, slots=True)
class TopicStatus:
    """A topic's size and when it last changed."""

    name: str
    items: int = 0
    updated: datetime | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """The status document: sources and topics in the order of feeds.toml."""

    sources: tuple[SourceStatus, ...] = ()
    topics: tuple[TopicStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicDay:
    """How many items a topic got on one day (UTC)."""

    topic: str
    day: date
    items: int


class SourceDay(NamedTuple):  # there are thirty for each source, and it is made three times as fast as a class
    """How many polls of a source began on one day (UTC), and how many of them failed."""

    source: str
    day: date
    polls: int
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """What the charts of the status page are drawn from, in any order; days without an entry had nothing."""

    topics: tuple[TopicDay, ...] = ()
    sources: tuple[SourceDay, ...] = ()


def status_document(status: Status) -> dict[str, Any]:
    """The document of SPEC 5 as plain values; times are ISO 8601, or null where there was none yet."""
    return {
        "sources": [_source(source) for source in status.sources],
        "topics": [
            {"name": topic.name, "items": topic.items, "updated": _time(topic.updated)} for topic in status.topics
        ],
    }


def public_error(source: SourceStatus) -> str:
    """What went wrong at the last poll, fit to publish: no address in it beyond its host."""
    return one_line(without_addresses(source.last_error))


def render_status(status: Status) -> Document:
    """status.json."""
    return Document("status.json", to_bytes(status_document(status)))


def _source(source: SourceStatus) -> dict[str, Any]:
    return {
        "name": source.name,
        "url": web_url(source.url) or None,
        "state": source.state,
        "last_polled": _time(source.last_polled),
        "next_poll": _time(source.next_poll),
        "last_status": source.last_status,
        "last_error": public_error(source) or None,
        "failures": source.failures,
        "items": source.items,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
