"""Feeds as items: every field people need, from every format; what is hostile refused, what is broken made the best of."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import item, rss

from aggregator.model import Enclosure, Item, Origin, Reading, Unreadable
from aggregator.reading.read import read_body

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URL = "https://feed.example/blog/feed.xml"


def read(body: bytes | str, known: frozenset[bytes] = frozenset(), content_type: str = "") -> Reading:
    """The reading of a body that is a feed."""
    found = read_body(body.encode() if isinstance(body, str) else body, content_type, URL, known, NOW)
    assert isinstance(found, Reading), found
    return found


def refusal(body: bytes | str) -> str:
    """Why a body is not read."""
    found = read_body(body.encode() if isinstance(body, str) else body, "", URL, frozenset(), NOW)
    assert isinstance(found, Unreadable), found
    return found.reason


def utc(*numbers: int) -> datetime:
    """A time in UTC."""
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type,misc]  # year, month, day ...


RSS2 = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel><title>The &amp; Feed</title><link>https://site.example/</link><description>d</description>
<language>en-gb</language><copyright>All ours</copyright><ttl>90</ttl>
<skipHours><hour>0</hour><hour>24</hour><hour>5</hour><hour>99</hour></skipHours><skipDays><day>Sunday</day></skipDays>
<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
<atom:link rel="self" href="https://feed.example/self"/><atom:link rel="hub" href="https://hub.example/"/>
<item><title>A &lt;b&gt;bold&lt;/b&gt; day &amp;amp; night</title><link>/a?x=1&amp;y=[2]</link><guid isPermaLink="false">id 1</guid>
<description>Short &lt;i&gt;words&lt;/i&gt;.</description>
<content:encoded><![CDATA[<p onclick="x()">Long <a href="/b">text</a> <img src="c.png"></p><script>bad()</script>]]></content:encoded>
<dc:creator>Jane Doe</dc:creator><author>joe@example.org (Joe Roe)</author>
<category>World</category><category>World</category><category> Politics </category>
<pubDate>Sun, 01 Nov 2026 10:00:00 +0200</pubDate><comments>https://site.example/a#comments</comments>
<enclosure url="https://cdn.example/1.mp3" length="123" type="audio/mpeg"/><enclosure url="/2.mp3" length="x"/>
<media:thumbnail url="https://cdn.example/t.jpg"/><source url="https://other.example/feed">Other</source></item>
</channel></rss>"""


def test_an_rss_item_has_all_its_fields() -> None:
    """Title plain, content apart from summary, links absolute, mark-up harmless, people, files, dates, origin."""
    found = read(RSS2)
    one = found.items[0]
    assert one.title == "A bold day & night"
    assert one.url == "https://site.example/a?x=1&y=%5B2%5D"
    assert one.guid == "id 1"
    assert one.summary == "Short words."
    link = "https://site.example/b"
    assert one.content == f'<p>Long <a href="{link}">text</a> <img src="https://site.example/c.png"></p>'
    assert one.text == "Long text"
    assert one.authors == ("Jane Doe", "Joe Roe")
    assert one.categories == ("World", "Politics")
    assert one.published == utc(2026, 11, 1, 8)
    assert one.comments == "https://site.example/a#comments"
    assert one.enclosures == (
        Enclosure("https://cdn.example/1.mp3", "audio/mpeg", 123), Enclosure("https://site.example/2.mp3", "", None),
    )  # fmt: skip
    assert one.image == "https://cdn.example/t.jpg"
    assert one.origin == Origin("Other", "https://other.example/feed")
    assert one.language == "en-GB"


