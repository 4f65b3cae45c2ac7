"""websub.rocks' cases for subscribers, by number, against `aggregator serve` and a hub with TLS on loopback.

One server has all the cases as its sources, each with a hub's path of its own, so that the whole takes a few seconds.
Case 101 is about pages of HTML, which are no sources.
"""

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fakeweb import FakeWeb, Reply, answer
from hub import AUTHORITY, Hub, ask, send
from loopback import free_port
from places import HEAD, Place, item, rss
from test_serve import Running, until

CASES = ("100", "102", "103", "104", "200", "201", "202", "203", "204", "205", "300", "301", "302", "json", "denied")
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x:{0}</id><title>{0}</title>
<updated>2026-11-01T08:00:00Z</updated><link rel="hub" href="{1}"/><link rel="self" href="{2}"/>
<entry><id>urn:x:{0}:1</id><title>Old {0}</title><updated>2026-11-01T08:00:00Z</updated></entry></feed>"""
PAGE = '<!doctype html><html><head><link rel="hub" href="{}"><link rel="self" href="{}"></head><body>x</body></html>'
JSON = """{{"version": "https://jsonfeed.org/version/1.1", "title": "json", "feed_url": "{1}",
"hubs": [{{"type": "other", "url": "x"}}, {{"type": "WebSub", "url": "{0}"}}], "items": []}}"""


def feed(case: str, *items: str, hub: str = "", topic: str = "") -> bytes:
    """An RSS feed, with its links inside it where a hub is given."""
    links = '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="{}" href="{}"/>'
    more = links.format("hub", hub) + links.format("self", topic) if hub else ""
    return rss(*items, item(f"Old {case}", guid=f"{case}-1"), title=case, more=more)


@dataclass
class World:
    """The server, the publishers, and the hub."""

    place: Place
    web: FakeWeb
    hub: Hub
    server: Running

    def topic(self, case: str) -> str:
        """What a case's feed says that it is."""
        query = {"200": "?self=other", "201": "?redirect=complete", "202": "?redirect=complete"}.get(case, "")
        return self.web.url(f"/{case}{query}")

    def asked(self, case: str) -> list[dict[str, str]]:
        """What the hub was asked about a case's topic."""
        return [form for form in self.hub.requests if form.get("hub.topic") == self.topic(case)]

    def verified(self, case: str) -> tuple[int, bytes]:
        """What our callback answered when the hub verified."""
        until(lambda: self.topic(case) in self.hub.verified)
        return self.hub.verified[self.topic(case)]

    def subscribed(self, case: str) -> str:
        """The callback, once the subscription is active."""
        until(lambda: self.hub.subscribers(self.topic(case)))
        (one,) = self.hub.subscribers(self.topic(case))
        return one.callback

    def row(self, case: str, columns: str) -> tuple[object, ...]:
        """Of its subscription."""
        return self.place.rows(f"SELECT {columns} FROM subscriptions WHERE source = ?", f"c{case}")[0]

    def push(self, case: str, *items: str, **how: str) -> list[int]:
        """The hub distributes a feed with these items and its old one."""
        self.subscribed(case)
        return self.hub.distribute(self.topic(case), feed(case, *items), **how)

    def titles(self) -> list[str]:
        """What is served."""
        return self.server.titles("all")


