"""Plain items are read as feedparser reads them, and what is not plain is left to it."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import FeedInfo
from aggregator.reading.entries import raw_item
from aggregator.reading.feed import FEEDPARSER
from aggregator.reading.fields import FIELDS
from aggregator.reading.normalise import RawItem
from aggregator.reading.plain import plain_entries

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:x="https://x.example/ns" '
    'xmlns:georss="http://www.georss.org/georss" xmlns:cc="http://web.resource.org/cc/" '
    'xmlns:creativecommons="http://backend.userland.com/creativeCommonsRssModule" '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
)
BASE = ' xml:base="https://root.example/a/" xml:lang="nb"'
RSS = f'<rss version="2.0" {NAMESPACES}{BASE}><channel><title>R</title>%s</channel></rss>'
ATOM = f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}{BASE}><title>A</title>%s</feed>'
RDF = f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {NAMESPACES}{BASE}><channel><title>D</title></channel>%s</rdf:RDF>'
SHAPES = {
    "RSS": (RSS, "<item>%s</item>"),
    "Atom": (ATOM, '<entry xml:lang="de">%s</entry>'),
    "RDF": (RDF, '<item rdf:about="https://a.example/about">%s</item>'),
}

NAMES = [*(name.replace("_", ":", 1) for name in sorted(FIELDS)), "GUID", "pubDate", "atom:link", "x:mood", "x:title"]
OFTEN = [
    "title", "link", "description", "guid", "pubDate", "author", "dc:creator", "category", "content:encoded", "summary",
]  # fmt: skip
ATTRIBUTES = [
    "", "", "", ' type="html"', ' type="TEXT"', ' isPermaLink="false"', ' href="https://a.example/h"', ' href="/rel"',
    ' href=""', ' rel="enclosure" href="/m.mp3" type="audio/mpeg" length="12"', ' rel="Alternate" href="b.html"',
    ' rel="self" href="f"', ' url="/i.png" type="Image/PNG" medium="image"', ' url="v.mp4" type="video/mp4"',
    ' domain="d"', ' term="t" scheme="s" label="l"', ' term="t"', ' text="Tech"', ' xml:lang="de_AT"', ' xml:lang=""',
    ' lang="fr"', ' xml:base="https://b.example/x/"', ' uri="https://u.example"', ' x:href="https://x.example/"',
    ' rel="enclosure"', ' src="s"', ' mode="escaped"', ' type="image/png"', ' base="sub/"',
]  # fmt: skip
TEXTS = [
    "", "  ", "A title", "A &amp; B", "&lt;b&gt;bold&lt;/b&gt; one", "<![CDATA[<p>One &nbsp; two</p>]]>",
    "AT&amp;amp;T", "<![CDATA[AT&T; <foo>bar</foo>]]>", "https://a.example/p?a=1&amp;b=2", "https:////a.example/x",
    "/rel", "[::1", "tag:a,2020:1", "Mon, 01 Jan 2024 10:00:00 GMT", "2024-01-01T10:00:00Z", "2024-13-99", "soon",
    "http://[bad/", "joe@x.org (Joe Doe)", "joe@x.org", "Joe &lt;joe@x.org&gt;", "joe@x.museum (J)", "news, sport,",
    "Ã©tÃ©", "a&#133;b&#129;", "été", "a<!-- c -->b", "a;b=&amp;copy;x", "yes", "<name>N</name>", "<name/>",
    "<name>N</name><email>n@x.org</email>", "<uri>/h</uri><name>M</name>", "<email>n@x.org</email>",
    "<x:mood>t</x:mood>", "<name>Q</name><x:mood a='1'>t</x:mood>", "<b>bold</b>", "<name>A<x:mood>b</x:mood>C</name>",
    "<x:mood><name>N</name></x:mood>", "<name>N<title/></name>", "<name>N</name><x:mood><x:mood/>t</x:mood><uri>u</uri>",
]  # fmt: skip

leaves = st.builds(
    "<{0}{1}>{2}</{0}>".format,
    st.one_of(st.sampled_from(OFTEN), st.sampled_from(NAMES)),
    st.sampled_from(ATTRIBUTES),
    st.sampled_from(TEXTS),
)
groups = st.builds(
    "<{0}{1}>{2}</{0}>".format,
    st.sampled_from(["media:group", "media:content", "x:wrap", "wrap"]),
    st.sampled_from(ATTRIBUTES),
    st.lists(leaves, max_size=4).map("".join),
)
elements = st.lists(st.one_of(leaves, leaves, leaves, groups), max_size=7)


def raw(entry: Any) -> RawItem:
    """An entry as our own values."""
    return raw_item(entry, FeedInfo(format="rss20"))


def by_feedparser(document: bytes) -> list[RawItem]:
    """The items of a document, by the library."""
    headers = {"content-type": "application/xml"}
    parsed = feedparser.parse(
        BytesIO(document), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    return [raw(entry) for entry in parsed.entries]


def written(shape: str, *items: str) -> bytes:
    """A feed of items with these contents."""
    document, item = SHAPES[shape]
    return (document % "".join(item % one for one in items)).encode()


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=400)
@given(elements)
def test_a_plain_item_is_read_as_feedparser_reads_it(shape: str, parts: list[str]) -> None:
    """Whatever elements an item has, in whatever order: it is left to feedparser, or read alike."""
    document = written(shape, "".join(parts))
    _, [entry] = plain_entries(document, 1, FEEDPARSER)
    if entry is not None:
        [expected] = by_feedparser(document)
        read = raw(entry)
        if len(read.authors) == len(expected.authors) > 1:  # it may name two alike, see below
            expected = replace(expected, authors=read.authors)
        assert read == expected


PLAIN = [
    "<title>T</title><link>/a</link><guid isPermaLink='false'>1</guid><description>&lt;p&gt;D</description>",
    "<title>T</title><media:group><media:title>U</media:title><media:description>D</media:description></media:group>",
    "<description>S</description><description>the whole</description><content:encoded>W</content:encoded>",
    "<author><name>N</name><uri>/n</uri><x:picture src='p'/></author><dc:creator>D</dc:creator>",
    "<author>joe@x.org (Joe Doe)</author><author>joe@x.org</author>",
    "<media:content url='v.mp4' type='video/mp4'><media:thumbnail url='t.png'/></media:content>",
    "<title>S</title><source url='https://o.example/feed'>Other</source><title>T</title>",
    "<category>a</category><category domain='d'>b</category><itunes:keywords>c, d</itunes:keywords>",
    "<x:wrap><x:title>not a title</x:title></x:wrap><title>T</title>",
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("item", PLAIN)
def test_what_feeds_are_full_of_is_plain(shape: str, item: str) -> None:
    """The shorter way is taken for what most feeds hold, and leads to the same place."""
    document = written(shape, item, "<title>Next</title>")
    atom, entries = plain_entries(document, 2, FEEDPARSER)
    assert atom == (shape == "Atom")
    assert [raw(entry) for entry in entries] == by_feedparser(document)


ODD = {
    "XHTML": '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">C</div></content>',
    "an Atom source": "<source><title>O</title></source>",
    "mark-up": "<description><b>bold</b></description>",
    "base64": '<content type="image/png">aGVsbG8=</content>',
    "an author without a name": "<author><email>n@x.org</email></author>",
    "something within a name": "<author><name>A<x:mood>b</x:mood></name></author>",
    "a name within something": "<author><name>N</name><x:mood><name>M</name></x:mood></author>",
    "a title within a name": "<author><name><title/></name></author>",
    "an address in a form of its own": "<author>Joe &lt;joe@x.org&gt;</author>",
    "an author beneath another": "<author>A</author><media:group><author>B</author></media:group>",
    "a mode": '<description mode="escaped">D</description>',
    "an image": "<image><url>/i.png</url></image>",
    "a drawing": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a list of tags": "<tags>a,b</tags>",
    "an item in it": "<item/>",
    "a base that is none": '<title xml:base="sub/">T</title>',
}


@pytest.mark.parametrize("item", ODD.values(), ids=ODD)
def test_one_odd_item_is_left_to_feedparser_alone(item: str) -> None:
    """What is not plain costs its own item the shorter way, and no other."""
    _, entries = plain_entries(written("RSS", "<title>1</title>", item, "<title>3</title>"), 3, FEEDPARSER)
    assert [entry is None for entry in entries] == [False, True, False]


def test_an_odd_item_leaves_nothing_to_the_next() -> None:
    """A name that was broken off is not that of the next item's author, nor do attributes of CDF stand for links."""
    people = ("<author><name><title/></name></author>", "<author><name>N</name></author>")
    _, entries = plain_entries(written("RSS", *people), 2, FEEDPARSER)
    assert [entry is None for entry in entries] == [True, False]
    with_link = written("RSS", "<title>T</title>").replace(b"<item>", b'<item href="https://a.example/">')
    assert plain_entries(with_link, 1, FEEDPARSER) == (False, [None])