def test_a_feed_says_what_it_is_and_when_to_come_again() -> None:
    """Title, page, language, rights, self, hub; the larger of ttl and sy:, every skipHour, of which 24 is 0."""
    feed = read(RSS2).feed
    assert (feed.title, feed.url, feed.language, feed.rights) == (
        "The & Feed",
        "https://site.example/",
        "en-gb",
        "All ours",
    )
    assert (feed.self_url, feed.hub) == ("https://feed.example/self", "https://hub.example/")
    assert (feed.rhythm.ttl, feed.rhythm.skip_hours, feed.rhythm.skip_days) == (5400, {0, 5}, {6})


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://base.example/x/">
<title>Atom</title><id>urn:feed</id><link href="https://site.example/"/><updated>2026-11-02T00:00:00Z</updated>
<entry xml:lang="fr"><title type="text">a &lt;b&gt; c</title><id>tag:e,2026:1</id><link href="one"/>
<link rel="enclosure" href="f.ogg" type="audio/ogg" length="7"/><author><name>Ann</name></author>
<category term="t" label="Label"/><rights>CC</rights>
<published>2026-11-01T01:02:03+01:00</published><updated>2026-11-02T00:00:00Z</updated>
<summary>S</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hi <a href="y">y</a></p></div></content>
<source><title>Planet</title><link href="https://planet.example/"/></source></entry></feed>"""


def test_an_atom_entry_has_all_its_fields() -> None:
    """xml:base and xml:lang count, a text title keeps its angle brackets, an update is not the publication."""
    found = read(ATOM)
    one = found.items[0]
    assert (one.title, one.guid, one.url) == ("a <b> c", "tag:e,2026:1", "https://base.example/x/one")
    assert (one.published, one.updated) == (utc(2026, 11, 1, 0, 2, 3), utc(2026, 11, 2))
    assert '<a href="https://base.example/x/y">y</a>' in one.content
    assert (one.summary, one.authors, one.categories, one.rights) == ("S", ("Ann",), ("Label",), "CC")
    assert (one.language, found.feed.id) == ("fr", "urn:feed")
    assert one.enclosures == (Enclosure("https://base.example/x/f.ogg", "audio/ogg", 7),)
    assert one.origin == Origin("Planet", "https://planet.example/")


JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "J", "home_page_url": "https://site.example/",
"language": "en", "hubs": [{"type": "WebSub", "url": "https://hub.example/"}], "items": [
{"id": 7, "url": "a", "title": "T", "content_html": "<p>x</p>", "summary": "S", "date_published": "2026-11-01T02:00:00+02:00",
 "authors": [{"name": "Ann"}, {"name": "Bob"}], "tags": ["one", "two"], "image": "/i.png",
 "attachments": [{"url": "https://cdn.example/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 5}]},
{"content_text": "only text\\n\\nin two"}]}"""


def test_a_json_feed_has_all_its_fields() -> None:
    """Version 1.1 with lists of authors, attachments and hubs; a number is taken for an id, text for content."""
    found = read(JSON)
    one, two = found.items
    assert (one.guid, one.url, one.title, one.summary) == ("7", "https://site.example/a", "T", "S")
    assert (one.authors, one.categories, one.image) == (("Ann", "Bob"), ("one", "two"), "https://site.example/i.png")
    assert one.enclosures == (Enclosure("https://cdn.example/a.mp3", "audio/mpeg", 5),)
    assert (one.published, one.language, found.feed.hub) == (utc(2026, 11, 1), "en", "https://hub.example/")
    assert (two.content, two.guid[:5]) == ("<p>only text</p><p>in two</p>", "hash:")


OLD = [
    ('<rss version="0.91"><channel><title>F</title><item><title>T</title><link>https://a.example/1</link></item></channel></rss>',
     "rss091"),
    ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
     '<channel rdf:about="x"><title>F</title></channel><item rdf:about="https://a.example/1"><title>T</title>'
     "<link>https://a.example/1</link></item></rdf:RDF>", "rss10"),
    ('<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>F</title><entry><title>T</title>'
     '<id>https://a.example/1</id><link rel="alternate" href="https://a.example/1"/></entry></feed>', "atom03"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "version"), OLD, ids=[row[1] for row in OLD])
