"""The elements of feeds that feedgen cannot write or writes wrongly, as its extensions, by lxml.

feedgen 1.0 calls `extend_atom` and `extend_rss` with the lxml element it has just filled: of the feed, then of every
item of RSS. Wrong in it: of several enclosures RSS gets the last, of several feed links only self; names without e-mail
never become `dc:creator`; and every RSS date flips the locale of the whole process. So it is given none of these, and
they are written here. The entries of Atom are written without it.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from lxml.etree import SubElement

from aggregator.publishing.atom import entry_links
from aggregator.publishing.links import Link
from aggregator.publishing.shown import Shown

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
HISTORY = "http://purl.org/syndication/history/1.0"

Element = Any  # lxml's, which ships no types


@dataclass(frozen=True, slots=True)
class FeedElements:
    """feedgen's extension of a feed. `links`, all but the alternate, go into Atom and RSS alike.

    `closed` marks an archive document of RFC 5005 that will not change again.
    """

    links: tuple[Link, ...]
    updated: datetime
    closed: bool = False

    def extend_ns(self) -> dict[str, str]:
        """The prefixes that are declared once, at the root."""
        history = {"fh": HISTORY} if self.closed else {}
        return {"media": MEDIA, "dc": DUBLIN_CORE, **history}

    def extend_atom(self, feed: Element) -> Element:
        """Writes the feed's links, and says so where the document is an archive."""
        for link in self.links:
            _link(feed, "link", link)
        for title in feed.iterchildren("title", "subtitle"):
            title.set("type", "text")
        if self.closed:
            _add(feed, f"{{{HISTORY}}}archive")
        return feed

    def extend_rss(self, rss: Element) -> Element:
        """Writes what feedgen leaves out of a channel: its date without touching the locale, and all its links."""
        channel = rss[0]
        _add(channel, "lastBuildDate", rfc822(self.updated))
        for link in self.links:
            _link(channel, f"{{{ATOM}}}link", link)
        return rss


@dataclass(frozen=True, slots=True)
class EntryElements:
    """feedgen's extension of an item of RSS."""

    item: Shown

    def extend_rss(self, item: Element) -> Element:
        """Writes what feedgen leaves out of an item, or would write by way of the locale."""
        shown = self.item
        _add(item, "pubDate", rfc822(shown.published))
        for name in shown.credited:
            _add(item, f"{{{DUBLIN_CORE}}}creator", name)
        if rights := shown.rights or shown.source.rights:
            _add(item, f"{{{DUBLIN_CORE}}}rights", rights)
        if shown.language:
            _add(item, f"{{{DUBLIN_CORE}}}language", shown.language)
        for enclosure in shown.enclosures[:1]:  # the RSS profile: one, and the length 0 where it is not known
            length = str(enclosure.length or 0)
            _add(item, "enclosure", url=enclosure.url, length=length, type=enclosure.type)
        if origin := shown.source.feed_url or shown.source.url:
            _add(item, "source", shown.source.title, url=origin)
        for link in entry_links(shown):
            if link.rel in {"related", "via"}:
                _link(item, f"{{{ATOM}}}link", link)
        _thumbnail(item, shown.image)
        return item


def rfc822(moment: datetime) -> str:
    """A UTC time as RSS wants it, in English whatever the locale."""
    return format_datetime(moment, usegmt=True)


def _thumbnail(parent: Element, url: str) -> None:
    if url:  # straight under the item: within media:group the validator demands alternatives
        _add(parent, f"{{{MEDIA}}}thumbnail", url=url)


def _link(parent: Element, tag: str, link: Link) -> None:
    element = SubElement(parent, tag, {"rel": link.rel, "href": link.href})
    if link.type:
        element.set("type", link.type)
    if link.title:
        element.set("title", link.title)
    if link.length is not None:
        element.set("length", str(link.length))


def _add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    element = SubElement(parent, tag, attributes)
    if text:
        element.text = text
    return element
