"""What a site with `[site] hub` does: names its hub, and tells it of what has changed, once it is there."""

import asyncio
import re
import ssl
from pathlib import Path

import pytest
from fakeweb import FakeWeb, answer
from hub import AUTHORITY, Hub, certificate
from places import HEAD, Place, item, rss
from polls import AT_ONCE, transport
from serving import BASE, Server
from test_websub_rules import NOW

from aggregator.model import Failed, Reading
from aggregator.polling.posting import post
from aggregator.polling.web import PollSettings, open_web
from aggregator.reading.read import read_body
from aggregator.serving.names import Names
from aggregator.websub.discovery import discover

TOPICS = '[topics.all]\ntitle = "All"\n[topics.sport]\ntitle = "Sport"\nany = ["football"]\n'
ONE, TWO = item("One", guid="1"), item("Two", guid="2")
FEEDS = [f"{topic}.{form}" for topic in ("all", "sport") for form in ("atom", "json", "rss")]


def configure(place: Place, hub: Hub, web: FakeWeb, topics: str = TOPICS) -> None:
    """A site with a hub, one source, and two topics."""
    head = HEAD.replace("[polling]", f'hub = "{hub.url()}"\n[polling]')
    place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{topics}', head)


def told(hub: Hub) -> list[str]:
    """Of which documents the hub was told since the last call, in order."""
    paths = [url.removeprefix(BASE) for url in hub.published]
    hub.published.clear()
    return sorted(paths)


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_publisher_discovery(place: Place, form: str) -> None:
    """websub.rocks, publisher: one self and the hub, in the document and in Link headers, and both say the same."""
    with Hub(tls=False) as hub, FakeWeb({"/a": [answer(200, rss(ONE))]}) as web:
        configure(place, hub, web)
        assert place.run("-q", "fetch") == 0
        expected = (hub.url(), f"{BASE}all.{form}")
        with Server(place.folder / "public", Names(frozenset({"all"})), hub.url()) as server:
            served = server.ask(f"/all.{form}")
        document = read_body(served.body, served.headers["content-type"], BASE, frozenset(), NOW)
        assert isinstance(document, Reading)
        assert discover("", BASE, document.feed) == expected
        assert discover(served.headers["link"], BASE, Reading(document.feed).feed) == expected
        assert len(re.findall('rel="self"', served.headers["link"])) == 1


def test_a_hub_is_told_of_what_has_changed_once_it_is_there(place: Place) -> None:
    """Of each feed whose bytes are new, after they are in place; of none again; never of pages, archives and status."""
    more = rss(TWO, ONE)
    with Hub(tls=False) as hub, FakeWeb({"/a": [answer(200, rss(ONE)), answer(200, more), answer(200, more)]}) as web:
        configure(place, hub, web)
        seen: list[bytes] = []
        hub.on_publish = lambda url: seen.append((place.folder / "public" / Path(url).name).read_bytes())
        assert place.run("-q", "fetch") == 0
        assert told(hub) == FEEDS
        place.let_time_pass()
        assert place.run("-q", "fetch") == 0
        assert told(hub) == FEEDS[:3]
        assert all(b"Two" in body for body in seen[-3:])
        place.let_time_pass()
        assert place.run("-q", "fetch") == 0
        assert place.run("-q", "fetch") == 0
        assert told(hub) == []
        asked = hub.heard[0]
        assert asked.header("content-type") == b"application/x-www-form-urlencoded"
        assert asked.header(
            "user-agent",
        ).startswith(b"aggregator/")  # type: ignore[union-attr]
        assert set(asked.body.split(b"&")) >= {b"hub.mode=publish"}
        assert b"hub.topic=" in asked.body
        assert b"hub.url=" in asked.body


def test_publish_sends_nothing_and_the_next_fetch_tells(place: Place) -> None:
    """`publish` touches no network: what it has written waits."""
    with Hub(tls=False) as hub, FakeWeb({"/a": [answer(200, rss(ONE))]}) as web:
        configure(place, hub, web)
        assert place.run("-q", "fetch") == 0
        told(hub)
        configure(place, hub, web, TOPICS.replace('"Sport"', '"Sports"'))
        assert place.run("-q", "publish") == 0
        assert told(hub) == []
        assert place.run("-q", "fetch") == 0
        assert told(hub) == FEEDS[3:]


