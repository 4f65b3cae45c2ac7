"""Any search as a feed: what is found, what is kept back, what a query may cost, and what health and figures answer."""

import asyncio
import json
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote

import feedparser
import pytest
from fakeweb import FakeWeb, answer
from places import Place, item, rss
from serving import BASE, Answer, Server

from aggregator.config.load import load
from aggregator.model import Document
from aggregator.publishing.check import fault
from aggregator.reading import pool
from aggregator.serving.app import app
from aggregator.serving.callback import Callbacks
from aggregator.serving.searches import BusyError, Searches
from aggregator.serving.searching import Unclear

NEWS = rss(
    item(
        "Russia and Washington talk",
        guid="https://a.example/1",
        text="A prisoner exchange.",
        date="Sun, 01 Nov 2026 08:00:00 GMT",
    ),
    item("Élection in Prague", guid="https://a.example/2", date="Mon, 02 Nov 2026 08:00:00 GMT"),
    item("Russia plays football", guid="https://a.example/3", date="Tue, 03 Nov 2026 08:00:00 GMT"),
)
PRIVATE = rss(item("A letter about Russia", guid="p1", link="https://mail.example/1", text="Secret words."))
LINKS = rss(
    item("Russia for subscribers", guid="l1", link="https://paid.example/1", text="<p>Paid words.</p>", date="")
)


