"""Items that are known are cut out of a document before it is parsed: what is left reads as in the whole document."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Reading
from aggregator.reading.read import read_body

NOW = datetime(2026, 3, 1, tzinfo=UTC)
URL = "https://a.example/feed.xml"

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xml:base="https://a.example/base/"><channel><title>Årbok</title><link>https://a.example/</link>
<language>nb</language><skipHours><hour>3</hour><hour>4</hour></skipHours>
<item><title>One &amp; only</title><link>one</link><guid isPermaLink="false">1</guid><dc:creator>Kari</dc:creator></item>
<item><title><![CDATA[Two </item> in a row]]></title><guid>https://a.example/2</guid>
  <content:encoded><![CDATA[<p>An <a href="x">item</a></p>]]></content:encoded></item>
<!-- between <item>s -->
<item xmlns:x="urn:x"><x:mood>good</x:mood><title>Three</title><pubDate>Sun, 01 Feb 2026 08:00:00 GMT</pubDate></item>
<item/>
<item><title>Five</title><description>&lt;img src="/five.png"&gt;five</description></item>
<copyright>A. Example</copyright></channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://a.example/">
<title>Blatt</title><id>urn:blatt</id><author><name>Ute</name></author>
<entry xml:lang="fr"><id>urn:1</id><title type="html">&lt;b&gt;Un&lt;/b&gt;</title><link href="un"/><updated>2026-02-01T08:00:00Z</updated>
</entry>
<entry><id>urn:2</id><title>Zwei</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Z</p></div></content></entry>
<a:entry xmlns:a="http://www.w3.org/2005/Atom"><a:id>urn:3</a:id><a:title>Drei</a:title></a:entry>
<rights>frei</rights></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://a.example/"><title>R</title><link>https://a.example/</link></channel>
<item rdf:about="https://a.example/1"><title>One</title><link>https://a.example/1</link></item>
<item rdf:about="https://a.example/2"><title>Two</title><link>https://a.example/2</link></item></rdf:RDF>"""

LATIN = '<?xml version="1.0" encoding="iso-8859-1"?>' + RSS.partition("?>")[2]

FEEDS = {"RSS": RSS.encode(), "Atom": ATOM.encode(), "RDF": RDF.encode(), "latin-1": LATIN.encode("latin-1")}
FEEDS["utf-16"] = RSS.replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16")


@pytest.mark.parametrize("name", FEEDS)
@given(data=st.data())
def test_what_is_left_reads_as_in_the_whole_document(name: str, data: st.DataObject) -> None:
    """Whichever items are known, the others, the feed itself and all digests are what a first reading finds."""
    whole = read_body(FEEDS[name], "", URL, frozenset(), NOW)
    assert isinstance(whole, Reading)
    known = data.draw(st.sets(st.sampled_from(sorted(whole.digests))))
    rest = read_body(FEEDS[name], "", URL, frozenset(known), NOW)
    assert isinstance(rest, Reading)
    assert rest.items == tuple(item for item in whole.items if item.digest not in known)
    assert (rest.feed, rest.digests) == (whole.feed, whole.digests)


@pytest.mark.parametrize("name", FEEDS)
def test_every_item_can_be_cut_out(name: str) -> None:
    """These feeds are such that the shorter way is taken: where all is known, nothing is read again."""
    whole = read_body(FEEDS[name], "", URL, frozenset(), NOW)
    assert isinstance(whole, Reading)
    assert len(whole.items) > 1
    rest = read_body(FEEDS[name], "", URL, whole.digests, NOW)
    assert isinstance(rest, Reading)
    assert not rest.items
