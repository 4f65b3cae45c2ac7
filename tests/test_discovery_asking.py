"""Finding a site's feed by asking: ten kinds of site in their own shapes, few requests, robots.txt, nothing private."""

import asyncio
from collections.abc import Mapping

import pytest
from fakeweb import HANG, FakeWeb, Reply, answer
from places import item, rss
from polls import AT_ONCE, transport

from aggregator.config.naming import feed_key
from aggregator.discovery.finding import REQUESTS, Finding, Found, NotFound, Subscribed, Terms, find_feed
from aggregator.polling.transport import Transport
from aggregator.polling.web import open_web
from aggregator.reading.pool import ReaderPool

CHANNEL = "UC" + "a1_-" * 5 + "xy"
FEED = answer(200, rss(item("A", guid="1"), title="The Feed"), ETag='"1"')
ATOM = answer(
    200, b'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>a:b</id><entry><id>a:c</id></entry></feed>'
)
JSON = answer(200, b'{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": []}')
PATIENT = Terms(timeout=5)


def page(*head: str, body: str = "") -> bytes:
    """A web page."""
    html = f"<!doctype html><html><head><title>A site</title>{''.join(head)}</head><body>{body}</body></html>"
    return answer(200, html.encode(), Content_Type="text/html; charset=utf-8")


def link(href: str, title: str = "", kind: str = "rss") -> str:
    """A link element as sites write it."""
    return f'<link rel="alternate" type="application/{kind}+xml" title="{title}" href="{href}"/>'


def find(
    script: Mapping[str, Reply], path: str = "/", host: str = "site.test", sources: Mapping[str, str] | None = None,
    terms: Terms = PATIENT, private: bool = True,
) -> tuple[Finding, list[str], str]:  # fmt: skip
    """Look for a feed on a web where every name is at home; what came of it, what was asked, and the web's root."""

    async def go(web: FakeWeb) -> Finding:
        known = {feed_key(web.url(path, host)): name for path, name in (sources or {}).items()}
        way = transport() if private else Transport()
        async with ReaderPool(1) as pool, open_web(AT_ONCE, way) as opened:
            return await find_feed(opened, pool, web.url(path, host), known, terms)

    with FakeWeb({path: [reply] for path, reply in script.items()}) as web:
        found = asyncio.run(go(web))
        return found, [request.target for request in web.requests], web.url("", host)


WORDPRESS = (
    '<meta name="generator" content="WordPress 6.6" />',
    link("/comments/feed/", "Site &raquo; Comments Feed"),
    link("/feed/", "Site &raquo; Feed"),
    '<link rel="alternate" title="JSON" type="application/json" href="/wp-json/wp/v2/pages/2" />',
    '<link rel="alternate" type="application/json+oembed" href="/wp-json/oembed/1.0/embed?url=x" />',
)
YOUTUBE = f'<script>ytInitialData = {{"metadata": {{"externalId":"{CHANNEL}"}}}};</script>'

