"""Which addresses are published, and in which form."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from publishing_samples import SITE, entry

from aggregator.model import SourceInfo
from aggregator.publishing.links import (
    entry_url,
    is_iri,
    item_path,
    needs_page,
    source_id,
    web_url,
    without_addresses,
)

# RFC 2396 as the W3C validator reads it, for http and https.
_VALID = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:\d+)?([/?#][0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]*)?")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=1&c=2#d", "https://example.org/a?b=1&c=2#d"),
        ("http://example.org", "http://example.org"),
        ("https://example.org/%E6%97%A5?q=%zz", "https://example.org/%E6%97%A5?q=%25zz"),
        ("https://example.org/日本?q=[1]|2", "https://example.org/%E6%97%A5%E6%9C%AC?q=%5B1%5D%7C2"),
        (" https://example.org/a b ", "https://example.org/a%20b"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("HTTPS://Example.org/A", "https://example.org/A"),
        ("https://example.org/a\r\n\tb", "https://example.org/ab"),
        ("https://example.org/'\"><b>", "https://example.org/'%22%3E%3Cb%3E"),
    ],
)
def test_an_address_is_written_so_that_any_reader_takes_it(url: str, expected: str) -> None:
    """What RFC 2396 does not allow is percent-encoded, the rest stays to the letter."""
    assert web_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "JaVaScRiPt:alert(1)//https://example.org/",
        "data:text/html,<script>alert(1)</script>",
        "javascript://example.org/%0aalert(1)",
        "ftp://example.org/x",
        "file:///etc/passwd",
        "//example.org/x",
        "/x",
        "https:",
        "https:///x",
        "https://",
        "https://user:password@example.org/",
        "https://user@example.org/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://[::1/",
        "https://exa mple.org/",
        "https://exa<b>mple.org/",
        "https://" + "ä" * 80 + ".example/",
    ],
)
def test_other_addresses_are_not_linked(url: str) -> None:
    """Only http and https with a host and without a user pass."""
    assert web_url(url) == ""


@given(st.one_of(st.text(), st.text().map(lambda text: "https://example.org/" + text)))
@example("http://a/%")
@example("https://[::1]\\x")
def test_no_text_at_all_gives_an_invalid_address(text: str) -> None:
    """Whatever a source sends: "" or a valid address, and writing that again changes nothing."""
    written = web_url(text)
    assert written == "" or _VALID.fullmatch(written)
    assert web_url(written) == written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tag:example.org,2026:1", True),
        ("urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6", True),
        ("https://example.org/日本", True),
        ("123", False),
        ("not a uri", False),
        ("https://example.org/a b", False),
        ("x:", False),
        ("JavaScript:alert(1)", False),
    ],
)
def test_what_an_iri_is(text: str, expected: bool) -> None:
    """An Atom id has a scheme and no blank in it."""
    assert is_iri(text) is expected


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://user@example.org/"])
def test_an_entry_without_an_address_links_to_its_page(url: str) -> None:
    """A seed, or an item whose link may not be followed, is given a page of ours."""
    item = entry(7, url=url)
    assert needs_page(item)
    assert entry_url(SITE, item) == SITE.base_url + item_path(item) == "https://feeds.example.org/items/7.html"


def test_an_entry_with_an_address_links_to_it() -> None:
    """What was published elsewhere is read there."""
    assert not needs_page(entry(7))
    assert entry_url(SITE, entry(7)) == "https://www.bbc.example/news/7"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("https://me:pw@example.org/f?token=abc answered 503", "example.org answered 503"),
        ("moved to 'http://example.org/x?key=1', refused", "moved to 'example.org', refused"),
        ("no answer within 30 s", "no answer within 30 s"),
    ],
)
def test_an_error_message_gives_no_address_away(error: str, expected: str) -> None:
    """What is published of an error keeps hosts and loses paths, tokens and passwords."""
    assert without_addresses(error) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (SourceInfo("a", "A", feed_id="yt:channel:UC1", feed_url="https://a.example/feed"), "yt:channel:UC1"),
        (SourceInfo("a", "A", feed_id="http://a.example", feed_url="https://a.example/feed"), "http://a.example"),
        (SourceInfo("a", "A", feed_id="no id", feed_url="https://a.example/feed"), "https://a.example/feed"),
        (SourceInfo("a", "A", url="https://a.example"), "https://a.example/"),
        (SourceInfo("a", "A", url="https://a.example?x=1"), "https://a.example/?x=1"),
        (SourceInfo("a", "A"), "tag:feeds.example.org,2026:sources/a"),
    ],
)
def test_what_names_a_source(source: SourceInfo, expected: str) -> None:
    """Its own id to the letter, else its address in canonical form, else a tag of ours."""
    assert source_id(SITE, source) == expected


_pieces = st.sampled_from(("a", "b/", "%41", "%zz", "?", "#", "&c=d", ";", "//", "..", "@", ":8", "é", "[", " ", "~"))


@example("x.example", ["?", " "])
@given(
    st.sampled_from(
        ("x.example", "x.example/", "x.example:80/", "x.example:65535", "x.example:65536/", "-x", "x..y/", "")
    ),
    st.lists(_pieces, max_size=6),
)
def test_an_address_that_is_escaped_is_left_to_the_letter(host: str, pieces: list[str]) -> None:
    """It is found at a glance; the scheme in capitals has it encoded the long way, with the same end."""
    rest = ("://" + host + "".join(pieces)).rstrip()
    clean = re.fullmatch(r"[A-Za-z0-9;/?:@&=+$.\-_!~*'(),#]*", rest)  # these were left alone before any encoding
    assert clean or web_url("https" + rest) == web_url("HTTPS" + rest)
