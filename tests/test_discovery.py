"""Where a site's feed may be: by its address, by its page, by custom. Nobody is asked here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.discovery.candidates import Candidate, best_first, by_address, guesses, looks_like_feed
from aggregator.discovery.page import Page, read_page

CHANNEL = "UC" + "a1_-" * 5 + "xy"

# (the address that a person copies, the best feed, how many there are)
ADDRESSES = [
    (f"https://www.youtube.com/channel/{CHANNEL}", f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}", 1),
    (
        f"https://m.youtube.com/channel/{CHANNEL}/videos",
        f"https://m.youtube.com/feeds/videos.xml?channel_id={CHANNEL}",
        1,
    ),
    (
        "https://www.youtube.com/playlist?list=PL123_-x",
        "https://www.youtube.com/feeds/videos.xml?playlist_id=PL123_-x",
        1,
    ),
    ("https://youtube.com/watch?v=abc&list=PL1&index=2", "https://youtube.com/feeds/videos.xml?playlist_id=PL1", 1),
    ("https://www.youtube.com/user/somebody", "https://www.youtube.com/feeds/videos.xml?user=somebody", 1),
    ("https://github.com/owner/repo", "https://github.com/owner/repo/releases.atom", 3),
    ("https://github.com/owner/repo.git", "https://github.com/owner/repo/releases.atom", 3),
    ("https://github.com/owner/re.po/", "https://github.com/owner/re.po/releases.atom", 3),
    ("https://github.com/owner/repo/tags", "https://github.com/owner/repo/tags.atom", 1),
    ("https://github.com/owner/repo/releases/tag/v1", "https://github.com/owner/repo/releases.atom", 1),
    ("https://github.com/owner/repo/commits/dev/src", "https://github.com/owner/repo/commits/dev/src.atom", 1),
    ("https://github.com/owner/repo/tree/dev", "https://github.com/owner/repo/commits/dev.atom", 1),
    ("https://github.com/owner", "https://github.com/owner.atom", 1),
    ("https://gitlab.com/owner/repo", "https://gitlab.com/owner/repo/-/tags?format=atom", 2),
    ("https://codeberg.org/owner/repo", "https://codeberg.org/owner/repo/releases.rss", 2),
    ("https://www.reddit.com/r/rust/", "https://www.reddit.com/r/rust/.rss", 1),
    ("https://old.reddit.com/r/rust+python/new/?t=1", "https://old.reddit.com/r/rust+python/new/.rss", 1),
    ("https://www.reddit.com/user/somebody", "https://www.reddit.com/user/somebody/.rss", 1),
    ("https://www.reddit.com/r/rust/comments/1/title/", "https://www.reddit.com/r/rust/comments/1/title/.rss", 1),
    ("https://somebody.substack.com/", "https://somebody.substack.com/feed/", 1),
    ("https://somebody.wordpress.com", "https://somebody.wordpress.com/feed/", 1),
    ("https://medium.com/@some.body", "https://medium.com/feed/@some.body", 1),
    ("https://medium.com/a-publication", "https://medium.com/feed/a-publication", 1),
    ("https://medium.com/tag/rust/latest", "https://medium.com/feed/tag/rust", 1),
    ("https://somebody.medium.com/", "https://somebody.medium.com/feed", 1),
    ("https://somebody.blogspot.com/", "https://somebody.blogspot.com/feeds/posts/default", 1),
    (
        "https://somebody.blogspot.com/search/label/a%20b?m=1",
        "https://somebody.blogspot.com/feeds/posts/default/-/a%20b",
        1,
    ),
    ("https://somebody.tumblr.com", "https://somebody.tumblr.com/rss", 1),
    ("https://bsky.app/profile/some.body", "https://bsky.app/profile/some.body/rss", 1),
    ("https://vimeo.com/somebody", "https://vimeo.com/somebody/videos/rss", 1),
    ("https://dev.to/somebody", "https://dev.to/feed/somebody", 1),
    ("https://pypi.org/project/Some.Thing/#history", "https://pypi.org/rss/project/Some.Thing/releases.xml", 1),
    ("https://crates.io/crates/serde/versions", "https://static.crates.io/rss/crates/serde.xml", 1),
    ("https://arxiv.org/list/cs.CL/recent", "https://rss.arxiv.org/rss/cs.CL", 1),
]


@pytest.mark.parametrize(("address", "feed", "number"), ADDRESSES)
def test_the_feeds_of_known_sites_are_told_from_their_addresses(address: str, feed: str, number: int) -> None:
    """No request is spent on what everybody knows; on the host and port that was given."""
    found = by_address(address)
    assert (found[0].url, len(found)) == (feed, number)


UNKNOWN = [
    "https://www.youtube.com/@handle",  # only its page knows the channel
    "https://www.youtube.com/watch?v=abc",
    "https://github.com/",
    "https://github.com/features/actions",
    "https://github.com/orgs/owner/repositories",
    "https://notgithub.com/owner/repo",
    "https://github.com.evil.example/owner/repo",
    "https://substack.com/",
    "https://somebody.substack.com/p/post",
    "https://vimeo.com/12345",
    "https://example.org/@somebody",
]


@pytest.mark.parametrize("address", UNKNOWN)
def test_other_addresses_are_asked(address: str) -> None:
    """Another page of a known site, and a host that only looks like one, are nobody's in the table."""
    assert by_address(address) == ()


