"""topics.opml: the combined feeds as a list that any feed reader imports; reading OPML is another module's work."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from aggregator.config.values import Site, Topic
from aggregator.model import Document
from aggregator.publishing import links
from aggregator.publishing.wording import language_tag, one_line

PATH = "topics.opml"
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def render_opml(site: Site, topics: Iterable[Topic]) -> Document:
    """OPML 2.0 with one outline a topic, in the order given. It carries no date: none of ours would be an item's."""
    opml = Element("opml", version="2.0")
    SubElement(SubElement(opml, "head"), "title").text = one_line(site.title)
    body = SubElement(opml, "body")
    group = SubElement(body, "outline", text=one_line(site.title))
    for topic in topics:
        SubElement(group, "outline", _outline(site, topic))
    indent(opml, " ")
    return Document(PATH, _DECLARATION + tostring(opml, encoding="unicode").encode() + b"\n")


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
