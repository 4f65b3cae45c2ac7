"""Values the publishing tests share: a site, sources, entries, and what a reader sees of a feed."""

import io
import json
from calendar import timegm
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import fastfeedparser
import feedparser

from aggregator.config.values import Share, Site, Topic
from aggregator.model import Copy, Document, Enclosure, Entry, Origin, SourceInfo
from aggregator.publishing.archive import Month
from aggregator.publishing.topics import render_topic

SITE = Site(
    title="Combined feeds",
    base_url="https://feeds.example.org/",
    output=Path("public"),
    database=Path("aggregator.db"),
    contact="https://feeds.example.org/about",
    hub="https://hub.example.org/",
)
TOPIC = Topic("russia-us", "Russia–US relations", description="Diplomacy & exchanges")
CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

BBC = SourceInfo(
    "bbc-world",
    "BBC World",
    "https://www.bbc.example/news",
    "https://feeds.bbc.example/world.xml",
    "tag:bbc.example,2020:world",
    "© BBC",
)
DW = SourceInfo("dw", "Deutsche Welle", "https://www.dw.example/", "https://rss.dw.example/all")
SEEDS = SourceInfo("seeds", "Seeds")

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def entry(number: int = 1, **fields: Any) -> Entry:
    """An ordinary entry; the higher its number, the older it is."""
    when = NOON - timedelta(hours=number)
    ordinary = Entry(
        id=number,
        uid=f"https://www.bbc.example/news/{number}",
        title=f"Title {number}",
        url=f"https://www.bbc.example/news/{number}",
        source=BBC,
        published=when,
        updated=when,
        content=f"<p>Text {number}</p>",
    )
    return replace(ordinary, **fields)


RICH = entry(
    1,
    title="Ministers agree: 3 < 4 & more",
    updated=NOON,
    authors=("Sarah Rain", "Andrew Roth"),
    summary="What was agreed & what was not",
    content='<p>Text with <a href="https://example.org/?a=1&amp;b=2">a link</a></p>',
    language="en-GB",
    categories=("Diplomacy", "AT&T"),
    enclosures=(
        Enclosure("https://cdn.example.org/1.mp3", "audio/mpeg", 1234),
        Enclosure("https://cdn.example.org/1.pdf", "application/pdf"),
    ),
    image="https://cdn.example.org/1.jpg",
    comments="https://www.bbc.example/news/1#comments",
    rights="© Sarah Rain",
    origin=Origin("Planet", "https://planet.example.org/atom.xml"),
    also=(Copy(DW, "Einigung", "https://www.dw.example/1"), Copy(SEEDS, "Agreed", "")),
)
SEED = entry(2, uid="tag:feeds.example.org,2026:seeds/2", url="", source=SEEDS, title="A pasted article")
ENTRIES = (RICH, SEED, entry(3, source=DW))


def topic_documents(
    *entries: Entry,
    site: Site = SITE,
    topic: Topic = TOPIC,
    shares: dict[str, Share] | None = None,
    months: tuple[Month, ...] = (),
) -> dict[str, bytes]:
    """A topic's documents by suffix: atom, rss, json, html."""
    documents = render_topic(site, topic, entries, created=CREATED, shares=shares or {}, months=months)
    return {document.path.rsplit(".", 1)[1]: document.body for document in documents}


def atom(*entries: Entry, **options: Any) -> Element:
    """The root of the topic's Atom document."""
    return fromstring(topic_documents(*entries, **options)["atom"])


def rss(*entries: Entry, **options: Any) -> Element:
    """The channel of the topic's RSS document."""
    channel = fromstring(topic_documents(*entries, **options)["rss"]).find("channel")
    assert channel is not None
    return channel


def json_items(*entries: Entry, **options: Any) -> list[dict[str, Any]]:
    """The items of the topic's JSON Feed."""
    items: list[dict[str, Any]] = json.loads(topic_documents(*entries, **options)["json"])["items"]
    return items


def links(parent: Element) -> list[dict[str, str]]:
    """The attributes of the Atom links right under an element, in order."""
    return [dict(link.attrib) for link in parent.findall(f"{ATOM}link")]


def linked(parent: Element, rel: str) -> list[str]:
    """Where the Atom links of one relation point."""
    return [link["href"] for link in links(parent) if link["rel"] == rel]


@dataclass(frozen=True)
class Read:
    """An item as a reader sees it."""

    id: str
    title: str
    link: str
    published: datetime


def by_feedparser(body: bytes) -> list[Read]:
    """What feedparser makes of a feed, as it is in the document: nothing sanitised, nothing resolved."""
    found = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    assert not found.bozo
    return [
        Read(item.id, item.title, item.link, datetime.fromtimestamp(timegm(item.published_parsed), UTC))
        for item in found.entries
    ]


def by_fastfeedparser(body: bytes) -> list[Read]:
    """What fastfeedparser makes of a feed."""
    found = fastfeedparser.parse(body)
    return [
        Read(item["id"], item["title"], item["link"], datetime.fromisoformat(item["published"]))
        for item in found["entries"]
    ]


def by_json(body: bytes) -> list[Read]:
    """What the JSON Feed says."""
    return [
        Read(item["id"], item["title"], item["url"], datetime.fromisoformat(item["date_published"]))
        for item in json.loads(body)["items"]
    ]


def by_elements(body: bytes) -> list[Read]:
    """What an RSS document says, by the letter of its elements."""
    return [
        Read(
            item.findtext("guid", ""),
            item.findtext("title", ""),
            item.findtext("link", ""),
            parsedate_to_datetime(item.findtext("pubDate", "")),
        )
        for item in fromstring(body).iter("item")
    ]


def body_of(documents: tuple[Document, ...], path: str) -> bytes:
    """The bytes of one document among several."""
    return next(document.body for document in documents if document.path == path)