def test_old_formats_are_read(body: str, version: str) -> None:
    """RSS 0.91 and 1.0 and Atom 0.3 still stand on the web."""
    found = read(body)
    assert found.feed.format.startswith(version[:5])
    assert [(one.title, one.url, one.guid) for one in found.items] == [
        ("T", "https://a.example/1", "https://a.example/1")
    ]


def test_an_id_is_to_the_letter_whatever_url_the_feed_came_from() -> None:
    """A bare guid is not resolved against the feed's URL: a redirect would make every item new."""
    assert read(rss(item("T", guid="123"))).items[0].guid == "123"


def test_without_guid_the_link_is_the_id_and_without_both_a_hash_of_the_words() -> None:
    """The ladder guid, link, hash; the hash does not depend on place or date."""
    linked, bare = read(rss(item("A", link="https://a.example/a"), item("B", text="words"))).items
    assert linked.guid == "https://a.example/a"
    other = read(rss(item("B", text="words", date="Mon, 02 Nov 2026 08:00:00 GMT"), item("X"))).items[0]
    assert bare.guid == other.guid != read(rss(item("C", text="words"))).items[0].guid


DATES = [
    ("Sun, 01 Nov 2026 08:00:00 GMT", utc(2026, 11, 1, 8)),
    ("2026-11-01T08:00:00-05:00", utc(2026, 11, 1, 13)),
    ("Mon, 23 Nov 2026 11:00:00 GMT", utc(2026, 11, 23, 11)),  # within a day: a wrong time zone
    ("Tue, 24 Nov 2026 11:00:00 GMT", None),
    ("Thu, 01 Jan 1970 00:00:00 GMT", None),
    ("2024-13-99", None),
    ("0000-00-00", None),
    ("99999-01-01T00:00:00Z", None),
    ("yesterday", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "date"), DATES)
def test_a_date_is_believed_only_where_it_can_be_one(text: str, date: datetime | None) -> None:
    """Before feeds, more than a day ahead, or no date at all: then the item has none, and keeps all else."""
    assert read(rss(item("T", date=text))).items[0].published == date


def test_relative_links_take_the_items_own_page_first() -> None:
    """xml:base, then the item's link, the site, the feed: a reader resolves against none of them."""
    one = read(
        rss(item("T", link="https://a.example/2026/post/", text='<img src="pic.png"><a href="/top">t</a>'))
    ).items[0]
    assert one.content == '<img src="https://a.example/2026/post/pic.png"><a href="https://a.example/top">t</a>'


def test_a_host_without_its_scheme_is_a_host() -> None:
    """`<link>site.example/</link>` in channel and items: people forget the https."""
    found = read(rss(item("T", link="site.example/post"), link="site.example/"))
    assert (found.feed.url, found.items[0].url) == ("https://site.example/", "https://site.example/post")


def test_the_title_of_an_author_is_not_the_items() -> None:
    """Some feeds put a job title into the author: it is not taken for the item's."""
    body = rss("<item><title>Right</title><author><name>N</name><title>Engineer</title></author></item>")
    assert read(body).items[0].title == "Right"


def test_known_items_are_passed_over_and_the_rest_is_read_alike() -> None:
    """A body whose items are known brings none; one new item is read as it is in a first reading."""
    items = [item(f"T{number}", guid=str(number), text=f"<p>{number}</p>") for number in range(20)]
    first = read(rss(*items))
    assert read(rss(*items), first.digests).items == ()
    grown = rss(item("New", guid="new"), *items)
    again = read(grown, first.digests)
    assert [one.guid for one in again.items] == ["new"]
    assert again.items[0] == read(grown).items[0]
    assert (again.feed, again.digests) == (read(grown).feed, read(grown).digests)


