"""Atom, RSS and JSON Feed: valid, complete, alike, and the same bytes for the same items."""

import json
import locale
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from publishing_samples import (
    ATOM,
    BBC,
    CREATED,
    ENTRIES,
    LANG,
    RICH,
    SEED,
    SITE,
    Read,
    atom,
    by_elements,
    by_fastfeedparser,
    by_feedparser,
    by_json,
    entry,
    json_items,
    links,
    rss,
    topic_documents,
)

from aggregator.publishing.archive import Month


def test_the_same_items_in_every_format() -> None:
    """The same ids, titles, links and dates, in the same order, as two parsers and the plain elements read them."""
    documents = topic_documents(*ENTRIES)
    expected = [
        Read(RICH.uid, RICH.title, RICH.url, RICH.published),
        Read(SEED.uid, SEED.title, "https://feeds.example.org/items/2.html", SEED.published),
        Read(ENTRIES[2].uid, ENTRIES[2].title, ENTRIES[2].url, ENTRIES[2].published),
    ]
    for form in ("atom", "rss"):
        assert by_feedparser(documents[form]) == expected
        assert by_fastfeedparser(documents[form]) == expected
    assert by_elements(documents["rss"]) == expected
    assert by_json(documents["json"]) == expected


_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


@given(titles=st.lists(_TEXT, min_size=1, max_size=4), summary=_TEXT)
@settings(max_examples=60)
def test_any_text_at_all_is_read_back_alike(titles: list[str], summary: str) -> None:
    """Whatever characters a source sends, the feeds are well-formed and say the same."""
    documents = topic_documents(*(entry(n, title=title, summary=summary) for n, title in enumerate(titles, 1)))
    expected = by_json(documents["json"])
    assert [item.id for item in expected] == [f"https://www.bbc.example/news/{n}" for n in range(1, len(titles) + 1)]
    assert by_elements(documents["rss"]) == expected
    atom_titles = [item.findtext(f"{ATOM}title") for item in fromstring(documents["atom"]).iter(f"{ATOM}entry")]
    assert atom_titles == [item.title for item in expected]


@given(title=_TEXT, html=_TEXT, url=_TEXT, name=_TEXT)
@settings(max_examples=60)
@example('"<&>\t\n\r', '"<&>\t\n\r', '"<&>\t\n\r', '"<&>\t\n\r')
def test_an_atom_document_is_written_as_lxml_would_write_it(title: str, html: str, url: str, name: str) -> None:
    """Its entries are text, and well-formed; plain text, as in RSS, has its & and < as hexadecimal references."""
    source = replace(BBC, title=name, feed_url=f"https://a.example/{url}", rights=name)
    one = replace(
        RICH,
        title=title,
        content=html,
        url=f"https://b.example/{url}",
        authors=(name,),
        categories=(name,),
        language='"<&>',
        source=source,
    )
    written = topic_documents(one, entry(2, title=title, summary=html, content=""))["atom"]
    parser = etree.XMLParser(remove_blank_text=True, strip_cdata=False)
    read = etree.ElementTree(etree.fromstring(written, parser))
    again = etree.tostring(read, pretty_print=True, encoding="UTF-8", xml_declaration=True)
    assert written.replace(b"&#x26;", b"&amp;").replace(b"&#x3C;", b"&lt;") == again


def test_the_same_items_give_the_same_bytes() -> None:
    """Two renderings are equal to the byte: nothing comes from the clock."""
    assert topic_documents(*ENTRIES) == topic_documents(*ENTRIES)


def test_dates_in_any_zone_give_the_same_bytes() -> None:
    """A time is published in UTC and to the second, however it was held."""
    east = timezone(timedelta(hours=3))

    def elsewhere(moment: datetime) -> datetime:
        return moment.astimezone(east).replace(microsecond=123456)

    moved = (replace(item, published=elsewhere(item.published), updated=elsewhere(item.updated)) for item in ENTRIES)
    assert topic_documents(*moved) == topic_documents(*ENTRIES)


def test_the_locale_is_never_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each RSS date it writes, feedgen flips the locale of the whole process: it is given none to write."""

    def refuse(*_arguments: object) -> str:
        raise AssertionError("the locale of the process was changed")

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert rss(*ENTRIES).findtext("lastBuildDate") == "Sun, 22 Nov 2026 12:00:00 GMT"


def test_a_feed_is_dated_by_its_latest_item() -> None:
    """The feed's own date is the latest change among its items, in each format."""
    assert atom(*ENTRIES).findtext(f"{ATOM}updated") == "2026-11-22T12:00:00+00:00"
    assert rss(*ENTRIES).findtext("lastBuildDate") == "Sun, 22 Nov 2026 12:00:00 GMT"