DOCUMENTS = {
    "XLink": RSS % '<item xmlns:l="http://www.w3.org/1999/xlink"><comments>/c</comments></item>',
    "a DOCTYPE": "<!DOCTYPE rss>" + RSS % "<item><title>T</title></item>",
    "one prefix for two": RSS % '<item><title>T</title></item><x:a xmlns:x="https://y.example/"/>',
    "two prefixes for one": RSS % '<item xmlns:y="https://x.example/ns"><title>T</title></item>',
    "a prefix that is another's": RSS.replace("xmlns:cc=", "xmlns:media2=").replace("xmlns:dc=", "xmlns:cc=")
    % '<item xmlns:dc="http://web.resource.org/cc/"><title>T</title></item>',
    "Userland's own": RSS.replace("<rss ", '<rss xmlns="http://backend.userland.com/rss2" ') % "<item/>",
    "broken off": (RSS % "<item/>")[:-3],
    "more items than were seen": RSS % "<item/><item/>",
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_an_odd_document_is_left_to_feedparser(document: str) -> None:
    """Where names may not mean what they say, none of the items is read here."""
    assert plain_entries(document.encode(), 1, FEEDPARSER) == (False, [None])


def test_an_author_of_text_alone_keeps_the_name_beside_another() -> None:
    """One of the two ways in which we differ: feedparser gives the first author the second's name."""
    document = written("RSS", "<dc:creator>Ann</dc:creator><author><name>Bo</name></author>")
    _, [entry] = plain_entries(document, 1, FEEDPARSER)
    assert (raw(entry).authors, by_feedparser(document)[0].authors) == (("Ann", "Bo"), ("Bo", "Bo"))


def test_a_base_ends_with_its_element() -> None:
    """The other: where nothing around it has a base, feedparser takes it for the base of all that follows."""
    item = '<description xml:base="https://b.example/">D</description><media:title>T</media:title>'
    document = written("RSS", item).replace(BASE.encode(), b"")
    _, [entry] = plain_entries(document, 1, FEEDPARSER)
    assert (raw(entry).title.base, by_feedparser(document)[0].title.base) == ("", "https://b.example/")


def test_content_of_the_feed_itself_reaches_into_its_first_item() -> None:
    """As it does in feedparser: after it, a second description is no content, in the item that follows."""
    channel = "<itunes:summary>S</itunes:summary><description>D</description>"
    item = "<item><description>1</description><description>2</description></item>"
    _, entries = plain_entries((RSS % (channel + item + item)).encode(), 2, FEEDPARSER)
    assert [entry is None for entry in entries] == [True, False]


def test_keywords_without_number_are_not_compared_with_each_other() -> None:
    """Of 200,000 keywords those are kept that an item can have: feedparser would compare each with all others."""
    words = ",".join(f"k{number}" for number in range(200_000))
    _, [entry] = plain_entries((RSS % f"<item><media:keywords>{words}</media:keywords></item>").encode(), 1, FEEDPARSER)
    assert raw(entry).categories[:51] == tuple(f"k{number}" for number in range(51))
