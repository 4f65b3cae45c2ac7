"""Canonical URLs: what is one page, what is not, and what has no key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.curation import tracking
from aggregator.curation.canonical import canonical_url, site_of

STORY = "https://www.daily.example/news/2026/02/fishing-pact-signed-4471"

ONE_PAGE = [
    ("scheme", "http://www.daily.example/news/2026/02/fishing-pact-signed-4471"),
    ("scheme in capitals", "HTTPS://www.daily.example/news/2026/02/fishing-pact-signed-4471"),
    ("default port", "https://www.daily.example:443/news/2026/02/fishing-pact-signed-4471"),
    ("no www", "https://daily.example/news/2026/02/fishing-pact-signed-4471"),
    ("phone host", "https://m.daily.example/news/2026/02/fishing-pact-signed-4471"),
    ("phone host under www", "https://www.m.daily.example/news/2026/02/fishing-pact-signed-4471"),
    ("touch host", "https://touch.daily.example/news/2026/02/fishing-pact-signed-4471"),
    ("trailing dot of the host", "https://www.daily.example./news/2026/02/fishing-pact-signed-4471"),
    ("trailing slash", STORY + "/"),
    ("dot segments", "https://www.daily.example/news/x/../2026/./02/fishing-pact-signed-4471"),
    ("doubled slash", "https://www.daily.example//news/2026/02/fishing-pact-signed-4471"),
    ("campaign", STORY + "?utm_source=feed&utm_medium=rss"),
    ("campaign in capitals", STORY + "?UTM_Source=feed"),
    ("campaign escaped twice", STORY + "?utm_source=feed&amp;utm_medium=rss"),
    ("advertiser's click", STORY + "?fbclid=IwAR2"),
    ("word where a number would tell", STORY + "?cid=rss"),
    ("referrer", STORY + "?ref=rss"),
    ("referrer with a token", STORY + "?source=rss-77ab12------2"),
    ("feed switch", STORY + "?rss"),
    ("feed switch with a value", STORY + "?rss=1"),
    ("print view", STORY + "?print=true"),
    ("AMP switch", STORY + "?amp"),
    ("AMP ending", STORY + "/amp/"),
    ("AMP segment", "https://www.daily.example/amp/news/2026/02/fishing-pact-signed-4471"),
    ("AMP suffix", STORY + ".amp"),
    ("AMP host", "https://amp.daily.example/news/2026/02/fishing-pact-signed-4471"),
    ("AMP viewer", "https://www.google.com/amp/s/www.daily.example/news/2026/02/fishing-pact-signed-4471"),
    (
        "AMP cache",
        "https://www-daily-example.cdn.ampproject.org/v/s/www.daily.example/news/2026/02/fishing-pact-signed-4471?usqp=mq",
    ),
    (
        "search engine's redirector",
        "https://www.google.co.uk/url?sa=t&url=https%3A%2F%2Fwww.daily.example%2Fnews%2F2026%2F02%2Ffishing-pact-signed-4471&usg=A",
    ),
    (
        "social redirector",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fdaily.example%2Fnews%2F2026%2F02%2Ffishing-pact-signed-4471%3Ffbclid%3Dx&h=A",
    ),
    ("anchor of the comments", STORY + "#comments"),
    ("text fragment", STORY + "#:~:text=pact"),
    ("campaign in the fragment", STORY + "#utm_source=feed&utm_medium=rss"),
    ("empty fragment and query", STORY + "?#"),
    ("session", STORY + ";jsessionid=0AF3"),
    ("blanks about it", f"\n {STORY} "),
]

OTHER_SPELLINGS = [
    ("order of parameters", "https://a.example/v?id=1&b=2", "https://a.example/v?b=2&id=1"),
    ("escaped letters", "https://a.example/%7Ekim/a%2Db", "https://a.example/~kim/a-b"),
    ("case of escapes", "https://a.example/a%2fb", "https://a.example/a%2Fb"),
    ("letters not escaped", "https://a.example/s%C3%B8ster", "https://a.example/søster"),
    ("composed and decomposed", "https://a.example/cafe\u0301", "https://a.example/caf\u00e9"),
    ("host by its other name", "https://b\u00fccher.example/a", "https://xn--bcher-kva.example/a"),
    ("index file", "https://a.example/a/index.html", "https://a.example/a/"),
    ("empty parameters", "https://a.example/a?&b=1&=", "https://a.example/a?b=1"),
    ("plus and blank", "https://a.example/?q=a+b", "https://a.example/?q=a%20b"),
    ("short address of a video", "https://youtu.be/Zx9?si=q", "https://www.youtube.com/watch?v=Zx9&list=PL1&t=4s"),
    ("video in the short format", "https://www.youtube.com/shorts/Zx9", "https://m.youtube.com/watch?v=Zx9"),
    ("encyclopedia on a phone", "https://en.m.wikipedia.org/wiki/Feed", "https://en.wikipedia.org/wiki/Feed"),
    ("broadcaster's two domains", "https://www.bbc.co.uk/news/articles/c1", "https://www.bbc.com/news/articles/c1"),
]

TWO_PAGES = [
    ("identifier", "https://a.example/a?id=1", "https://a.example/a?id=2"),
    ("WordPress number", "https://a.example/?p=1", "https://a.example/?p=2"),
    ("one-letter names", "https://a.example/?s=x&y=1", "https://a.example/?s=x&y=2"),
    ("page of an article", "https://a.example/a?page=2", "https://a.example/a"),
    ("video", "https://www.youtube.com/watch?v=abc", "https://www.youtube.com/watch?v=abd"),
    ("bare number as query", "https://a.example/spip.php?breve1323", "https://a.example/spip.php?breve1324"),
    ("number under a weak name", "https://a.example/v?st=77", "https://a.example/v?st=78"),
    ("anchor on a weblog's day", "http://a.example/2017/06/24.html#a1", "http://a.example/2017/06/24.html#a2"),
    ("number behind a semicolon", "https://a.example/a;1", "https://a.example/a;2"),
    ("language", "https://a.example/en/a", "https://a.example/de/a"),
    ("host", "https://news.a.example/a", "https://blog.a.example/a"),
    ("port", "https://a.example:8080/a", "https://a.example/a"),
    ("case of the path", "https://a.example/a/Xy", "https://a.example/a/xY"),
    ("amp within a word", "https://a.example/amp-up", "https://a.example/up"),
    ("escaped slash", "https://a.example/a%2Fb", "https://a.example/a/b"),
    ("referrer that is a place", "https://a.example/list?source=oslo", "https://a.example/list?source=bergen"),
]

NO_KEY = [
    "",
    "   ",
    "about:blank",
    "mailto:kim@a.example",
    "ftp://a.example/a",
    "//a.example/a",
    "/a",
    "tag:a.example,2026:1",
    "https://",
    "https://[::1/a",
    "https://a.example:x/a",
    "https://a.example",
    "https://a.example/",
    "https://www.a.example/index.php",
    "https://a.example/?utm_source=rss",
    "https://a.example/#top",
]


@pytest.mark.parametrize(("kind", "url"), ONE_PAGE)
def test_spellings_of_one_page_share_a_key(kind: str, url: str) -> None:
    """What a feed, a phone, a campaign or a redirector adds to a link does not make another page."""
    assert canonical_url(url) == "https://daily.example/news/2026/02/fishing-pact-signed-4471"


@pytest.mark.parametrize(("kind", "one", "other"), OTHER_SPELLINGS)
def test_equal_links_share_a_key(kind: str, one: str, other: str) -> None:
    """Two ways of writing one link have one key."""
    assert canonical_url(one) == canonical_url(other) != ""


@pytest.mark.parametrize(("kind", "one", "other"), TWO_PAGES)
def test_different_pages_have_different_keys(kind: str, one: str, other: str) -> None:
    """What may tell two pages apart is never dropped."""
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize("url", NO_KEY)
def test_no_key(url: str) -> None:
    """A link that leads to no page of its own has no key."""
    assert canonical_url(url) == ""


def test_hosts_that_must_keep_their_first_label() -> None:
    """A mirror's label is dropped only where a site remains."""
    assert canonical_url("https://m.co.uk/a") == "https://m.co.uk/a"
    assert canonical_url("https://amp.dev/a") == "https://amp.dev/a"