def test_an_empty_topic_has_feeds() -> None:
    """A topic without an item has well-formed feeds, dated when it was made."""
    documents = topic_documents()
    feed = fromstring(documents["atom"])
    assert feed.findtext(f"{ATOM}updated") == CREATED.isoformat()
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Combined feeds"
    assert by_feedparser(documents["atom"]) == by_feedparser(documents["rss"]) == []
    assert json.loads(documents["json"])["items"] == []


def test_what_an_atom_feed_says_of_itself() -> None:
    """RFC 4287: one id, the served address as self, the page as alternate, the hub, the language."""
    feed = atom(*ENTRIES)
    assert feed.get(LANG) == "en"
    assert feed.findtext(f"{ATOM}id") == "https://feeds.example.org/russia-us.atom"
    assert feed.findtext(f"{ATOM}subtitle") == "Diplomacy & exchanges"
    assert [found.get("type") for found in (*feed.findall(f"{ATOM}title"), *feed.findall(f"{ATOM}subtitle"))] == [
        "text",
        "text",
    ]
    assert feed.findtext(f"{ATOM}generator") == "aggregator"
    assert links(feed) == [
        {"rel": "alternate", "href": "https://feeds.example.org/russia-us.html", "type": "text/html"},
        {"rel": "self", "href": "https://feeds.example.org/russia-us.atom", "type": "application/atom+xml"},
        {"rel": "hub", "href": "https://hub.example.org/"},
    ]


def test_what_a_channel_says_of_itself() -> None:
    """Its link is the web page and not the feed; self, hub and the archive are Atom links; docs and ttl are there."""
    channel = rss(*ENTRIES, months=(Month(2026, 9), Month(2026, 10), Month(2026, 11)))
    assert channel.findtext("link") == "https://feeds.example.org/russia-us.html"
    assert channel.findtext("language") == "en"
    assert channel.findtext("docs") == "http://www.rssboard.org/rss-specification"
    assert channel.findtext("ttl") == "60"
    assert links(channel) == [
        {"rel": "self", "href": "https://feeds.example.org/russia-us.rss", "type": "application/rss+xml"},
        {"rel": "hub", "href": "https://hub.example.org/"},
        {
            "rel": "prev-archive",
            "href": "https://feeds.example.org/russia-us/archive/2026-10.atom",
            "type": "application/atom+xml",
        },
    ]


def test_a_site_without_a_hub_names_none() -> None:
    """Where no WebSub hub is set, no format has a word of one."""
    documents = topic_documents(*ENTRIES, site=replace(SITE, hub=""))
    assert not any(b"hub" in documents[form] for form in ("atom", "rss", "json"))


def test_what_a_json_feed_says_of_itself() -> None:
    """Version, both addresses, the hub, and no next_url: there is no page after it."""
    feed = json.loads(topic_documents(*ENTRIES)["json"])
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["home_page_url"] == "https://feeds.example.org/russia-us.html"
    assert feed["feed_url"] == "https://feeds.example.org/russia-us.json"
    assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example.org/"}]
    assert feed["authors"] == [{"name": "Combined feeds", "url": "https://feeds.example.org/"}]
    assert "next_url" not in feed


@pytest.mark.parametrize("address", ["https://me:secret@feeds.example.org/x", "https://secret@feeds.example.org/x"])
def test_an_address_with_credentials_is_published_by_nobody(address: str) -> None:
    """Even if one is handed in, no document contains it."""
    hostile = entry(source=replace(BBC, feed_url=address, url=address), comments=address, image=address)
    assert not any(b"secret" in body for body in topic_documents(hostile).values())


def test_no_id_is_in_a_document_twice() -> None:
    """A second entry with the same id is left out: validators call it an error, and readers show it twice."""
    documents = topic_documents(entry(1), entry(2, uid=entry(1).uid), entry(3))
    assert [item.title for item in by_json(documents["json"])] == ["Title 1", "Title 3"]
    assert len(by_feedparser(documents["rss"])) == 2


def test_control_characters_cost_an_item_nothing_else() -> None:
    """One bad character makes feedgen lose the whole feed: they go, the item stays."""
    hostile = entry(
        title="a\x0bb", content="<p>c\x00d\ud800]]></p>", authors=("e\x1ff",), categories=("g\x08",), rights="\uffff"
    )
    documents = topic_documents(hostile, entry(2))
    assert len(by_feedparser(documents["atom"])) == len(by_feedparser(documents["rss"])) == 2
    assert json_items(hostile)[0]["content_html"] == "<p>cd]]></p>"