FEEDS = [
    "https://x.example/feed", "https://x.example/blog/feed/", "https://x.example/rss.xml", "https://x.example/a.atom",
    "https://x.example/index.rdf", "https://x.example/?feed=rss2", "https://x.example/blog?format=RSS",
    "https://x.example/feed.json", "https://x.example/rss.php?full", "https://x.example/feeds/posts/default",
    "https://feeds.example/videos.xml?channel_id=1", "https://x.example/@somebody.rss", "https://x.example/rss/world",
]  # fmt: skip
PAGES = [
    "https://x.example/", "https://x.example/feedback", "https://x.example/rss-feeds.html", "https://x.example/index.php",
    "https://x.example/sitemap.xml", "https://x.example/wp-json/oembed/1.0/embed?format=json", "https://x.example/rss.png",
    "https://rss.example/", "https://x.example/newsfeeds", "http://[", "https://x.example/xmlrpc.php",
]  # fmt: skip


@pytest.mark.parametrize(("address", "is_feed"), [(one, True) for one in FEEDS] + [(one, False) for one in PAGES])
def test_what_looks_like_a_feed(address: str, is_feed: bool) -> None:
    """By the form of its address; what does not is taken for a page, and robots.txt is asked."""
    assert looks_like_feed(address) == is_feed


# (what, the page, the addresses found, best first)
PAGE_FORMS = [
    ("autodiscovery", '<link rel="alternate" type="application/rss+xml" href="/rss">', ["https://x.example/rss"]),
    ("Atom, relative", "<link rel=alternate type=application/atom+xml href=atom>", ["https://x.example/blog/atom"]),
    ("JSON Feed", '<link rel="alternate" type="application/feed+json" href="/f">', ["https://x.example/f"]),
    ("JSON that is a feed", '<link rel="alternate" type="application/json" href="/feed.json">', ["https://x.example/feed.json"]),
    ("JSON that is none", '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/1">', []),
    ("oEmbed", '<link rel="alternate" type="application/json+oembed" href="/embed?format=json">', []),
    ("rel=feed", '<link rel="feed" href="/f">', ["https://x.example/f"]),
    ("capitals and a charset", '<LINK REL="Alternate" TYPE="Application/RSS+XML; charset=x" HREF="/f">', ["https://x.example/f"]),
    ("other alternates", '<link rel="alternate" hreflang="de" href="/de"><link rel="stylesheet" href="/x.css">', []),
    ("a base", '<base href="/other/"><link rel="alternate" type="application/rss+xml" href="f">', ["https://x.example/other/f"]),
    ("another host", '<link rel="alternate" type="application/rss+xml" href="//feeds.example/f">', ["https://feeds.example/f"]),
    ("escapes", '<link rel="alternate" type="application/rss+xml" href="/f?a=1&amp;b=2">', ["https://x.example/f?a=1&b=2"]),
    ("feed:", '<link rel="alternate" type="application/rss+xml" href="feed:x">', []),
    ("no web address", '<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">', []),
    ("a password", '<link rel="alternate" type="application/rss+xml" href="https://a:b@x.example/f">', []),
    ("the page itself", '<link rel="alternate" type="application/rss+xml" href="">', []),
    ("in a comment", '<!-- <link rel="alternate" type="application/rss+xml" href="/f"> -->', []),
    ("in a script", "<script>'<link rel=\"alternate\" type=\"application/rss+xml\" href=\"/f\">'</script>", []),
    ("in the body", '<body><p>x<link rel="alternate" type="application/rss+xml" href="/f">', ["https://x.example/f"]),
    ("comments last",
     '<link rel="alternate" type="application/rss+xml" title="Site &raquo; Comments Feed" href="/c">'
     '<link rel="alternate" type="application/rss+xml" href="/comments/feed/">'
     '<link rel="alternate" type="application/rss+xml" title="Site &raquo; Feed" href="/f">'
     '<link rel="alternate" type="application/atom+xml" title="Atom" href="/g">',
     ["https://x.example/f", "https://x.example/g", "https://x.example/c", "https://x.example/comments/feed/"]),
    ("the same twice", '<link rel="alternate" type="application/rss+xml" href="/f">' * 2, ["https://x.example/f"]),
    ("only a link in the text", '<a href="/about">x</a><a href="rss.xml">RSS</a>', ["https://x.example/blog/rss.xml"]),
    ("a friend's feed", '<a href="https://friend.example/feed">friend</a>', []),
    ("a link, where one is named", '<link rel="alternate" type="application/rss+xml" href="/f"><a href="/rss">', ["https://x.example/f"]),
    ("a feed host", '<a href="https://feeds.feedburner.com/x/rss">RSS</a>', ["https://feeds.feedburner.com/x/rss"]),
]  # fmt: skip


