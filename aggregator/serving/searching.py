"""A search as a feed: the newest items that a query in the rule language takes. Run in a worker, for it may take long.

It shows what is published, and what comes from an address that anybody may see: not the items of a private feed or
folder that no topic has.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

from aggregator.config.values import Config, Share, Site
from aggregator.curation.rules import Rule, RuleError, parse
from aggregator.model import Entry
from aggregator.pipeline.naming import public_url, source_infos
from aggregator.pipeline.search import search
from aggregator.publishing import feeds
from aggregator.publishing.head import Head
from aggregator.publishing.jsonfeed import json_feed
from aggregator.publishing.links import Link
from aggregator.publishing.shown import Shown, last_change, shown
from aggregator.publishing.wording import language_tag, one_line
from aggregator.serving.packing import packed, unpacked
from aggregator.storage import entries
from aggregator.storage.database import open_reader

Form = Literal["atom", "rss", "json"]

LONGEST = 500  # characters of a query
SHOWN = 50  # items
_LOOKED_AT = 100  # of those found, the newest
_EMPTY_SINCE = datetime(2026, 1, 1, tzinfo=UTC)  # the date of a feed that has no item yet: any that stays


@dataclass(frozen=True, slots=True)
class Unclear:
    """A query that cannot be read; `reason` is a sentence for a person."""

    reason: str


def terms(config: Config) -> bytes:
    """Return of feeds.toml what a search needs, ready for a worker."""
    return packed(replace(config, topics={}))


def found(config: bytes, query: str, form: Form) -> bytes | Unclear:
    """Return the feed of a query. Raises StoreError."""
    try:
        rule = parse(query)
    except RuleError as error:
        return Unclear(error.message)
    known = unpacked(config)
    items = _items(known, rule)
    head = _head(known.site, rule, items)
    own = _address(known.site, form, query)
    if form == "json":
        return json_feed(head, own, "", items)
    links = (Link("self", own, f"application/{form}+xml"),)
    return feeds.atom(head, links, items) if form == "atom" else feeds.rss(head, links, items)


def _items(config: Config, rule: Rule) -> tuple[Shown, ...]:
    db = open_reader(config.site.database)
    try:
        infos = source_infos(db, config)
        hits = [
            hit for hit in search(db, config, rule, _LOOKED_AT) if hit["topics"] or _is_public(config, hit["source"])
        ]
        chosen = [entries.one(db, hit["id"], infos) for hit in hits[:SHOWN]]
    finally:
        db.close()
    return shown(config.site, "full", chosen, {entry.source.name: _share(config, entry) for entry in chosen})


def _is_public(config: Config, name: str) -> bool:
    source = config.sources.get(name)
    return source is not None and bool(public_url(source.url))


def _share(config: Config, entry: Entry) -> Share:
    """How much of an item may be shown: of a source that has left feeds.toml, no more than the link."""
    source = config.sources.get(entry.source.name)
    return source.content if source else "link"


def _head(site: Site, rule: Rule, items: tuple[Shown, ...]) -> Head:
    """The head of the feed: its id is made of what the query means, however it was written."""
    return Head(
        id=_address(site, "atom", str(rule)),
        title=one_line(f"Search: {rule}"),
        description="",
        language=language_tag(site.language) or "en",
        page=site.base_url,
        author=one_line(site.title),
        author_url=site.base_url,
        updated=last_change(items, _EMPTY_SINCE),
    )


def _address(site: Site, form: Form, query: str) -> str:
    return f"{site.base_url}search.{form}?q={quote(query, safe='')}"