def script(web: FakeWeb, hub: Hub) -> dict[str, list[Reply]]:
    """The publishers of all cases."""

    def headers(case: str, topic: str = "", where: str = "") -> bytes:
        own, at = web.url(topic or f"/{case}"), hub.url(where or f"/{case}")
        # Two headers, as the recommendation's example has them.
        link = f'<{own}>; rel="self"\r\nLink: <{at}>; rel="hub"'
        return answer(
            200, feed(case, hub=hub.url("/wrong?error=wrongtag") if case == "104" else "", topic=own), Link=link
        )

    replies: dict[str, list[Reply]] = {f"/{case}": [headers(case)] for case in CASES}
    replies["/101"] = [answer(200, PAGE.format(hub.url("/101"), web.url("/101")).encode(), Content_Type="text/html")]
    replies["/102"] = [answer(200, ATOM.format("102", hub.url("/102"), web.url("/102")).encode())]
    replies["/103"] = [answer(200, feed("103", hub=hub.url("/103"), topic=web.url("/103")))]
    replies["/200"] = [headers("200", "/200?self=other")]
    for case, status in (("201", 302), ("202", 301)):
        onward = f"/{case}?redirect=complete"
        replies[f"/{case}"] = [answer(status, Location=onward)]
        replies[onward] = [headers(case, onward)]
    for case, status in (("203", 307), ("204", 308)):
        replies[f"/{case}"] = [headers(case, where=f"/moved/{status}/{case}")]
    replies["/json"] = [answer(200, JSON.format(hub.url("/json"), web.url("/json")).encode())]
    return replies


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All cases, subscribed to."""
    place, port = Place(tmp_path_factory.mktemp("websub")), free_port()
    with FakeWeb({}) as web, Hub() as hub:
        web.script = script(web, hub)
        hub.mistakes.add(web.url("/205"))
        hub.denies.add(web.url("/denied"))
        sources = "".join(
            f'[sources.c{case}]\nurl = "{web.url(f"/{case}")}"\nmax_bytes = "20KB"\n' for case in (*CASES, "101")
        )
        head = HEAD.replace("https://feeds.example.org/", f"http://127.0.0.1:{port}/")
        place.configure(sources + '[topics.all]\ntitle = "All"\nlimit = 1000\n', head)
        running = Running(place, port=port, SSL_CERT_FILE=str(AUTHORITY))
        try:
            yield World(place, web, hub, running)
            assert running.stop() == 0, running.said
        finally:
            running.close()


@pytest.mark.parametrize(
    ("case", "where"),
    [
        ("100", "Link headers"),
        ("102", "an Atom feed"),
        ("103", "an RSS feed"),
        ("104", "Link headers before the feed's own links"),
        ("200", "rel=self, which is not where it was read"),
        ("201", "behind a temporary redirect"),
        ("202", "behind a permanent redirect"),
        ("203", "at a hub behind a 307"),
        ("204", "at a hub behind a 308"),
        ("json", "a JSON Feed, which websub.rocks does not have"),
    ],
)
def test_subscribing(world: World, case: str, where: str) -> None:
    """Cases 100 to 104 and 200 to 204: hub and topic are found where they stand, and the challenge is echoed."""
    callback = world.subscribed(case)
    asked = world.asked(case)[0]
    assert asked["hub.mode"] == "subscribe"
    assert asked["at"] == f"/{case}"
    assert asked["hub.lease_seconds"] == "864000"
    assert 0 < len(asked["hub.secret"]) < 200
    assert callback == asked["hub.callback"]
    assert callback.startswith(f"http://127.0.0.1:{world.server.port}/websub/")
    status, body = world.verified(case)
    assert (status, body[:10]) == (200, b"challenge-")
    until(lambda: world.row(case, "state, error, failures") == ("active", None, 0))


def test_101_a_page_is_no_source(world: World) -> None:
    """Case 101 is for subscribers to pages: ours are feeds, and a page is told of as what it is."""
    until(lambda: world.place.rows("SELECT last_error FROM sources WHERE name = 'c101'")[0][0])
    assert world.place.rows("SELECT last_error, hub_topic FROM sources WHERE name = 'c101'") == [
        ("an HTML page, not a feed", "")
    ]
    assert not world.asked("101")


def test_every_callback_and_secret_is_its_own(world: World) -> None:
    """Unguessable, and none used for two."""
    for case in CASES:
        until(lambda case=case: world.asked(case))  # type: ignore[misc]  # mypy has no type for a lambda's default
    callbacks = {form["hub.callback"] for form in world.hub.requests}
    secrets = {form["hub.secret"] for form in world.hub.requests}
    assert len(callbacks) == len(secrets) == len(CASES)
    assert min(len(callback.rpartition("/")[2]) for callback in callbacks) == 43


def test_205_another_topic_is_not_confirmed(world: World) -> None:
    """Case 205: 404, and the subscription is not active."""
    assert world.verified("205")[0] == 404
    assert world.row("205", "state, verified") == ("asking", None)


def test_a_denial_is_taken_note_of(world: World) -> None:
    """WebSub section 5.2: that hub is left alone for a month."""
    assert world.verified("denied")[0] == 200
    assert world.row("denied", "state, error, due > '2026-01-01'") == ("denied", "the hub denied it: not here", 1)
    assert len(world.asked("denied")) == 1


@pytest.mark.parametrize("sign", ["sha1", "sha256", "sha384", "sha512"])
def test_300_a_push_is_taken(world: World, sign: str) -> None:
    """Case 300: answered with 2xx; what is new stands in the topic's feed, once, however often it is sent."""
    new = item(f"New by {sign}", guid=f"300-{sign}")
    assert world.push("300", new, sign=sign) == [202]
    until(lambda: f"New by {sign}" in world.titles())
    assert world.push("300", new, sign=sign) == [202]
    last = item(f"Then {sign}", guid=f"300-then-{sign}")
    assert world.push("300", last, new, sign=sign) == [202]
    until(lambda: f"Then {sign}" in world.titles())
    assert sorted(title for title in world.titles() if title.endswith(sign)) == [f"New by {sign}", f"Then {sign}"]