@pytest.mark.parametrize(("html", "feeds"), [row[1:] for row in PAGE_FORMS], ids=[row[0] for row in PAGE_FORMS])
def test_the_feeds_that_a_page_names(html: str, feeds: list[str]) -> None:
    """Link elements before links in the text, in the order of the page, comments last."""
    assert [feed.url for feed in read_page(html.encode(), "https://x.example/blog/post").feeds] == feeds


HEADERS = (
    ('<feed.xml>; rel="alternate"; type="application/rss+xml"; title="Notes, and more"', [("https://x.example/feed.xml", "Notes, and more")]),
    ("</a>;type=application/atom+xml;rel=alternate,</b>; rel=\"feed\"", [("https://x.example/a", ""), ("https://x.example/b", "")]),
    ('</a>; rel="alternate home"; type="text/html", </c>; rel=stylesheet; type="application/rss+xml"', []),
    ('</a>; rel=alternate; type="application/json", </wp-json/wp/v2/pages/2>; rel=alternate; type="application/json"', []),
    ('</feed.json>; rel=alternate; type="application/json"', [("https://x.example/feed.json", "")]),
    ('</a>; rel=alternate; type="application/rss+xml"; anchor="/other"', []),
    ('</a>; rel=self; rel=alternate; type="application/rss+xml"', []),
    ('</a>; rel=alternate; title="a \\"b\\" <c>"; type="application/rss+xml"', [("https://x.example/a", 'a "b" <c>')]),
    ("</é>; rel=feed", [("https://x.example/%C3%A9", "")]),
    ('nonsense; rel=feed, <unclosed; rel=feed, </a>; rel="feed', []),
)  # fmt: skip


@pytest.mark.parametrize(("header", "feeds"), HEADERS)
def test_the_feeds_that_a_link_header_names(header: str, feeds: list[tuple[str, str]]) -> None:
    """As RFC 8288 has it: targets are relative to the page, the first of two relations counts, anchors are others'."""
    page = read_page(b"", "https://x.example/", header.encode().decode("latin-1"))
    assert [(feed.url, feed.title) for feed in page.feeds] == feeds


def test_elements_of_the_page_go_before_its_headers() -> None:
    """Both name feeds; the page's own order is the site's, and what both name is there once."""
    html = b'<link rel=alternate type="application/rss+xml" href="/one"><link rel=alternate type="application/rss+xml" href="/two">'
    page = read_page(html, "https://x.example/", "</three>; rel=feed, </two>; rel=feed")
    assert [feed.url for feed in page.feeds] == [f"https://x.example/{name}" for name in ("one", "two", "three")]


@given(st.text(st.sampled_from('<>;,="\\ /arelfdtyp+xml'), max_size=200))
def test_no_link_header_is_too_bad(header: str) -> None:
    """Whatever is in it, it is read, and what it names is a web address."""
    page = read_page(b"", "https://x.example/", f"{header}, </f>; rel=feed")
    assert all(feed.url.startswith("https://x.example/") for feed in page.feeds)


