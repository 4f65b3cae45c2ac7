"""From the database to the output folder: renders the topics that have changed, and writes what differs.

What renders, and the libraries under it, is imported where something is to be rendered: often nothing is.
"""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from itertools import chain

from sqlite_utils import Database

from aggregator.config.values import Config, Share, Topic
from aggregator.digest import digest
from aggregator.errors import UserError
from aggregator.model import Document, Entry, SourceInfo
from aggregator.pipeline.identity import minted_id
from aggregator.pipeline.naming import source_infos
from aggregator.publishing import archive
from aggregator.publishing.archive import Month, render_archive
from aggregator.publishing.links import needs_page
from aggregator.publishing.site import Refused, Written, remove, write
from aggregator.storage import documents as manifest
from aggregator.storage import entries as store
from aggregator.storage import pings
from aggregator.storage import topics as topic_store
from aggregator.storage.database import writing
from aggregator.storage.topics import TopicState

_log = logging.getLogger(__name__)

_NEWEST_TITLES = 5
_FRONT = ("index.html", "status.html", "status.json", "topics.opml")
_ROUTING = ("rule", "sources", "languages")  # settings of a topic that decide which items it has


@dataclass(slots=True)
class Published:
    """What a publication changed: the paths of new bytes, those taken away, the documents that were refused."""

    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


