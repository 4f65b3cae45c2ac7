"""Atom and RSS by feedgen, from what is ready to show; no clock, no file. The only module that imports feedgen.

The entries of Atom are put in as text: by feedgen each takes four times as long, and archives have all there ever were.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from html import escape
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from aggregator.publishing.atom import entries
from aggregator.publishing.elements import EntryElements, FeedElements
from aggregator.publishing.head import Head
from aggregator.publishing.links import Link
from aggregator.publishing.shown import Shown

# Elements of plain text whose & and < are written as hexadecimal references, as the RSS profile asks: then a text
# that happens to read "&copy;" or "AT&T" is not unescaped a second time by readers that unescape twice.
_PLAIN = re.compile(
    rb"<((?:dc:)?(?:title|subtitle|name|summary|rights|creator|category|source|description))\b[^>]*>[^<]+</\1>"
)


class _Unstated(datetime):
    """A time that feedgen takes for absent: it fills `lastBuildDate` with the clock, and writes it by the locale."""

    def __bool__(self) -> bool:
        return False


def atom(head: Head, links: Iterable[Link], items: Iterable[Shown]) -> bytes:
    """An Atom document (RFC 4287); `links` are the feed's own, in order."""
    feed = _feed(head, links)
    feed.updated(head.updated)
    feed.author(name=head.author, uri=head.author_url)
    before, end, after = _hexadecimal(feed.atom_str(pretty=True)).rpartition(b"</feed>")
    return before + entries(items).encode() + end + after


def rss(head: Head, links: Iterable[Link], items: Iterable[Shown]) -> bytes:
    """An RSS 2.0 document after the RSS Advisory Board's profile; `links` are written as `atom:link`."""
    feed = _feed(head, links)
    feed.updated(_Unstated.fromtimestamp(0, tz=head.updated.tzinfo))
    feed.ttl(60)
    for item in items:
        feed.add_entry(_rss_item(item), order="append")
    return _hexadecimal(feed.rss_str(pretty=True))


def _feed(head: Head, links: Iterable[Link]) -> Any:
    feed = FeedGenerator()
    feed.register_extension("aggregator", partial(FeedElements, tuple(links), head.updated, head.closed))
    feed.id(head.id)
    feed.title(head.title)
    feed.description(head.description or head.title)
    feed.language(head.language)
    feed.generator("aggregator")
    # The only link feedgen is given: it takes whichever comes last for RSS's <link>, which must be the page.
    feed.link(href=head.page, rel="alternate", type="text/html")
    return feed


def _rss_item(item: Shown) -> Any:
    """Dates, authors, enclosure and source come from `EntryElements`. A description is HTML to every reader."""
    entry = FeedEntry()
    entry.register_extension("aggregator", partial(EntryElements, item))
    entry.guid(item.uid, permalink=item.uid == item.link)
    entry.title(item.title)
    entry.category([{"term": category} for category in item.categories])
    entry.link(href=item.link)
    entry.description(escape(item.digest, quote=False))
    if item.html:
        entry.content(item.html)
    if item.comments:
        entry.comments(item.comments)
    return entry


def _hexadecimal(document: bytes) -> bytes:
    return _PLAIN.sub(lambda found: found[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;"), document)