def test_redirectors_end() -> None:
    """A redirector that points at itself is unwrapped a few times and no more."""
    url = "https://www.google.com/url?q=https://a.example/a"
    for _ in range(30):
        url = "https://www.google.com/url?q=" + url
    assert canonical_url(url).startswith("https://google.com/url?")


def test_site_is_the_host_without_its_mirrors() -> None:
    """The site of a link is its host, less what shows the same pages."""
    assert site_of("https://www.Daily.example/a") == site_of("http://m.daily.example/b") == "daily.example"
    assert site_of("not a link") == ""


def test_tables_are_well_formed() -> None:
    """Every name in the tables is a whole lower-case name, and no name is in two of them."""
    tables = [tracking.TRACKING_NAMES, tracking.WEAK_NAMES, tracking.FLAG_NAMES, tracking.REFERRER_NAMES]
    names = [name for table in tables for name in table]
    assert len(names) == len(set(names))
    assert all(len(name) > 1 and name == name.lower() for name in names)


URLS = st.one_of(
    st.text(),
    st.builds(
        "https://{}.example/{}?{}#{}".format,
        st.text("abwm.", min_size=1),
        st.text("aä%2F5/.;~+\ud800\u0301 "),
        st.text("a1&=;%C3utm_+/"),
        st.text("a=%utm_/"),
    ),
)


@given(URLS)
def test_a_key_is_its_own_key(url: str) -> None:
    """Canonicalising never raises, and twice is the same as once."""
    key = canonical_url(url)
    assert canonical_url(key) == key
