"""The feeds that a web page names: link elements and headers, what its text gives away, links to feeds; pure.

It may be run in a worker process: a page is as hostile as a feed.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from aggregator.discovery.candidates import Candidate, best_first, is_on, looks_like_feed
from aggregator.discovery.sites import BY_TEXT
from aggregator.model import Unreadable
from aggregator.reading.encoding import decode
from aggregator.reading.html import one_line
from aggregator.reading.linkheader import header_links
from aggregator.reading.urls import web_url

_TYPES = re.compile(r"application/(?:(?:rss|atom|rdf)(?:\+xml)?|feed\+json)\b", re.IGNORECASE)
# JSON may be a feed; WordPress also names its database of posts so.
_JSON = re.compile(r"application/json\s*(?:;|$)", re.IGNORECASE)
_MOST = 50  # of each kind on one page
_LONGEST = 4_000_000  # characters; YouTube's pages are of a million
_STEP = 1 << 16


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of feeds: those it names, best first, and the software that made it."""

    feeds: tuple[Candidate, ...] = ()
    generator: str = ""


def read_page(body: bytes, url: str, header: str = "") -> Page:
    """Return what the page at `url` says of feeds; one that is no text, only by `header`, its Link headers joined."""
    decoded = decode(body, html=True)
    text = "" if isinstance(decoded, Unreadable) else decoded[:_LONGEST]
    tags = _Tags()
    for start in range(0, len(text), _STEP):
        tags.feed(text[start : start + _STEP])
    base = web_url(tags.base, url) or url
    named = [*_absolute(tags.links, base), *_absolute(_of_header(header), url)]
    linked = (feed for feed in _absolute(tags.anchors, base) if _is_ours(feed.url, url))
    feeds = named or [*_traced(text, url), *linked]
    own = {url, web_url(url)}
    return Page(best_first(feed for feed in feeds if feed.url not in own), one_line(tags.generator)[:100])


def _of_header(header: str) -> list[tuple[str, str]]:
    """The addresses and titles of the feeds that Link headers name: an API or a static host has no better place."""
    links = header_links(header)
    named = (
        link for link in links if _names_a_feed({"rel": " ".join(link.rel), "type": link.type, "href": link.target})
    )
    return [(link.target, link.title) for link in named][:_MOST]


def _traced(text: str, url: str) -> list[Candidate]:
    host = urlsplit(url).hostname or ""
    found = ((trace, re.search(trace.text, text)) for trace in BY_TEXT if is_on(host, trace.hosts))
    return [
        Candidate(urljoin(url, feed.format(*match.groups()))) for trace, match in found if match for feed in trace.feeds
    ]


def _absolute(links: list[tuple[str, str]], base: str) -> list[Candidate]:
    """The links as candidates; credentials in a link are not followed."""
    found = (Candidate(web_url(address, base), one_line(title)[:200]) for address, title in links)
    return [candidate for candidate in found if candidate.url and "@" not in urlsplit(candidate.url).netloc]


def _is_ours(feed: str, url: str) -> bool:
    """Whether a feed that a page links to is the site's: a list of friends links to theirs."""
    host, own = urlsplit(feed).hostname or "", urlsplit(url).hostname or ""
    return host == own or host.split(".")[-2:] == own.split(".")[-2:] or "feed" in host


class _Tags(HTMLParser):
    """Gathers the tags of a page that may tell of a feed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = self.generator = ""
        self.links: list[tuple[str, str]] = []
        self.anchors: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in reversed(attrs)}
        address = attributes.get("href", "").strip()
        if tag == "link" and address and len(self.links) < _MOST and _names_a_feed(attributes):
            self.links.append((address, attributes.get("title", "")))
        elif tag == "a" and address and len(self.anchors) < _MOST and looks_like_feed(address.partition("#")[0]):
            self.anchors.append((address, attributes.get("title", "")))
        elif tag == "base" and not self.base:
            self.base = address
        elif tag == "meta" and attributes.get("name", "").lower() == "generator":
            self.generator = attributes.get("content", "")


def _names_a_feed(attributes: dict[str, str]) -> bool:
    """Whether a link element is autodiscovery: rel=alternate with a feed's type, or rel=feed."""
    rel = attributes.get("rel", "").lower().split()
    kind = attributes.get("type", "").strip()
    if "feed" in rel:
        return not kind or bool(_TYPES.match(kind) or _JSON.match(kind))
    if "alternate" not in rel:
        return False
    return bool(_TYPES.match(kind)) or bool(_JSON.match(kind) and looks_like_feed(attributes.get("href", "")))
