"""What an entry becomes in Atom, RSS and JSON Feed, element by element."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from publishing_samples import (
    ATOM,
    BBC,
    CONTENT,
    DC,
    DW,
    LANG,
    MEDIA,
    NOON,
    RICH,
    SEEDS,
    atom,
    by_feedparser,
    by_json,
    entry,
    json_items,
    linked,
    links,
    rss,
    topic_documents,
)

from aggregator.model import Copy, Enclosure


def _first(feed: Element) -> Element:
    found = feed.find(f"{ATOM}entry")
    assert found is not None
    return found


def _first_item(channel: Element) -> Element:
    found = channel.find("item")
    assert found is not None
    return found


def test_the_links_of_an_atom_entry() -> None:
    """Every link keeps its rel, type and length, which feedgen loses; the other copies are related."""
    assert links(_first(atom(RICH))) == [
        {"rel": "alternate", "href": RICH.url, "type": "text/html"},
        {"rel": "enclosure", "href": "https://cdn.example.org/1.mp3", "type": "audio/mpeg", "length": "1234"},
        {"rel": "enclosure", "href": "https://cdn.example.org/1.pdf", "type": "application/pdf"},
        {"rel": "related", "href": "https://www.dw.example/1", "type": "text/html", "title": "Deutsche Welle"},
        {"rel": "via", "href": "https://planet.example.org/atom.xml", "title": "Planet"},
        {"rel": "replies", "href": "https://www.bbc.example/news/1#comments", "type": "text/html"},
    ]


def test_the_source_of_an_atom_entry_is_full() -> None:
    """RFC 4287 section 4.2.11: id, title, date, links and rights of the feed it came from, and an author."""
    source = _first(atom(RICH)).find(f"{ATOM}source")
    assert source is not None
    assert source.findtext(f"{ATOM}id") == "tag:bbc.example,2020:world"
    assert source.findtext(f"{ATOM}title") == "BBC World"
    assert source.findtext(f"{ATOM}updated") == "2026-11-22T12:00:00+00:00"
    assert source.findtext(f"{ATOM}rights") == "© BBC"
    assert source.findtext(f"{ATOM}author/{ATOM}name") == "BBC World"
    assert linked(source, "self") == ["https://feeds.bbc.example/world.xml"]
    assert linked(source, "alternate") == ["https://www.bbc.example/news"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (BBC, "tag:bbc.example,2020:world"),
        (DW, "https://rss.dw.example/all"),
        (replace(DW, feed_id="not an id"), "https://rss.dw.example/all"),
        (replace(DW, feed_url=""), "https://www.dw.example/"),
        (SEEDS, "tag:feeds.example.org,2026:sources/seeds"),
    ],
)
def test_a_source_always_has_an_id_that_is_an_iri(source: object, expected: str) -> None:
    """Its own id, else an address of it, else a tag: IRI of ours that stays."""
    assert _first(atom(entry(source=source))).findtext(f"{ATOM}source/{ATOM}id") == expected


def test_the_other_parts_of_an_atom_entry() -> None:
    """Plain title, authors, categories, rights, language, content as HTML, summary, thumbnail, both dates."""
    item = _first(atom(RICH))
    title, content, thumbnail = item.find(f"{ATOM}title"), item.find(f"{ATOM}content"), item.find(f"{MEDIA}thumbnail")
    assert title is not None
    assert content is not None
    assert thumbnail is not None
    assert (title.get("type"), title.text) == ("text", "Ministers agree: 3 < 4 & more")
    assert [name.text for name in item.findall(f"{ATOM}author/{ATOM}name")] == ["Sarah Rain", "Andrew Roth"]
    assert [category.get("term") for category in item.findall(f"{ATOM}category")] == ["Diplomacy", "AT&T"]
    assert item.findtext(f"{ATOM}rights") == "© Sarah Rain"
    assert item.get(LANG) == "en-GB"
    assert content.get("type") == "html"
    assert item.findtext(f"{ATOM}summary") == "What was agreed & what was not"
    assert thumbnail.get("url") == "https://cdn.example.org/1.jpg"
    assert item.findtext(f"{ATOM}published") == "2026-11-22T11:00:00+00:00"
    assert item.findtext(f"{ATOM}updated") == "2026-11-22T12:00:00+00:00"


def test_the_parts_of_an_rss_item() -> None:
    """The profile's form: one enclosure, dc:creator, source with its feed, description before content:encoded."""
    item = _first_item(rss(RICH))
    enclosures, source, guid = item.findall("enclosure"), item.find("source"), item.find("guid")
    assert source is not None
    assert guid is not None
    assert [dict(found.attrib) for found in enclosures] == [
        {"url": "https://cdn.example.org/1.mp3", "length": "1234", "type": "audio/mpeg"}
    ]
    assert [name.text for name in item.findall(f"{DC}creator")] == ["Sarah Rain", "Andrew Roth"]
    assert item.find("author") is None
    assert (source.get("url"), source.text) == ("https://feeds.bbc.example/world.xml", "BBC World")
    assert guid.get("isPermaLink") == "true"
    assert item.findtext("description") == "What was agreed &amp; what was not"
    assert item.findtext("comments") == RICH.comments
    assert [category.text for category in item.findall("category")] == ["Diplomacy", "AT&T"]
    assert item.findtext(f"{DC}rights") == "© Sarah Rain"
    assert item.findtext(f"{DC}language") == "en-GB"
    assert item.find(f"{MEDIA}thumbnail") is not None
    tags = [child.tag for child in item]
    assert tags.index("description") < tags.index(f"{CONTENT}encoded")


