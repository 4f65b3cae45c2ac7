"""A document that XML refuses for a few characters is mended, and then read as any other."""

from datetime import UTC, datetime

import pytest

from aggregator.model import Reading
from aggregator.reading.mending import mend
from aggregator.reading.read import read_body

NOW = datetime(2026, 3, 1, tzinfo=UTC)

MENDED = {
    "an entity of HTML": (b"<t>a&nbsp;b&eacute;</t>", b"<t>a&#160;b&#233;</t>"),
    "an entity of two characters": (b"<t>&nGt;</t>", b"<t>&#8811;&#8402;</t>"),
    "an entity that nobody knows": (b"<t>&who;</t>", b"<t>&amp;who;</t>"),
    "a bare ampersand": (b"<t>AT&T & Co</t>", b"<t>AT&amp;T &amp; Co</t>"),
    "an address": (b"<l>/?a=1&copy=2</l>", b"<l>/?a=1&amp;copy=2</l>"),
    "an unfinished reference": (b"<t>&#65 &#x;</t>", b"<t>&amp;#65 &amp;#x;</t>"),
    "no character of XML": (b"<t>&#0;&#xFFFE;&#99999999999;</t>", b"<t></t>"),
    "control characters": (b"<t>a\x0b\x01b</t>", b"<t>ab</t>"),
    "CDATA": (b"<![CDATA[&nbsp; & ]]>&nbsp;", b"<![CDATA[&nbsp; & ]]>&#160;"),
    "a comment": (b"<!-- &nbsp; & -->&nbsp;", b"<!-- &nbsp; & -->&#160;"),
    "CDATA without an end": (b"&nbsp;<![CDATA[&nbsp;", b"&#160;<![CDATA[&nbsp;"),
    "what is well-formed": (b"<t>&amp;&lt;&#65;&#x41;\t\n</t>",) * 2,
    "letters of two bytes": (b"<\0t\0>\0&\0",) * 2,
}


@pytest.mark.parametrize(("body", "expected"), MENDED.values(), ids=MENDED)
def test_what_was_meant_is_put_in_its_place(body: bytes, expected: bytes) -> None:
    """What XML cannot hold is replaced by what was meant, or left out; all else stays to the letter."""
    assert mend(body) == expected


def test_a_broken_feed_is_read_no_more_often_than_a_sound_one() -> None:
    """Its items are told apart: those that are known are passed over, where they were all read again at each poll."""
    body = b"""<rss version="2.0"><channel><title>Tom & Ann</title>
        <item><title>One&nbsp;more</title><guid>1</guid></item><item><title>A \x08 B</title><guid>2</guid></item>
        </channel></rss>"""
    first = read_body(body, "", "https://a.example/", frozenset(), NOW)
    assert isinstance(first, Reading)
    assert (first.feed.title, [item.title for item in first.items]) == ("Tom & Ann", ["One more", "A B"])
    second = read_body(body, "", "https://a.example/", first.digests, NOW)
    assert isinstance(second, Reading)
    assert (second.items, second.digests) == ((), first.digests)
