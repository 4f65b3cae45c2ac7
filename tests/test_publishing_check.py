"""Our own check before a document replaces the last good one: it knows a sound one, and each kind of fault."""

import json

import pytest
from publishing_samples import ENTRIES, SEED, SITE, TOPIC, topic_documents

from aggregator.model import Document
from aggregator.publishing.check import fault
from aggregator.publishing.opml import render_opml
from aggregator.publishing.pages import Overview, render_assets, render_index, render_item_page, render_status_page
from aggregator.publishing.status import Activity, SourceStatus, Status, render_status

_STATUS = Status((SourceStatus("bbc-world", "ok"),))


def test_all_that_we_render_is_sound() -> None:
    """Every kind of document passes."""
    documents = [Document(f"russia-us.{form}", body) for form, body in topic_documents(*ENTRIES).items()]
    documents += [render_opml(SITE, [TOPIC]), render_index(SITE, [Overview(TOPIC, ENTRIES)]), *render_assets()]
    documents += [render_item_page(SITE, SEED, "full"), render_status(_STATUS)]
    documents += [render_status_page(SITE, _STATUS, Activity())]
    assert [fault(document) for document in documents] == [""] * len(documents)


def _replaced(form: str, old: str, new: str) -> bytes:
    body = topic_documents(*ENTRIES)[form].decode()
    assert old in body
    return body.replace(old, new).encode()


_LINK = "https://www.bbc.example/news/3"


@pytest.mark.parametrize(
    ("form", "old", "new", "expected"),
    [
        ("atom", "</feed>", "", "not well-formed"),
        ("atom", "<feed", '<!DOCTYPE x [<!ENTITY a "b">]><feed', "document type"),
        ("atom", "Title 3", "Title \x0b3", "not well-formed"),
        ("atom", 'rel="self"', 'rel="me"', "no link to itself"),
        ("atom", f"<id>{_LINK}</id>", "", "<id> is missing or there twice"),
        ("atom", f"<id>{_LINK}</id>", "<id>https://www.bbc.example/news/1</id>", "two items have the id"),
        ("atom", f'href="{_LINK}"', 'href="/news/3"', "not absolute"),
        ("atom", "&lt;p&gt;Text 3", "&lt;script&gt;x&lt;/script&gt;", "<script> element"),
        ("atom", "&lt;p&gt;Text 3", "&lt;p onclick=&quot;x&quot;&gt;", "onclick="),
        ("atom", "&lt;p&gt;Text 3", "&lt;a href='java&amp;#10;script:x'&gt;", "links to"),
        ("rss", f"<link>{_LINK}</link>", "", "an item has no link"),
        ("rss", "<pubDate>Sun, 22 Nov 2026 09:00:00 GMT</pubDate>", "", "an item has no pubDate"),
        ("rss", "<channel>", "<chanel>", "not well-formed: Opening and ending tag mismatch"),
        ("rss", "Text 3&lt;/p&gt;", "&lt;iframe src=x&gt;", "<iframe> element"),
        ("json", '"version"', '"versions"', "version"),
        ("json", "}\n ]", "}\n ", "delimiter"),
        ("json", f'"url": "{_LINK}"', '"url": "news/3"', "not absolute"),
        ("json", "<p>Text 3", "<svg/onload=x>", "<svg> element"),
        ("html", "</html>", "", "breaks off"),
        ("html", "Content-Security-Policy", "Refresh", "no Content-Security-Policy"),
        ("html", "<p>Text 3", '<p><base href="https://x.example/">', "<base> element"),
        ("html", "<p>Text 3", '<p><img src="x" onerror="x">', "onerror="),
        ("html", "</title>", "</title><script>x</script>", "<script> element"),
    ],
)
def test_each_fault_is_found_and_named(form: str, old: str, new: str, expected: str) -> None:
    """The sentence says what is wrong."""
    assert expected in fault(Document(f"russia-us.{form}", _replaced(form, old, new)))


@pytest.mark.parametrize("path", ["a.atom", "a.rss", "a.json", "a.html", "topics.opml", "style.css", "status.json"])
@pytest.mark.parametrize("body", [b"", b" \n", b"\xff\xfe"])
def test_what_is_nothing_is_no_document(path: str, body: bytes) -> None:
    """Nothing and what is not UTF-8 are refused for every kind."""
    assert fault(Document(path, body))


@pytest.mark.parametrize("path", ["a.atom", "a.rss", "a.json", "a.html", "topics.opml", "status.json"])
@pytest.mark.parametrize("body", [b"<html>", b"<rss/>", b"[]", b"null", b"\x00", b'{"items": ["x"], "version": 1}'])
def test_the_wrong_thing_is_refused_without_a_crash(path: str, body: bytes) -> None:
    """Whatever the bytes are, the check answers with a sentence."""
    assert fault(Document(path, body))


@pytest.mark.parametrize("missing", ["id", "url", "content_html", "date_published"])
def test_a_json_item_needs_its_fields(missing: str) -> None:
    """An item without one of them is refused, with or without a word for it."""
    feed = json.loads(topic_documents(*ENTRIES)["json"])
    del feed["items"][2][missing]
    assert fault(Document("russia-us.json", json.dumps(feed).encode()))


def test_links_that_do_nothing_are_let_through() -> None:
    """Mail addresses, telephone numbers and small pictures in an address are no danger."""
    harmless = '<a href="mailto:x@example.org">x</a><a href="tel:+49">x</a><img src="data:image/png;base64,AAAA">'
    assert fault(Document("russia-us.json", _replaced("json", "<p>Text 3", json.dumps(harmless)[1:-1]))) == ""