@dataclass(frozen=True)
class Site:
    """A place that was fetched, and its server."""

    place: Place
    server: Server

    def search(self, query: str, form: str = "atom", **headers: str) -> Answer:
        """Ask for a search."""
        return self.server.ask(f"/search.{form}?q={quote(query)}", **headers)

    def titles(self, query: str) -> list[str]:
        """The titles that a search finds, in order."""
        found = self.search(query)
        assert found.status == 200, found
        return [entry.title for entry in feedparser.parse(found.body).entries]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Public news in no topic, a private feed in none, seeds of which one is in a topic, a source shown by link only."""
    place = Place(tmp_path_factory.mktemp("place"))
    with FakeWeb(
        {"/news": [answer(200, NEWS)], "/mail?token=s3cr3t": [answer(200, PRIVATE)], "/paid": [answer(200, LINKS)]}
    ) as web:
        place.configure(
            f'[sources.news]\nurl = "{web.url("/news")}"\n[sources.mail]\nurl = "{web.url("/mail?token=s3cr3t")}"\n'
            f'[sources.paid]\nurl = "{web.url("/paid")}"\ncontent = "link"\n'
            '[sources.seeds]\npath = "seeds"\n[topics.chess]\ntitle = "Chess"\nany = ["chess"]\n'
        )
        place.save(
            {
                "seeds/chess.txt": "Chess in Russia\n\nThe club met and played until the morning came, as it does each year.",
                "seeds/draft.txt": "Draft about Russia\n\nThis is nobody's business as yet, and nobody is to read it anywhere.",
            }
        )
        assert place.run("-q", "fetch") == 0
    searches = Searches(load(place.folder / "feeds.toml"))

    async def health() -> tuple[int, str]:
        return 503, "not well\n"

    async def figures() -> tuple[int, str]:
        return 200, "aggregator_up 1\n"

    with Server(place.folder / "public", behind=app(searches, health, figures, Callbacks())) as server:
        yield Site(place, server)
    asyncio.run(searches.__aexit__(None, None, None))


def test_a_search_finds_what_a_topic_with_that_rule_would_take(site: Site) -> None:
    """The language of `match`, the newest first; of a topic or of a public address."""
    assert site.titles("russia") == [
        "Russia for subscribers",
        "Chess in Russia",
        "Russia plays football",
        "Russia and Washington talk",
    ]
    assert site.titles("russia -title:football source:news") == ["Russia and Washington talk"]
    assert site.titles("election") == ["Élection in Prague"]
    assert site.titles('"prisoner exchange"') == ["Russia and Washington talk"]
    assert site.titles("title:/foot.*ll/i") == ["Russia plays football"]
    assert site.titles("zebra") == []


def test_what_is_private_is_not_found(site: Site) -> None:
    """A feed with a token in its address, or a draft in a folder, shows only where a topic publishes it."""
    for query in ("letter", "draft", "secret OR nobody", "source:mail", "source:seeds"):
        assert not {"A letter about Russia", "Draft about Russia"} & set(site.titles(query))
    assert site.titles("source:seeds") == ["Chess in Russia"]
    everything = b"".join(site.search("russia", form).body for form in ("atom", "rss", "json"))
    assert b"s3cr3t" not in everything
    assert b"Paid words" not in everything


def test_a_search_is_a_valid_feed_in_three_forms(site: Site) -> None:
    """The same items and ids in each; self is the address of the search, the id one for all ways of writing it."""
    bodies = {form: site.search("russia  -title:football", form) for form in ("atom", "rss", "json")}
    ids = [entry.id for entry in feedparser.parse(bodies["atom"].body).entries]
    assert ids == [entry.id for entry in feedparser.parse(bodies["rss"].body).entries]
    assert ids == [entry["id"] for entry in json.loads(bodies["json"].body)["items"]]
    for form, found in bodies.items():
        assert fault(Document(f"search.{form}", found.body)) == ""
        assert f"{BASE}search.{form}?q=russia%20-title%3Afootball".encode() in found.body
        assert found.headers["content-type"].endswith("charset=utf-8")
        assert found.headers["access-control-allow-origin"] == "*"
        assert found.headers["x-content-type-options"] == "nosniff"
    again = site.search("(russia) AND NOT title:football")
    assert feedparser.parse(again.body).feed.id == feedparser.parse(bodies["atom"].body).feed.id
    empty = site.search("zebra")
    assert fault(Document("search.atom", empty.body)) == ""
    assert empty.body == site.search("zebra").body


def test_a_search_that_brings_nothing_new_is_a_304(site: Site) -> None:
    """The tag is of the content; HEAD is GET without its body; other methods are refused."""
    tag = site.search("russia").headers["etag"]
    known = site.search("russia", If_None_Match=f'"x", W/{tag}')
    assert (known.status, known.body, known.headers["etag"]) == (304, b"", tag)
    assert site.search("election").headers["etag"] != tag
    head = site.server.ask("/search.atom?q=russia", "HEAD")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", tag)
    assert site.server.ask("/search.atom?q=russia", "POST").status == 405


REFUSED = [
    ("", "Ask for something"),
    ("   ", "Ask for something"),
    ("-football", "only excludes"),
    ("(russia", "never closed"),
    ("title:", "needs its term"),
    ("/(/", "regular expression"),
    ("/a*/", "empty text"),
    ("russia OR", "OR needs a term"),
    ("a" * 501, "longer than 500 characters"),
]


@pytest.mark.parametrize(("query", "reason"), REFUSED, ids=[row[0][:20] for row in REFUSED])
def test_a_query_that_cannot_be_read_says_why(site: Site, query: str, reason: str) -> None:
    """400, and the parser's own words as plain text."""
    found = site.search(query)
    assert (found.status, found.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert reason in found.body.decode()


def test_odd_queries_are_answered(site: Site) -> None:
    """Whatever bytes: a feed or 400, never a fault of ours."""
    for query in ("q=%00", "q=%ff%fe", "q=%0d%0aX:y", "q=a&q=b", "q[]=a", "q=%F0%9F%98%80", "q=<script>", "q=%22"):
        assert site.server.ask(f"/search.atom?{query}").status in (200, 400), query


def test_no_more_than_fifty_items_are_shown(site: Site) -> None:
    """The newest; the cost of an answer is bounded."""
    for number in range(60):
        site.place.change(
            """INSERT INTO items (uid, source, title, url, author, summary, content, language, published, updated,
                 first_seen, authors, image, comments, rights, origin_title, origin_url, evidence)
               VALUES (?, 'news', 'Zeppelin', 'https://a.example/z', '', '', '', '', ?1, '2026-11-01T00:00:00Z', '',
                 '[]', '', '', '', '', '', '[]')""".replace("?, 'news'", "?1, 'news'"),
            f"2026-10-01T00:00:{number:02d}Z",
        )
    assert len(site.titles("title:/zeppelin/i")) == 50


def test_searches_are_one_at_a_time_and_few_may_wait(site: Site) -> None:
    """Beyond eight a search is told to come again; equal ones are one; the feeds do not wait for any."""

    async def play() -> None:
        async with Searches(load(site.place.folder / "feeds.toml")) as searches:
            searches._config = pickle.dumps(_Endless())
            waiting = [asyncio.create_task(searches.feed(f"w{number}", "atom")) for number in range(8)]
            await asyncio.sleep(0)
            with pytest.raises(BusyError, match="Too many"):
                await searches.feed("another", "atom")
            joined = asyncio.create_task(searches.feed("w0", "atom"))
            await asyncio.sleep(0.05)
            assert not joined.done()
            assert len(searches._under_way) == 8
            for task in (*waiting, joined):
                task.cancel()
            await asyncio.gather(*waiting, joined, return_exceptions=True)

    asyncio.run(play())


def test_many_searches_at_once_are_all_answered(site: Site) -> None:
    """A feed or 503 for each, and the files are served meanwhile."""
    with ThreadPoolExecutor(30) as clients:
        many = [clients.submit(site.search, f"russia OR w{number % 20}") for number in range(30)]
        assert site.server.get("/chess.atom")
        assert {one.result().status for one in many} <= {200, 503}
    assert site.search("russia").status == 200


def test_a_search_that_takes_too_long_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker is ended, it may be asked for again, and the next search is done."""

    async def play() -> None:
        config = load(site.place.folder / "feeds.toml")
        async with Searches(config) as searches:
            with monkeypatch.context() as hasty:
                hasty.setattr(pool, "SECONDS", 0.5)
                searches._config = pickle.dumps(_Endless())
                with pytest.raises(BusyError, match="took too long"):
                    await searches.feed("russia", "atom")
            searches.configure(config)
            assert isinstance(await searches.feed("russia", "atom"), bytes)
            assert isinstance(await searches.feed("(", "atom"), Unclear)

    asyncio.run(play())


class _Endless:
    """What takes a minute to unpack."""

    def __reduce__(self) -> tuple[Callable[[float], None], tuple[float]]:
        return time.sleep, (60.0,)


def test_health_and_figures_are_never_kept(site: Site) -> None:
    """As they are now: no-store, with their status."""
    health, figures = site.server.ask("/healthz"), site.server.ask("/metrics")
    assert (health.status, health.body, health.headers["cache-control"]) == (503, b"not well\n", "no-store")
    assert (figures.status, figures.body) == (200, b"aggregator_up 1\n")
    assert figures.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert site.server.ask("/healthz", "POST").status == 405