class Publisher:
    """Brings the output folder in step with the database. `everything` renders also what has not changed.

    `idle` says that nothing was polled, nor the database changed, since all was published: then the pages about all
    topics and sources are what they were, unless a topic turns out to differ.
    """

    def __init__(
        self, db: Database, config: Config, now: datetime, *, everything: bool = False, idle: bool = False
    ) -> None:
        self._db = db
        self._config = config
        self._now = now
        self._everything = everything
        self._idle = idle
        self._done = Published()

    @cached_property
    def _sources(self) -> Mapping[str, SourceInfo]:
        return source_infos(self._db, self._config)

    @cached_property
    def _shares(self) -> Mapping[str, Share]:
        return {name: source.content for name, source in self._config.sources.items()}

    def publish(self) -> Published:
        """Write what differs. A topic counts as published once its documents are on the disk, each of them."""
        states = topic_store.topic_states(self._db)
        for name, topic in self._config.topics.items():
            if self._must_render(topic, states[name]):
                self._attempt(f"{name}.atom", lambda: self._publish_topic(topic, states[name]))  # noqa: B023 - at once
                self._idle = False
        if not self._idle or not all(map(self._is_there, _FRONT)):
            self._attempt(_FRONT[0], self._publish_front)
        self._take_away()
        return self._done

    def _attempt(self, path: str, publish: Callable[[], None]) -> None:
        """Do it; what our code trips over costs one topic its newest state, not all the others theirs."""
        try:
            publish()
        except (UserError, sqlite3.Error):  # of the disk, or the database as a whole
            raise
        except Exception as error:  # noqa: BLE001
            _log.debug("%s cannot be published", path, exc_info=error)
            self._done.refused.append(Refused(path, f"a fault of ours ({type(error).__name__}: {error})"))

    def _must_render(self, topic: Topic, state: TopicState) -> bool:
        return (
            self._everything
            or state.changes != state.published_changes
            or state.rendered_with != self._made_with(topic)
            or (state.expires is not None and state.expires <= self._now)
            or not all(self._is_there(f"{topic.name}.{form}") for form in ("atom", "rss", "json", "html"))
        )

    def _made_with(self, topic: Topic) -> str:
        """What a topic's documents depend on beside its items and how their sources are named."""
        names = (field.name for field in fields(topic) if field.name not in _ROUTING)
        settings = {name: getattr(topic, name) for name in names}
        site = {**asdict(self._config.site), "output": "", "database": ""}
        everything = json.dumps([version("aggregator"), site, settings], default=str, sort_keys=True)
        return digest(everything.encode()).hex()

    def _publish_topic(self, topic: Topic, state: TopicState) -> None:
        from aggregator.publishing.topics import render_topic

        since = self._now - topic.max_age if topic.max_age else None
        months: list[Month] = []
        if topic.archive:
            with writing(self._db):
                stored = topic_store.assign_months(self._db, state)
            months = sorted({*map(_month, stored), *self._emptied(topic, state)})
        newest = store.newest(
            self._db, topic.name, self._sources, limit=topic.limit, per_source=topic.max_per_source, since=since
        )
        entries = self._as_shown(topic, newest)[: topic.limit]
        pages = self._pages(entries, newest)
        if not entries and self._is_inherited(f"{topic.name}.atom"):
            return  # what a database that is lost has published is better than nothing
        if topic.stories == "group":
            from aggregator.pipeline.grouping import with_stories

            entries = with_stories(entries, self._config.site)
        documents = render_topic(
            self._config.site, topic, entries, created=state.created, shares=self._shares, months=months
        )
        refused = len(self._done.refused)
        self._write(chain(documents, pages), _dates(documents, entries), topic.name)
        self._publish_archive(topic, months, [month for month in months if self._is_open(topic, state, month, months)])
        if len(self._done.refused) > refused:
            return  # it is tried, and told of, until it passes; nor is a month closed without its document
        with writing(self._db):
            if len(months) > 1:
                topic_store.close_months(self._db, topic.name, str(months[-2]))
            expires = entries[-1].published + topic.max_age if entries and topic.max_age else None
            topic_store.published(self._db, state, self._made_with(topic), expires)

    def _emptied(self, topic: Topic, state: TopicState) -> Iterator[Month]:
        """The closed months whose items have all left the database for their age: their documents stay in the chain."""
        for name in manifest.archived_months(self._db, topic.name):
            if name <= state.closed_month and self._is_there(archive.path(topic, _month(name))):
                yield _month(name)

    def _is_open(self, topic: Topic, state: TopicState, month: Month, months: list[Month]) -> bool:
        """Whether a month's document is to be written: it may have changed, or is not there."""
        path = archive.path(topic, month)
        is_closed = month != months[-1] and (str(month) <= state.closed_month or self._is_inherited(path))
        return not is_closed or not self._is_there(path)

    def _publish_archive(self, topic: Topic, months: list[Month], wanted: Iterable[Month]) -> None:
        """Write the documents of the wanted ones of a topic's months, one by one: together they may be large."""
        dates: dict[str, datetime] = {}
        documents = chain.from_iterable(self._month(topic, month, months, dates) for month in wanted)
        self._count(write(self._config.site.output, documents, dates=dates))

    def _month(
        self, topic: Topic, month: Month, months: list[Month], dates: dict[str, datetime]
    ) -> tuple[Document, ...]:
        """A month's document, whose date goes into `dates`, and the pages that its entries need.

        They are noted as published before they are: one that is there and not noted would count as inherited, which
        is left as it is.
        """
        folded = store.month(self._db, topic.name, self._sources, str(month))
        entries = self._as_shown(topic, folded)
        document = render_archive(self._config.site, topic, month, entries, months=months, shares=self._shares)
        documents = (document, *self._pages(entries, folded))
        with writing(self._db):
            manifest.note(self._db, (document.path for document in documents), topic.name)
        dates |= _dates((document,), entries)
        return documents

    def _as_shown(self, topic: Topic, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """The entries as the topic wants its duplicates: one for each article, or one for each copy."""
        if topic.duplicates == "fold":
            return entries

        def uid_of(source: str, key: str) -> str:
            return minted_id(source, key, self._config.site.base_url)

        return store.each_copy(self._db, entries, self._sources, uid_of)

    def _pages(self, entries: Iterable[Entry], folded: Iterable[Entry]) -> Iterator[Document]:
        """The pages of articles of which an entry has no URL of its own: one for an article, whoever shows it."""
        from aggregator.publishing.pages import render_item_page

        wanted = {entry.id for entry in entries if needs_page(entry)}
        for entry in folded:
            if entry.id in wanted:
                yield render_item_page(self._config.site, entry, self._shares.get(entry.source.name, "link"))

    def _publish_front(self) -> None:
        """The pages about all topics and sources."""
        from aggregator.pipeline.reports import activity, status
        from aggregator.publishing.opml import render_opml
        from aggregator.publishing.pages import Overview, render_assets, render_index, render_status_page
        from aggregator.publishing.status import render_status

        config, states = self._config, topic_store.topic_states(self._db)
        overviews = [
            Overview(topic, store.newest(self._db, name, self._sources, limit=_NEWEST_TITLES), states[name].updated)
            for name, topic in config.topics.items()
        ]
        now = status(self._db, config)
        documents = (
            render_index(config.site, overviews),
            render_opml(config.site, config.topics.values()),
            render_status(now),
            render_status_page(config.site, now, activity(self._db, self._now)),
            *render_assets(),
        )
        self._write(documents, {}, "")

    def _write(self, documents: Iterable[Document], dates: Mapping[str, datetime], topic: str) -> None:
        documents = tuple(documents)
        written = write(self._config.site.output, documents, dates=dates)
        with writing(self._db):
            manifest.note(self._db, (document.path for document in documents), topic)
            pings.note(self._db, self._config.site.hub, self._feeds(topic, documents, written), self._now)
        self._count(written)

    def _count(self, written: Written) -> None:
        self._done.changed += written.changed
        self._done.refused += written.refused

    def _feeds(self, topic: str, documents: Iterable[Document], written: Written) -> Iterator[tuple[str, bytes]]:
        """A topic's own three of the documents, of which our hub is to be told when they change, with their digests."""
        feeds = {f"{topic}.{form}" for form in ("atom", "rss", "json")} - {one.path for one in written.refused}
        for document in documents if self._config.site.hub else ():
            if document.path in feeds:
                yield document.path, digest(document.body)

    def _take_away(self) -> None:
        """Remove what topics left behind that are no longer in feeds.toml."""
        left = manifest.of_other_topics(self._db, self._config.topics)
        self._done.removed += remove(self._config.site.output, left)
        with writing(self._db):
            manifest.forget(self._db, left)
            pings.forget(self._db, left)

    def _is_inherited(self, path: str) -> bool:
        """Whether a document is there that this database has not published."""
        return self._is_there(path) and not manifest.has(self._db, path)

    def _is_there(self, path: str) -> bool:
        return (self._config.site.output / path).is_file()


def _dates(documents: Iterable[Document], entries: Iterable[Entry]) -> dict[str, datetime]:
    """When the documents last changed: as late as the latest change of an entry."""
    changes = [entry.updated for entry in entries]
    return {document.path: max(changes) for document in documents} if changes else {}


def _month(name: str) -> Month:
    return Month(int(name[:4]), int(name[5:]))