@pytest.mark.parametrize("due", ["2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_a_hub_that_fails_is_asked_later_and_holds_nothing_up(
    place: Place, capfd: pytest.CaptureFixture[str], due: str
) -> None:
    """What is published is published; one request, not six; the next run tries again when its time has come.

    A time that is far away was written by a clock that was wrong.
    """
    with Hub(tls=False) as hub, FakeWeb({"/a": [answer(200, rss(ONE))]}) as web:
        configure(place, hub, web)
        hub.refuses = 1
        assert place.run("-q", "fetch") == 0
        assert "[site] hub: it was not told of all.atom: the server answered 503" in capfd.readouterr().err
        assert place.titles("all") == ["One"]
        assert place.run("-q", "fetch") == 0
        assert len(hub.heard) == 1
        place.change("UPDATE pings SET due = ? WHERE due IS NOT NULL", due)
        assert place.run("-q", "fetch") == 0
        assert told(hub) == FEEDS
        assert place.rows("SELECT count(*) FROM pings WHERE due IS NOT NULL OR failures OR held") == [(0,)]


def test_a_document_that_a_hub_refuses_does_not_delay_the_others(place: Place) -> None:
    """A 4xx is about the one document."""
    replies = [answer(400), *([answer(204)] * 9)]
    with FakeWeb({"/hub": replies, "/a": [answer(200, rss(ONE))]}) as web:
        head = HEAD.replace("[polling]", f'hub = "{web.url("/hub")}"\n[polling]')
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPICS}', head)
        assert place.run("-q", "fetch") == 0
        assert len(web.asked("/hub")) == 6
    assert place.rows("SELECT path, failures FROM pings WHERE due IS NOT NULL") == [("all.atom", 1)]


def test_another_hub_is_told_of_everything(place: Place) -> None:
    """The documents name it, and so have changed; without a hub nobody is told, and a topic that went is forgotten."""
    with Hub(tls=False) as hub, Hub(tls=False) as other, FakeWeb({"/a": [answer(200, rss(ONE))]}) as web:
        configure(place, hub, web)
        place.run("-q", "fetch")
        configure(place, other, web)
        place.run("-q", "fetch")
        assert (told(hub), told(other)) == (FEEDS, FEEDS)
        configure(place, other, web, TOPICS.partition("[topics.sport]")[0])
        place.run("-q", "fetch")
        assert place.rows("SELECT path FROM pings ORDER BY path") == [(path,) for path in FEEDS[:3]]
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPICS}')
        place.run("-q", "fetch")
        assert (told(hub), told(other)) == ([], [])


def send(web: FakeWeb, path: str, *, private: bool = True) -> Failed | None:
    """One request to a hub, under the terms of feeds.toml."""

    async def go() -> Failed | None:
        async with open_web(PollSettings(host_delay=0, allow_private=private)) as way:
            return await post(way, web.url(path), [("hub.secret", "unheard-of"), ("a b", "ü&")])

    return asyncio.run(go())


def test_requests_to_hubs_are_made_as_polls_are() -> None:
    """Guarded addresses; 307 and 308 ask the same again, other redirects nothing; no reason tells what was sent."""
    script = {
        "/ok": [answer(202)],
        "/307": [answer(307, Location="/308")],
        "/308": [answer(308, Location="/ok")],
        "/301": [answer(301, Location="/ok")],
        "/round": [answer(307, Location="/round")],
        "/no": [answer(404, b"unheard-of")],
        "/slow": [answer(429, Retry_After="4000")],
    }
    with FakeWeb(script) as web:
        assert send(web, "/ok") is None
        assert send(web, "/307") is None
        assert [request.method for request in web.requests] == ["POST"] * 4
        assert {request.body for request in web.requests} == {b"hub.secret=unheard-of&a+b=%C3%BC%26"}
        for path, reason in (("/301", "301"), ("/round", "circle"), ("/no", "404 Not Found"), ("/slow", "429")):
            failed = send(web, path)
            assert failed is not None
            assert reason in failed.reason
            assert "unheard" not in failed.reason
        asked = len(web.requests)
        refused = send(web, "/ok", private=False)
        assert refused is not None
        assert "loopback" in refused.reason
        assert len(web.requests) == asked


def test_what_was_meant_for_tls_is_sent_over_nothing_else() -> None:
    """A hub with TLS that redirects to one without does not get our secret there."""
    trusted = ssl.create_default_context(cafile=AUTHORITY)

    async def go(url: str) -> Failed | None:
        async with open_web(AT_ONCE, transport(trusted)) as way:
            return await post(way, url, [("hub.secret", "unheard-of")])

    with FakeWeb({"/hub": [answer(202)]}) as plain, FakeWeb({}, certificate()) as secure:
        secure.script = {"/hub": [answer(307, Location=plain.url("/hub"))], "/well": [answer(307, Location="/ok")]}
        secure.script["/ok"] = [answer(202)]
        assert asyncio.run(go(secure.url("/well"))) is None
        failed = asyncio.run(go(secure.url("/hub")))
        assert failed is not None
        assert "without TLS" in failed.reason
        assert plain.requests == []
