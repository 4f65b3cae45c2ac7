"""A hub is relied on as long as it keeps its word, and is told when nobody needs it any more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from fakeweb import FakeWeb, Reply, answer
from hub import Hub, send
from loopback import free_port
from places import HEAD, Place, item, rss
from test_serve import Running, until

TOPIC = '[topics.all]\ntitle = "All"\n'


def feed(web: FakeWeb, hub: Hub, name: str, *titles: str, path: str = "/hub") -> bytes:
    """A feed of undated items, which names a hub."""
    link = f'<{hub.url(path)}>; rel="hub", <{web.url(f"/{name}")}>; rel="self"'
    return answer(
        200,
        rss(*(item(title, guid=title, date="") for title in titles), title=name),
        Link=link,
        ETag=f'"{len(titles)}"',
    )


@dataclass
class World:
    """A running server, its hub (without TLS, and so without signatures) and its publishers."""

    place: Place
    web: FakeWeb
    hub: Hub
    head: str
    port: int

    def configure(self, *names: str, more: str = "") -> None:
        """Sources by name."""
        sources = "".join(f'[sources.{name}]\nurl = "{self.web.url(f"/{name}")}"\n' for name in names)
        self.place.configure(sources + more + TOPIC, self.head)

    @contextmanager
    def serving(self) -> Iterator[Running]:
        """The server, for a while."""
        running = Running(self.place, port=self.port)
        try:
            until(lambda: running.ask("/all.atom").status == 200)
            yield running
            assert running.stop() == 0, running.said
        finally:
            running.close()

    def row(self, source: str, columns: str) -> tuple[str, ...]:
        """Of the newest subscription of a source, or nothing."""
        query = f"SELECT {columns} FROM subscriptions WHERE source = ? ORDER BY verified IS NULL, state = 'ended'"
        return next(iter(self.place.rows(query, source)), ())

    def subscribed(self, source: str) -> None:
        """Wait until both sides know of its subscription."""
        until(lambda: self.row(source, "state") == ("active",) and self.hub.subscribers(self.web.url(f"/{source}")))

    def modes(self, path: str = "/hub") -> list[str]:
        """What was asked of the hub at one of its paths, in order."""
        return [form["hub.mode"] for form in self.hub.requests if form["at"] == path]

    def wait_in_hours(self, source: str) -> float:
        """How long after its last poll a source is polled again."""
        last, following = self.place.rows("SELECT last_polled, next_poll FROM sources WHERE name = ?", source)[0]
        return (datetime.fromisoformat(following) - datetime.fromisoformat(last)) / timedelta(hours=1)


@pytest.fixture
def world(place: Place) -> Iterator[World]:
    """Nothing running yet."""
    port = free_port()
    head = HEAD.replace("https://feeds.example.org/", f"http://127.0.0.1:{port}/")
    with FakeWeb({}) as web, Hub(tls=False) as hub:
        yield World(place, web, hub, head, port)


def test_a_silent_hub_is_noticed_and_polling_resumes(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Polled once a day while it pushes; as usual once a poll finds what it did not push; daily again when it does."""
    bodies = [feed(world.web, world.hub, "a", *titles) for titles in (("1",), ("1",), ("2", "1"), ("2", "1"))]
    replies: list[Reply] = [*bodies, feed(world.web, world.hub, "a", "3", "2", "1")]
    world.web.script = {"/a": replies}
    world.configure("a")
    place = world.place
    with world.serving() as server:
        world.subscribed("a")
        assert world.wait_in_hours("a") < 3  # what came between the first poll and the verification is looked for soon
        place.change("UPDATE subscriptions SET since = '2026-01-01T00:00:00Z'")  # long before the next poll
        place.let_time_pass()
        until(lambda: len(world.web.requests) == 2 and world.row("a", "otherwise")[0])
        assert 24 <= world.wait_in_hours("a") < 26
        place.let_time_pass()
        until(lambda: "2" in server.titles("all"))
        until(lambda: world.row("a", "missed")[0])
        assert world.wait_in_hours("a") < 3
        assert "hub" not in place.rows("SELECT next_poll_reason FROM sources")[0][0]
        assert world.place.run("status") == 0
        assert "silent" in capfd.readouterr().out
        place.let_time_pass()
        until(lambda: len(world.web.requests) == 4)
        until(lambda: place.rows("SELECT next_poll > '2026-02-01' FROM sources") == [(1,)])
        assert world.wait_in_hours("a") < 3
        (one,) = world.hub.subscribers(world.web.url("/a"))
        assert world.hub.distribute(one.topic, rss(item("3", guid="3", date=""))) == [202]
        until(lambda: "3" in server.titles("all"))
        assert world.row("a", "missed") == (None,)
        place.let_time_pass()
        until(lambda: len(world.web.requests) == 5)
        until(lambda: place.rows("SELECT next_poll > '2026-02-01' FROM sources") == [(1,)])
        assert 24 <= world.wait_in_hours("a") < 26
        assert world.row("a", "missed") == (None,)
        assert place.run("status") == 0
        assert "pushes" in capfd.readouterr().out
        assert place.run("status", "--json") == 0
        assert set(json.loads(capfd.readouterr().out)["sources"][0]) == {
            "name", "url", "state", "last_polled", "next_poll", "last_status", "last_error", "failures", "items"
        }  # fmt: skip