def test_a_known_items_digest_is_in_the_reading() -> None:
    """Each item carries the digest by which it is known next time."""
    found = read(rss(item("A", guid="a"), item("B", guid="b")))
    assert {one.digest for one in found.items} == found.digests
    assert len(found.digests) == 2


def test_an_item_inside_an_item_does_not_confuse_the_ranges() -> None:
    """Nested items are read as feedparser reads them, and none is passed over later."""
    body = rss("<item><title>A</title><item><title>B</title></item></item>", item("C"))
    found = read(body)
    assert read(body, found.digests).items == found.items
    assert "C" in [one.title for one in found.items]


def test_a_document_that_breaks_off_gives_its_whole_items() -> None:
    """A cut body is told from a whole one, and the item that was cut is not taken."""
    body = rss(item("A", guid="a"), item("B", guid="b"), item("C", guid="c"))
    found = read(body[: body.index(b"<title>C") + 8])
    assert [one.title for one in found.items] == ["A", "B"]
    assert not found.complete


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "{}">]><rss version="2.0"><channel><title>{}</title></channel></rss>'
)
DEEP = "<rss><channel>" + "<a>" * 300
WIDE = "<rss><channel><item " + " ".join(f'a{number}=""' for number in range(300)) + "/></channel></rss>"
REFUSED = [
    ("entity", BOMB.format("x", "&a;"), "declares entities"),
    ("entity chain", BOMB.format('x"><!ENTITY b "&a;&a;', "&b;"), "declares entities"),
    (
        "external entity",
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel/></rss>',
        "declares entities",
    ),
    ("broken with entity", '<!DOCTYPE x [<!ENTITY a "b">]><rss><channel', "declares entities"),
    ("depth", DEEP, "nested more than"),
    ("attributes", WIDE, "attributes"),
    ("HTML", "<!doctype html><html><title>Log in</title></html>", "an HTML page, not a feed"),
    (
        "XHTML",
        '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head/></html>',
        "an HTML page, not a feed",
    ),
    ("other XML", "<opml><body/></opml>", "not a feed"),
    ("empty", "", "empty"),
    ("blank", " \n", "empty"),
    ("JSON error", '{"error": "x"}', "not a JSON Feed"),
    ("JSON list", "[1, 2]", "not a JSON Feed"),
    ("deep JSON", "[" * 100_000, "could not be read"),
    ("cut JSON", '{"version": "https://jsonfeed.org/version/1", "items": [', "could not be read"),
    ("binary", "\x00\x01\x02GIF", "not a feed"),
]