def test_a_guid_that_is_not_the_link_is_no_permalink() -> None:
    """The attribute isPermaLink is "false" unless the id is the address itself."""
    guid = _first_item(rss(entry(uid="tag:bbc.example,2026:7"))).find("guid")
    assert guid is not None
    assert (guid.get("isPermaLink"), guid.text) == ("false", "tag:bbc.example,2026:7")


def test_an_enclosure_of_unknown_type_and_length() -> None:
    """RSS wants both: the length 0 and a type for anything; Atom and JSON leave the length out."""
    item = entry(enclosures=(Enclosure("https://cdn.example.org/x", "what is it?", -1),))
    found = _first_item(rss(item)).find("enclosure")
    assert found is not None
    assert dict(found.attrib) == {
        "url": "https://cdn.example.org/x",
        "length": "0",
        "type": "application/octet-stream",
    }
    assert "length" not in links(_first(atom(item)))[1]
    assert json_items(item)[0]["attachments"] == [
        {"url": "https://cdn.example.org/x", "mime_type": "application/octet-stream"}
    ]


def test_an_item_without_author_is_credited_to_its_source() -> None:
    """In every format: JSON Feed 1.1 says that the feed's own authors wrote an item that names none."""
    item = entry(authors=(" ",))
    assert json_items(item)[0]["authors"] == [{"name": "BBC World"}]
    assert [name.text for name in _first(atom(item)).findall(f"{ATOM}author/{ATOM}name")] == ["BBC World"]
    assert [name.text for name in _first_item(rss(item)).findall(f"{DC}creator")] == ["BBC World"]


def test_a_json_item_has_everything() -> None:
    """JSON Feed 1.1: authors, tags, attachments, dates, and where it came from under `_source`."""
    item = json_items(RICH)[0]
    assert item["authors"] == [{"name": "Sarah Rain"}, {"name": "Andrew Roth"}]
    assert item["tags"] == ["Diplomacy", "AT&T"]
    assert item["attachments"][0] == {
        "url": "https://cdn.example.org/1.mp3",
        "mime_type": "audio/mpeg",
        "size_in_bytes": 1234,
    }
    assert (item["date_published"], item["date_modified"]) == ("2026-11-22T11:00:00Z", "2026-11-22T12:00:00Z")
    assert item["language"] == "en-GB"
    assert item["image"] == RICH.image
    assert item["_source"]["title"] == "BBC World"
    assert item["_source"]["feed_url"] == "https://feeds.bbc.example/world.xml"
    assert item["_also"] == [{"title": "Deutsche Welle", "url": "https://www.dw.example/1"}, {"title": "Seeds"}]