def test_what_the_page_of_a_handle_gives_away() -> None:
    """YouTube's script holds the channel; what stands on another site's page does not count."""
    script = f'<script>var x = {{"externalId":"{CHANNEL}"}}</script>'.encode()
    feed = f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"
    assert read_page(script, "https://www.youtube.com/@handle").feeds == (Candidate(feed),)
    assert read_page(script, "https://x.example/@handle").feeds == ()


def test_titles_and_generator_are_plain_text() -> None:
    """One line each, no control characters."""
    page = read_page(
        b'<meta name=Generator content="WordPress\n 6"><link rel=alternate type=application/rss+xml title=" A\x1b\n B" href=/f>',
        "https://x.example/",
    )
    assert page == Page((Candidate("https://x.example/f", "A B"),), "WordPress 6")


PAGE_ENCODINGS = ["utf-8", "utf-16", "latin-1", "utf-8-sig"]


@pytest.mark.parametrize("encoding", PAGE_ENCODINGS)
def test_pages_in_every_encoding(encoding: str) -> None:
    """The title is read as it is meant."""
    html = f'<meta charset="{encoding}"><link rel="alternate" type="application/rss+xml" title="Été" href="/f">'
    assert read_page(html.encode(encoding), "https://x.example/").feeds == (Candidate("https://x.example/f", "Été"),)


@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_page_is_too_bad(body: bytes, address: str) -> None:
    """Whatever the bytes and the address: what is found can be asked for, and is said in one line."""
    links = f'<link rel=alternate type=application/rss+xml href="{address}"><base href="{address}"><a href="{address}">'
    for page in (
        read_page(body, "https://x.example/"),
        read_page(links.encode("utf-8", "replace"), "https://x.example/"),
    ):
        assert all(feed.url.startswith(("https://", "http://")) for feed in page.feeds)
        assert all(len(text.splitlines()) <= 1 for text in (page.generator, *(feed.title for feed in page.feeds)))
    assert looks_like_feed(address) in (True, False)


# (the page's address, its generator, the first guesses)
GUESSES = [
    ("https://x.example/", "", ["https://x.example/feed/", "https://x.example/feed.xml", "https://x.example/rss"]),
    ("https://x.example/blog", "", ["https://x.example/blog/feed/", "https://x.example/feed/"]),
    ("https://x.example/blog/post", "", ["https://x.example/blog/feed/", "https://x.example/feed/"]),
    ("https://x.example/~me/index.html", "", ["https://x.example/~me/feed/", "https://x.example/feed/"]),
    ("https://x.example/", "Hugo 0.120", ["https://x.example/index.xml", "https://x.example/feed/"]),
    ("https://x.example/", "Ghost 5", ["https://x.example/rss/"]),
    ("https://x.example/", "WordPress 6.6", ["https://x.example/feed/", "https://x.example/?feed=rss2"]),
    ("https://social.example/@some.body", "", ["https://social.example/@some.body.rss"]),
    ("https://social.example/users/somebody", "", ["https://social.example/users/somebody.rss"]),
    ("https://lemmy.example/c/rust", "", ["https://lemmy.example/feeds/c/rust.xml?sort=Active"]),
    ("https://lemmy.example/u/somebody", "", ["https://lemmy.example/feeds/u/somebody.xml?sort=New"]),
    ("https://x.example/category/news/", "", ["https://x.example/category/news/feed/"]),
    ("http://127.0.0.1:8000/", "", ["http://127.0.0.1:8000/feed/"]),
]


@pytest.mark.parametrize(("address", "generator", "first"), GUESSES)
def test_guesses_by_software_then_by_custom(address: str, generator: str, first: list[str]) -> None:
    """What the page's maker does is tried before what most do; each place once."""
    found = [guess.url for guess in guesses(address, generator)]
    assert found[: len(first)] == first
    assert len(set(found)) == len(found)


def test_comments_are_told_by_title_or_address() -> None:
    """In several languages; otherwise the order stays."""
    named = [
        Candidate("https://x.example/1", "Kommentare"),
        Candidate("https://x.example/comments/feed"),
        Candidate("https://x.example/2"),
    ]
    assert [one.url[-1] for one in best_first(named)] == ["2", "1", "d"]
