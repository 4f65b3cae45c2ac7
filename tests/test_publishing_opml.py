"""topics.opml: the combined feeds as a list for import."""

from dataclasses import replace
from xml.etree.ElementTree import fromstring

from publishing_samples import SITE, TOPIC

from aggregator.config.values import Topic
from aggregator.publishing.opml import render_opml


def test_every_topic_is_an_outline_that_readers_import() -> None:
    """OPML 2.0: type rss, text and title, both addresses; in the order of feeds.toml."""
    document = render_opml(SITE, [TOPIC, Topic("b", "B")])
    opml = fromstring(document.body)
    outlines = [outline for outline in opml.iter("outline") if outline.get("xmlUrl")]
    assert document.path == "topics.opml"
    assert (opml.tag, opml.get("version"), opml.findtext("head/title")) == ("opml", "2.0", "Combined feeds")
    assert [outline.get("text") for outline in outlines] == ["Russia–US relations", "B"]
    assert dict(outlines[0].attrib) == {
        "text": "Russia–US relations",
        "title": "Russia–US relations",
        "type": "rss",
        "description": "Diplomacy & exchanges",
        "language": "en",
        "xmlUrl": "https://feeds.example.org/russia-us.atom",
        "htmlUrl": "https://feeds.example.org/russia-us.html",
    }


def test_a_list_is_the_same_bytes_every_time() -> None:
    """No date of its making is in it."""
    assert render_opml(SITE, [TOPIC]) == render_opml(SITE, [TOPIC])
    assert b"date" not in render_opml(SITE, [TOPIC]).body.lower()


def test_any_title_makes_a_well_formed_list() -> None:
    """Quotes, tags and control characters included; no topic at all too."""
    hostile = replace(TOPIC, title='"><outline xmlUrl="x"/>\x00', description="")
    assert fromstring(render_opml(SITE, [hostile]).body).findall("body/outline/outline")[0].get("text") == (
        '">‹outline xmlUrl="x"/›'
    )
    assert fromstring(render_opml(SITE, []).body).findall("body/outline")