def taken_after(world: World, case: str) -> None:
    """Wait until a good push was taken, and with it all that were sent before it."""
    mark = f"Mark {time.monotonic_ns()}"
    assert world.push(case, item(mark, guid=mark)) == [202]
    until(lambda: mark in world.titles())


def test_301_a_forged_push_changes_nothing(world: World) -> None:
    """Case 301: acknowledged, so that nobody learns by trying, and ignored."""
    assert world.push("301", item("Forged", guid="f"), key="guessed") == [202]
    taken_after(world, "301")
    assert "Forged" not in world.titles()
    assert 'pushes_total{outcome="forged"}' in world.server.ask("/metrics").body.decode()


def test_302_a_push_without_a_signature_is_refused(world: World) -> None:
    """Case 302: a hub that was given a secret signs."""
    assert world.push("302", item("Unsigned", guid="u"), sign="") == [403]
    taken_after(world, "302")
    assert "Unsigned" not in world.titles()


@pytest.mark.parametrize("chunked", [False, True])
def test_an_oversized_push_changes_nothing(world: World, chunked: bool) -> None:
    """More than `max_bytes` of its source is not read to its end, whether or not it says how long it is."""
    callback = world.subscribed("100")
    body = feed("100", item("Oversized", guid="o", text="x" * 300_000))
    headers = {"Content-Type": "application/rss+xml", "X-Hub-Signature": "sha256=00"}
    assert send("POST", callback, body, headers, chunked=chunked)[0] in (413, 0)
    taken_after(world, "100")
    assert "Oversized" not in world.titles()


def test_a_push_that_says_it_is_too_large_is_refused_before_it_comes(world: World) -> None:
    """By its Content-Length alone."""
    path = world.subscribed("100").partition(f":{world.server.port}")[2]
    with socket.create_connection(("127.0.0.1", world.server.port), 10) as client:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: sha256=00\r\nContent-Length: 20001\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_what_is_no_callback_takes_nothing(world: World) -> None:
    """An unknown token is 404 to whatever method; the files know no POST at all."""
    site = f"http://127.0.0.1:{world.server.port}/"
    for method in ("GET", "POST"):
        assert send(method, f"{site}websub/{'x' * 43}?hub.mode=subscribe&hub.challenge=c", b"body")[0] == 404
    assert send("POST", f"{site}websub/short", b"body")[0] == 405
    assert send("POST", f"{site}all.atom", b"body")[0] == 405
    assert send("DELETE", world.subscribed("100"))[0] == 405


def test_what_we_did_not_ask_for_is_not_confirmed(world: World) -> None:
    """A hub, or whoever has learnt a callback, cannot end what we want to keep."""
    query = {"hub.mode": "unsubscribe", "hub.topic": world.topic("200"), "hub.challenge": "c"}
    assert ask(world.subscribed("200"), query)[0] == 404
    assert world.row("200", "state") == ("active",)


def test_a_push_that_is_no_feed_changes_nothing(world: World) -> None:
    """It is acknowledged, which says that it has come (WebSub section 7), and counted."""
    world.subscribed("102")
    assert world.hub.distribute(world.topic("102"), b"<html>no</html>", "text/html") == [202]
    taken_after(world, "103")
    assert 'pushes_total{outcome="unreadable"}' in world.server.ask("/metrics").body.decode()


def test_a_push_is_out_within_two_seconds(world: World) -> None:
    """After a quiet time, from the hub's request to the served feed; the best of three, as the machine may be busy."""

    def seconds(number: int) -> float:
        time.sleep(2.5)
        title = f"Fast {number}"
        began = time.monotonic()
        assert world.push("103", item(title, guid=title)) == [202]
        until(lambda: title in world.titles())
        return time.monotonic() - began

    world.subscribed("103")
    assert any(seconds(number) < 2 for number in range(3))


def test_a_push_is_no_poll(world: World) -> None:
    """Validators and schedule stay those of the last poll, nobody is asked, and no poll is written down."""
    query = "SELECT etag, last_polled, next_poll, body_digest, failures FROM sources WHERE name = 'c103'"
    before, asked = world.place.rows(query), len(world.web.asked("/103"))
    taken_after(world, "103")
    assert world.place.rows(query) == before
    assert len(world.web.asked("/103")) == asked
    assert world.place.rows("SELECT count(*) FROM polls WHERE source = 'c103'") == [(1,)]
    assert world.row("103", "pushed IS NULL, missed") == (0, None)