@pytest.mark.parametrize(("name", "body", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_no_feed_is_told_in_words(name: str, body: str, words: str) -> None:
    """Bombs are refused before any parser, pages and errors are not "no items"; each says what it is."""
    assert words in refusal(body)


NAMES = [
    "links",
    "authors",
    "tags",
    "enclosures",
    "title_detail",
    "summary_detail",
    "media_content",
    "published_parsed",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("attributes", ["", ' a="b"'])
@pytest.mark.parametrize("odd", [b"", b"<image><url>/i.png</url></image>"], ids=["plain", "odd"])
def test_an_element_may_have_any_name(name: str, attributes: str, odd: bytes) -> None:
    """Also one under which feedparser keeps a list or a text's details, and puts its text or attributes instead."""
    given = f"<{name}{attributes}>a</{name}>".encode()
    body = rss(item("A")).replace(b"<item>", given + b"<item>" + given + odd, 1)
    assert [one.title for one in read(body).items] == ["A"]


READ = [
    ("white space before the declaration", b"\n  " + rss(item("A"))),
    ("byte order mark", b"\xef\xbb\xbf" + rss(item("A"))),
    ("UTF-16", rss(item("A")).decode().encode("utf-16")),
    (
        "undefined entity",
        rss(item("A", text="")).replace(b"</title></item>", b"</title></item>").replace(b">A<", b">A&nbsp;<"),
    ),
    ("bare ampersand", rss(item("A")).replace(b">A<", b">A & <")),
    ("surrogate reference", rss(item("A")).replace(b">A<", b">A&#xD800; &<")),
    ("huge reference", rss(item("A")).replace(b">A<", b">A&#99999999999; &<")),
    ("million digits", rss(item("A")).replace(b">A<", b">A&#" + b"1" * 1_000_000 + b"; &<")),
    ("control characters", rss(item("A")).replace(b">A<", b">A\x0b\x01<")),
    (
        "a DOCTYPE",
        rss(item("A")).replace(b"<rss", b'<!DOCTYPE rss PUBLIC "-//N//DTD" "http://d.example/x.dtd"><rss', 1),
    ),
]


@pytest.mark.parametrize(("name", "body"), READ, ids=[row[0] for row in READ])
def test_what_is_only_broken_is_read(name: str, body: bytes) -> None:
    """What real feeds get wrong costs nobody their items."""
    assert [one.title.strip(" &") for one in read(body).items] == ["A"]


def test_the_document_knows_its_encoding_better_than_the_server() -> None:
    """A declared encoding counts before the header's, the header's where none is declared."""
    body = '<?xml version="1.0" encoding="iso-8859-1"?><rss version="2.0"><channel><title>é</title></channel></rss>'
    assert read(body.encode("latin-1"), content_type="text/xml; charset=utf-8").feed.title == "é"
    bare = body.partition("?>")[2].encode("cp1251", "replace")
    assert (
        read(bare.replace(b"?", "ж".encode("cp1251")), content_type="text/xml; charset=windows-1251").feed.title == "ж"
    )


def test_lists_are_bounded() -> None:
    """Five thousand items, fifty categories, a title of a thousand characters: more is not taken."""
    many = rss(*(f"<item><title>{number}</title></item>" for number in range(5_100)))
    found = read(many)
    assert len(found.items) == 5_000
    assert "only the first 5000 of 5100" in found.warnings[0]
    wide = read(rss(f"<item><title>{'x' * 9_999}</title>{'<category>a</category>' * 3}"
                    f"{''.join(f'<category>c{number}</category>' for number in range(99))}</item>"))  # fmt: skip
    assert (len(wide.items[0].title), len(wide.items[0].categories)) == (1_000, 50)


def test_a_million_empty_items_do_not_stall() -> None:
    """Fault 49: what is beyond the bound is cut before the slow parser sees it."""
    began = time.process_time()
    found = read(rss("<item></item>" * 300_000))
    assert (len(found.items), bool(found.warnings)) == (5_000, True)
    assert time.process_time() - began < 30


@settings(max_examples=150)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: rss(item(text, text=text)))))
def test_no_bytes_make_reading_raise(body: bytes) -> None:
    """Whatever the body, the answer is a Reading or an Unreadable."""
    found = read_body(body, "text/xml", URL, frozenset(), NOW)
    assert isinstance(found, Reading | Unreadable)


@settings(max_examples=100)
@given(st.data())
def test_no_cut_or_flipped_feed_makes_reading_raise(data: st.DataObject) -> None:
    """A real feed with a bite taken out of it, or a byte changed."""
    body = data.draw(st.sampled_from([RSS2.encode(), ATOM.encode(), JSON.encode()]))
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 40)))
    found = read_body(body[:start] + data.draw(st.binary(max_size=3)) + body[end:], "", URL, frozenset(), NOW)
    assert isinstance(found, Reading | Unreadable)


def test_normalising_twice_changes_nothing() -> None:
    """An item read, written as a feed of its own and read again is the same item."""
    one = read(RSS2).items[0]
    again = read(
        rss(item(one.title.replace("&", "&amp;"), guid=one.guid, link=one.url.replace("&", "&amp;"), text=one.content))
    )
    assert (again.items[0].title, again.items[0].url, again.items[0].content) == (one.title, one.url, one.content)
    assert isinstance(one, Item)