def test_a_lease_is_renewed_and_one_that_ends_puts_polling_back(world: World) -> None:
    """The same callback, asked again before the end; without a renewal the source is polled as if there were none."""
    world.web.script = {"/a": [feed(world.web, world.hub, "a", "1")]}
    world.configure("a")
    place = world.place
    with world.serving():
        world.subscribed("a")
        near = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        place.change("UPDATE subscriptions SET due = '2026-01-01T00:00:00Z', lease_ends = ?", near)
        until(lambda: world.modes() == ["subscribe", "subscribe"])
        until(lambda: world.row("a", "lease_ends")[0] > near)
        assert len({form["hub.callback"] for form in world.hub.requests}) == 1
        assert world.row("a", "state, failures") == ("active", 0)
        now = datetime.now(UTC).replace(microsecond=0)
        soon, later = ((now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (1, 20))
        place.change("UPDATE sources SET next_poll = ?", later)
        place.change(
            "UPDATE subscriptions SET lease_ends = '2026-01-01T00:00:00Z', otherwise = ?, due = ?", soon, later
        )
        until(lambda: world.row("a", "state, since, otherwise") == ("asking", None, None))
        assert place.rows("SELECT next_poll, next_poll_reason FROM sources") == [
            (soon, "its hub tells of news no longer")
        ]
        place.change("UPDATE subscriptions SET due = '2026-01-01T00:00:00Z'")
        world.subscribed("a")
    with world.serving() as server:
        until(lambda: server.titles("all") == ["1"])
        assert world.modes() == ["subscribe"] * 3  # a restart asks nothing


def test_what_is_no_longer_wanted_is_ended_at_the_hub(world: World) -> None:
    """A source that is removed or disabled, or whose feed names another hub: unsubscribed, and pushes are 410."""
    moved = feed(world.web, world.hub, "c", "3", path="/other")
    world.web.script = {
        "/a": [feed(world.web, world.hub, "a", "1", path="/a")],
        "/b": [feed(world.web, world.hub, "b", "2", path="/b")],
        "/c": [feed(world.web, world.hub, "c", "3", path="/c"), moved],
    }
    world.configure("a", "b", "c")
    with world.serving() as server:
        for name in "abc":
            world.subscribed(name)
        callbacks = {one.topic: one.callback for one in world.hub.known.values()}
        world.configure("c", more=f'[sources.b]\nurl = "{world.web.url("/b")}"\nenabled = false\n')
        world.place.let_time_pass()
        for name in "abc":
            until(lambda name=name: world.modes(f"/{name}") == ["subscribe", "unsubscribe"])  # type: ignore[misc]
        until(lambda: world.modes("/other") == ["subscribe"])
        until(lambda: len(world.hub.known) == 1)
        until(lambda: world.place.rows("SELECT count(*) FROM subscriptions WHERE state = 'ended'") == [(3,)])
        for name in "ab":
            assert send("POST", callbacks[world.web.url(f"/{name}")], rss(item("Late", guid="l")))[0] == 410
        assert "Late" not in server.titles("all")


def test_a_hub_that_does_not_verify_is_asked_less_and_less(world: World) -> None:
    """And the source is polled as if there were none."""
    world.web.script = {"/a": [feed(world.web, world.hub, "a", "1")]}
    world.hub.mistakes.add(world.web.url("/a"))
    world.configure("a")
    place = world.place
    with world.serving():
        for number in range(1, 4):
            until(lambda number=number: len(world.hub.verified) and len(world.modes()) == number)  # type: ignore[misc]
            due = datetime.fromisoformat(world.row("a", "due")[0])
            assert timedelta(minutes=4) < (due - datetime.now(UTC)) / 2 ** (number - 1) < timedelta(minutes=6)
            # The last is what a clock that was wrong may have left behind.
            place.change(
                "UPDATE subscriptions SET due = ?", ("2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z")[number > 1]
            )
    assert world.wait_in_hours("a") < 3


def test_what_was_acknowledged_is_not_lost(world: World) -> None:
    """A push that is answered with 2xx is stored and published, though the server is told to stop at that moment."""
    world.web.script = {"/a": [feed(world.web, world.hub, "a", "1")]}
    world.configure("a")
    with world.serving():
        world.subscribed("a")
        topic = world.web.url("/a")
        for number in range(5):
            assert world.hub.distribute(topic, rss(item(f"Late {number}", guid=f"late {number}", date=""))) == [202]
    assert sorted(world.place.titles("all")) == ["1", *(f"Late {number}" for number in range(5))]


def test_two_servers_ask_a_hub_once(world: World) -> None:
    """Whichever is quicker; what a hub sends to one of them both can answer."""
    world.web.script = {"/a": [feed(world.web, world.hub, "a", "1")]}
    world.configure("a")
    with world.serving():
        world.subscribed("a")
        other = Running(world.place)
        try:
            until(lambda: other.titles("all") == ["1"])
            world.place.change("UPDATE subscriptions SET due = '2026-01-01T00:00:00Z'")
            until(lambda: len(world.modes()) == 2)
            until(lambda: world.row("a", "failures") == (0,))
            assert world.place.rows("SELECT count(*) FROM subscriptions") == [(1,)]
            callback = world.hub.subscribers(world.web.url("/a"))[0].callback
            elsewhere = callback.replace(str(world.port), str(other.port))
            until(lambda: send("POST", elsewhere, rss(item("2", guid="2", date="")))[0] == 202)
            until(lambda: sorted(other.titles("all")) == ["1", "2"])
            assert other.stop() == 0
        finally:
            other.close()
    assert len(world.modes()) == 2
