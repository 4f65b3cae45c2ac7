"""What a topic publishes: the same items as Atom, RSS, JSON Feed and a web page. Decides nothing about which items."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from aggregator.config.values import Share, Site, Topic
from aggregator.model import Document, Entry
from aggregator.publishing import archive, feeds, links
from aggregator.publishing.head import head
from aggregator.publishing.jsonfeed import json_feed
from aggregator.publishing.links import Link
from aggregator.publishing.pages import render_topic_page
from aggregator.publishing.shown import last_change, shown


def render_topic(
    site: Site,
    topic: Topic,
    entries: Iterable[Entry],
    *,
    created: datetime,
    shares: Mapping[str, Share],
    months: Iterable[archive.Month] = (),
) -> tuple[Document, ...]:
    """`<topic>.atom`, `.rss`, `.json` and `.html`, with these entries in this order.

    `created` dates a feed that has no entry yet: any time that stays the same from build to build. `shares` holds each
    source's `content` setting by its name; the stricter of it and the topic's holds. `months` are those the topic's
    archive has documents for.
    """
    items = shown(site, topic.content, entries, shares)
    updated = last_change(items, created)
    about = head(site, topic, updated)
    past = tuple(_archive_link(site, topic, months))
    atom_url, rss_url, json_url = (links.topic_url(site, topic.name, form) for form in ("atom", "rss", "json"))
    hub = links.web_url(site.hub)
    return (
        Document(f"{topic.name}.atom", feeds.atom(about, (*_own(atom_url, "atom", hub), *past), items)),
        Document(f"{topic.name}.rss", feeds.rss(about, (*_own(rss_url, "rss", hub), *past), items)),
        Document(f"{topic.name}.json", json_feed(about, json_url, hub, items)),
        render_topic_page(site, topic, items, updated),
    )


def _own(url: str, form: str, hub: str) -> Iterator[Link]:
    yield Link("self", url, f"application/{form}+xml")
    if hub:
        yield Link("hub", hub)


def _archive_link(site: Site, topic: Topic, months: Iterable[archive.Month]) -> Iterator[Link]:
    if topic.archive and (closed := archive.newest_closed(months)):
        yield archive.link("prev-archive", site, topic, closed)
