"""OPML lists for other programs: topics.opml, the combined feeds, and the sources for moving out; read elsewhere."""

import re
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from aggregator.config.values import Site, Source, Topic
from aggregator.model import Document, SourceInfo
from aggregator.publishing import links
from aggregator.publishing.wording import language_tag, one_line

PATH = "topics.opml"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
# OPML 2.0 wants what it does not know in a namespace. By these a list of ours is read back as it was.
_OURS = "urn:x-aggregator:opml"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # by XML 1.0
_QUOTED = str.maketrans({",": "%2C", "/": "%2F", "%": "%25"})  # commas and slashes part categories


def render_opml(site: Site, topics: Iterable[Topic]) -> Document:
    """OPML 2.0 with one outline a topic, in the order given. It carries no date: none of ours would be an item's."""
    opml, body = _list(site)
    group = SubElement(body, "outline", text=one_line(site.title))
    for topic in topics:
        SubElement(group, "outline", _outline(site, topic))
    return Document(PATH, _bytes(opml))


def render_sources(site: Site, sources: Iterable[Source], known: Mapping[str, SourceInfo]) -> bytes:
    """OPML 2.0 with every source that is a feed, in a folder named as the first of its tags; several are categories.

    `known` says, by name, what the feeds call themselves. The list holds the very URLs that are polled, with any secret
    that is in them.
    """
    opml, body = _list(site)
    opml.set("xmlns:aggregator", _OURS)
    folders: dict[str, Element] = {}
    for source in sources:
        if source.url:
            folder = min(source.tags, default="")
            if folder and folder not in folders:
                folders[folder] = SubElement(body, "outline", text=_permitted(folder))
            SubElement(folders.get(folder, body), "outline", _subscription(source, known.get(source.name)))
    return _bytes(opml)


def _list(site: Site) -> tuple[Element, Element]:
    """An OPML document and its body."""
    opml = Element("opml", version="2.0")
    SubElement(SubElement(opml, "head"), "title").text = one_line(site.title)
    return opml, SubElement(opml, "body")


def _bytes(opml: Element) -> bytes:
    indent(opml, " ")
    return _DECLARATION + tostring(opml, encoding="unicode").encode() + b"\n"


def _outline(site: Site, topic: Topic) -> dict[str, str]:
    title = one_line(topic.title)
    described = {
        "text": title,
        "title": title,
        "type": "rss",  # of Atom too: OPML has no other word for a feed
        "description": one_line(topic.description),
        "language": language_tag(site.language),
        "xmlUrl": links.topic_url(site, topic.name, "atom"),
        "htmlUrl": links.topic_url(site, topic.name, "html"),
    }
    return {name: value for name, value in described.items() if value}


def _subscription(source: Source, known: SourceInfo | None) -> dict[str, str]:
    tags = sorted(source.tags)
    described = {
        "text": source.title or (known.title if known else source.name),
        "title": source.title,
        "type": "rss",
        "category": ",".join(tag.translate(_QUOTED) for tag in tags) if len(tags) > 1 else "",
        "xmlUrl": source.url,
        "htmlUrl": known.url if known else "",
        "aggregator:name": source.name,
        "aggregator:enabled": "" if source.enabled else "false",
    }
    return {name: _permitted(value) for name, value in described.items() if value}


def _permitted(text: str) -> str:
    return _FORBIDDEN.sub("", text)