def test_a_private_feed_address_is_nowhere() -> None:
    """Where the fetch address must stay private, the source is named by its site and no format has a self link."""
    private = replace(BBC, feed_url="", feed_id="")
    documents = topic_documents(entry(source=private))
    source = _first(fromstring(documents["atom"])).find(f"{ATOM}source")
    assert source is not None
    assert linked(source, "self") == []
    assert "feed_url" not in json.loads(documents["json"])["items"][0]["_source"]


def test_an_entry_never_changed_before_it_was_published() -> None:
    """`updated` is never before `published`."""
    item = _first(atom(entry(updated=NOON - timedelta(days=9))))
    assert item.findtext(f"{ATOM}updated") == item.findtext(f"{ATOM}published")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": "  Two\n lines\t"}, "Two lines"),
        ({"title": "", "summary": "A summary stands in"}, "A summary stands in"),
        ({"title": "", "content": "<p>First <b>words</b>.</p><p>Then more</p>"}, "First words. Then more"),
        ({"title": "\x00 \x1b", "content": "<hr>"}, "(untitled)"),
        ({"title": "AT&T, Q&A, &copy; 3 < 4"}, "AT&T, Q&A, &copy; 3 < 4"),
        ({"title": "The <marquee> tag"}, "The ‹marquee› tag"),
        ({"title": "bell\x07, nul\x00, \ufffe and \ud800"}, "bell, nul, and"),
    ],
)
def test_titles_are_plain_and_never_empty(fields: dict[str, Any], expected: str) -> None:
    """One plain line in every format; the first words, or "(untitled)", where a source gives no title."""
    documents = topic_documents(entry(**fields))
    assert by_feedparser(documents["atom"])[0].title == expected
    assert by_feedparser(documents["rss"])[0].title == expected
    assert by_json(documents["json"])[0].title == expected


def test_ampersands_are_written_as_the_rss_profile_asks() -> None:
    """Hexadecimal references in plain text, so that a reader that unescapes twice still shows what was meant."""
    body = topic_documents(entry(title="AT&T: 3 < 4"))["rss"]
    assert b"<title>AT&#x26;T: 3 &#x3C; 4</title>" in body


def test_an_item_without_any_text_points_to_itself() -> None:
    """An entry must have content or a summary; one that has neither gets a link to where it is."""
    bare = entry(content="")
    assert json_items(bare)[0]["content_html"] == (
        '<p><a href="https://www.bbc.example/news/1">Read it at BBC World</a></p>'
    )
    assert _first(atom(bare)).findtext(f"{ATOM}content") == json_items(bare)[0]["content_html"]
    assert _first_item(rss(bare)).findtext("description") == "Read it at BBC World"


def test_the_other_sources_are_named_at_the_end() -> None:
    """A folded item says "Also in: …" at the end of its content, in every format; one without an address is named."""
    expected = '<p>Also in: <a href="https://www.dw.example/1">Deutsche Welle</a>, Seeds</p>'
    assert _first(atom(RICH)).findtext(f"{ATOM}content", "").endswith(expected)
    assert _first_item(rss(RICH)).findtext(f"{CONTENT}encoded", "").endswith(expected)
    assert json_items(RICH)[0]["content_html"].endswith(expected)


def test_the_other_sources_are_named_beside_a_summary_too() -> None:
    """Where only a summary may be shown, the sources still follow it."""
    folded = entry(content="", summary="Short & sweet", also=(Copy(DW, "x", "https://www.dw.example/1"),))
    html = json_items(folded)[0]["content_html"]
    assert html == '<p>Short &amp; sweet</p><p>Also in: <a href="https://www.dw.example/1">Deutsche Welle</a></p>'


def test_a_date_before_our_era_of_feeds_is_written_all_the_same() -> None:
    """Years are four digits and days of the week are right, however old the item."""
    old = entry(
        published=datetime(1987, 1, 2, 3, 4, 5, 999999, tzinfo=UTC), updated=datetime(1987, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    assert _first_item(rss(old)).findtext("pubDate") == "Fri, 02 Jan 1987 03:04:05 GMT"