# (the kind of site, its host, the page that is typed, the web, the feed, everything that is asked)
KINDS: list[tuple[str, str, str, dict[str, Reply], str, list[str]]] = [
    ("a feed itself", "site.test", "/rss.xml", {"/rss.xml": FEED}, "/rss.xml", ["/rss.xml"]),
    ("WordPress", "site.test", "/", {"/": page(*WORDPRESS), "/feed/": FEED}, "/feed/", ["/robots.txt", "/", "/feed/"]),
    ("WordPress without links", "site.test", "/", {"/": page(WORDPRESS[0]), "/feed/": FEED}, "/feed/",
     ["/robots.txt", "/", "/feed/"]),
    ("one that says it in a header only", "site.test", "/notes/",
     {"/notes/": answer(200, b"<p>Hello</p>", Content_Type="text/html",
                        Link='<?api=1>; rel="https://api.test/", <feed.json>; rel=alternate; type="application/feed+json"'),
      "/notes/feed.json": JSON},
     "/notes/feed.json", ["/robots.txt", "/notes/", "/notes/feed.json"]),
    ("a static site", "site.test", "/blog/", {"/blog/": page(link("index.xml", kind="atom")), "/blog/index.xml": ATOM},
     "/blog/index.xml", ["/robots.txt", "/blog/", "/blog/index.xml"]),
    ("a site that names nothing", "site.test", "/", {"/": page(), "/feed.xml": JSON}, "/feed.xml",
     ["/robots.txt", "/", "/feed/", "/feed.xml"]),
    ("a site with a link in its text", "site.test", "/", {"/": page(body='<a href="/rss">RSS</a>'), "/rss": FEED}, "/rss",
     ["/robots.txt", "/", "/rss"]),
    ("a YouTube channel", "www.youtube.com", f"/channel/{CHANNEL}", {f"/feeds/videos.xml?channel_id={CHANNEL}": ATOM},
     f"/feeds/videos.xml?channel_id={CHANNEL}", [f"/feeds/videos.xml?channel_id={CHANNEL}"]),
    ("a YouTube handle", "www.youtube.com", "/@some.body",
     {"/@some.body": page(body=YOUTUBE), f"/feeds/videos.xml?channel_id={CHANNEL}": ATOM},
     f"/feeds/videos.xml?channel_id={CHANNEL}", ["/robots.txt", "/@some.body", f"/feeds/videos.xml?channel_id={CHANNEL}"]),
    ("a GitHub repository", "github.com", "/owner/repo", {"/owner/repo/releases.atom": ATOM}, "/owner/repo/releases.atom",
     ["/owner/repo/releases.atom"]),
    ("a Mastodon profile", "social.test", "/@some.body",
     {"/@some.body": page(link("/@some.body.rss")), "/@some.body.rss": FEED}, "/@some.body.rss",
     ["/robots.txt", "/@some.body", "/@some.body.rss"]),
    ("a Mastodon profile that needs JavaScript", "social.test", "/@some.body",
     {"/@some.body": page(), "/@some.body.rss": FEED}, "/@some.body.rss", ["/robots.txt", "/@some.body", "/@some.body.rss"]),
    ("a subreddit", "www.reddit.com", "/r/rust/", {"/r/rust/.rss": ATOM}, "/r/rust/.rss", ["/r/rust/.rss"]),
    ("Substack", "somebody.substack.com", "/", {"/feed/": FEED}, "/feed/", ["/feed/"]),
    ("Medium", "medium.com", "/@somebody", {"/feed/@somebody": FEED}, "/feed/@somebody", ["/feed/@somebody"]),
    ("Blogger", "somebody.blogspot.com", "/", {"/feeds/posts/default": ATOM}, "/feeds/posts/default", ["/feeds/posts/default"]),
    ("a Lemmy community", "lemmy.test", "/c/rust", {"/c/rust": page(), "/feeds/c/rust.xml?sort=Active": FEED},
     "/feeds/c/rust.xml?sort=Active", ["/robots.txt", "/c/rust", "/feeds/c/rust.xml?sort=Active"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("host", "path", "web", "feed", "asked"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS]
)
def test_the_feed_of_every_kind_of_site_is_found(
    host: str, path: str, web: dict[str, Reply], feed: str, asked: list[str]
) -> None:
    """In few requests, the feed itself asked once; robots.txt only where a page is looked at."""
    found, requests, root = find(web, path, host)
    assert isinstance(found, Found)
    assert found.url == root + feed
    assert found.reading.feed.format
    assert requests == asked


def test_what_else_a_site_has_is_named_and_not_asked() -> None:
    """In its order, comments last, with the titles that the page gives."""
    head = (link("/comments", "Comments"), link("/news", "News"), link("/sport", "Sport"))
    found, requests, root = find({"/": page(*head), "/news": FEED})
    assert isinstance(found, Found)
    assert [(one.url, one.title) for one in found.others] == [
        (f"{root}/sport", "Sport"),
        (f"{root}/comments", "Comments"),
    ]
    assert requests == ["/robots.txt", "/", "/news"]


def test_a_link_that_leads_nowhere_is_passed_over() -> None:
    """The next is tried; what failed is not named as another feed."""
    head = (link("/gone"), link("/page"), link("/feed"))
    found, _, root = find({"/": page(*head), "/gone": answer(410), "/page": page(), "/feed": FEED})
    assert isinstance(found, Found)
    assert (found.url, found.others) == (f"{root}/feed", ())


def test_links_are_relative_to_where_the_page_really_is() -> None:
    """A page that redirects names its feeds from there; a feed that moved for good is subscribed to in its new place."""
    moved, other = answer(302, b"", Location="/blog/"), answer(301, b"", Location="/new-feed")
    found, _, root = find({"/": moved, "/blog/": page(link("feed")), "/blog/feed": other, "/new-feed": FEED})
    assert isinstance(found, Found)
    assert found.url == f"{root}/new-feed"


def test_a_feed_that_moved_for_now_keeps_its_address() -> None:
    """302 is followed and not kept."""
    found, _, root = find({"/feed": answer(302, b"", Location="/elsewhere"), "/elsewhere": FEED}, "/feed")
    assert isinstance(found, Found)
    assert found.url == f"{root}/feed"


# -- There already --------------------------------------------------------------------------------------------------


def test_what_is_a_source_already_is_not_asked_again() -> None:
    """The feed itself costs no request, its site one look at the page."""
    web = {"/": page(*WORDPRESS), "/feed/": FEED}
    found, requests, root = find(web, "/feed", sources={"/feed/": "mine"})
    assert (found, requests) == (Subscribed("mine", f"{root}/feed"), [])
    found, requests, root = find(web, "/", sources={"/feed/": "mine"})
    assert (found, requests) == (Subscribed("mine", f"{root}/feed/"), ["/robots.txt", "/"])
    found, requests, _ = find({}, "/owner/repo", "github.com", {"/owner/repo/releases.atom": "repo"})
    assert (isinstance(found, Subscribed), requests) == (True, [])


# -- Politeness -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/private", "/private/page", "/a.cgi"])
def test_a_page_that_robots_txt_closes_is_not_looked_at(path: str) -> None:
    """Wildcards and all (RFC 9309); the reason is told."""
    rules = answer(200, b"User-agent: *\nDisallow: /private\nDisallow: /*.cgi$\n")
    found, requests, root = find({"/robots.txt": rules, path: page(link("/feed")), "/feed": FEED}, path)
    assert requests == ["/robots.txt"]
    assert isinstance(found, NotFound)
    assert [(one.url, "robots.txt" in one.reason) for one in found.tried] == [(root + path, True)]


def test_rules_made_for_us_go_before_those_for_all() -> None:
    """A group that names us is ours alone."""
    rules = answer(200, b"User-agent: *\nDisallow: /\nUser-agent: Aggregator\nDisallow: /not-us\n")
    web = {"/robots.txt": rules, "/us": page(link("/feed")), "/feed": FEED}
    assert isinstance(find(web, "/us")[0], Found)
    assert isinstance(find(web, "/not-us")[0], NotFound)


def test_robots_txt_does_not_close_a_feed() -> None:
    """Neither one that is given nor one that a page names; places that nobody named it does."""
    rules = answer(200, b"User-agent: *\nDisallow: /feed\n")
    found, requests, _ = find({"/robots.txt": rules, "/feed": FEED}, "/feed")
    assert (isinstance(found, Found), requests) == (True, ["/feed"])
    assert isinstance(find({"/robots.txt": rules, "/": page(link("/feed")), "/feed": FEED})[0], Found)
    found, requests, _ = find({"/robots.txt": rules, "/": page(), "/feed/": FEED, "/atom.xml": ATOM})
    assert isinstance(found, Found)
    assert requests == ["/robots.txt", "/", "/rss", "/atom.xml"]


@pytest.mark.parametrize(
    ("status", "allowed"), [(404, True), (403, True), (401, True), (500, False), (503, False), (429, False)]
)
def test_robots_txt_that_cannot_be_had(status: int, allowed: bool) -> None:
    """None is no rule; a server in trouble is left alone (RFC 9309 section 2.3.1)."""
    found, requests, _ = find({"/robots.txt": answer(status), "/": page(link("/feed")), "/feed": FEED})
    assert isinstance(found, Found) == allowed
    assert len(requests) == (3 if allowed else 1)


def test_a_site_without_a_feed_costs_a_handful_of_requests() -> None:
    """Then it is given up, and everything that was tried is told with its reason."""
    names = [link(f"/{number}") for number in range(20)]
    for web in ({"/": page()}, {"/": page(*names)}):
        found, requests, root = find(web)
        assert isinstance(found, NotFound)
        assert requests[:2] == ["/robots.txt", "/"]
        assert len(requests) == len(set(requests)) == 1 + REQUESTS
        assert [one.url for one in found.tried] == [root + path for path in requests[1:]]
        assert found.tried[0].reason == "an HTML page, not a feed"


def test_nothing_is_asked_on_a_private_network() -> None:
    """The guards of every poll hold here: robots.txt is refused before anything is sent, and so is a feed."""
    for path in ("/", "/feed"):
        found, requests, _ = find({path: FEED}, path, host="127.0.0.1", private=False)
        assert (isinstance(found, NotFound), requests) == (True, [])


# -- Trouble --------------------------------------------------------------------------------------------------------

TROUBLE: list[tuple[str, Reply, str]] = [
    ("an error", answer(500), "500"),
    ("gone", answer(410), "gone for good"),
    ("silence", HANG, "no complete answer"),
    ("too large", answer(200, b"x" * 3000), "larger than"),
    ("an image", answer(200, b"\x89PNG\r\n\x1a\n" + bytes(500), Content_Type="image/png"), "not a feed"),
    ("nothing", answer(200, b""), "empty"),
    ("a bomb", answer(200, b'<!DOCTYPE x [<!ENTITY a "b">]><rss/>'), "refused"),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "reason"), [row[1:] for row in TROUBLE], ids=[row[0] for row in TROUBLE])
def test_trouble_is_told_as_a_reason(reply: Reply, reason: str) -> None:
    """No feed, no crash, and a sentence that says why."""
    found, _, _ = find({"/": reply}, terms=Terms(timeout=0.5, max_bytes=2000))
    assert isinstance(found, NotFound)
    assert reason in found.tried[0].reason


def test_a_page_that_would_stop_a_parser_is_given_up() -> None:
    """Tags by the hundred thousand: what can be read is, in the worker's time."""
    found, _, _ = find({"/": page(link("/feed"), body="<a <!-- <![" * 100_000), "/feed": FEED})
    assert isinstance(found, Found)
