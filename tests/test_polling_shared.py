"""One request where one is enough: one address for several sources, moved feeds, hosts that want to be left alone."""

from datetime import UTC, datetime, timedelta

import clusters
import pytest
from fakeweb import FakeWeb, Reply, Request, answer
from places import Place, item, rss

from aggregator.model import Postponed
from aggregator.polling.cadence import Wish, not_before, postponed
from aggregator.polling.moves import Move, after_failure, after_poll

TOPIC = '[topics.all]\ntitle = "All"\nduplicates = "show"\n'
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def feed(*titles: str) -> bytes:
    """Items without anything that a duplicate finder would fold."""
    return rss(*(item(title, guid=title) for title in titles))


def source(name: str, url: str, more: str = "") -> str:
    """A table of feeds.toml."""
    return f'[sources.{name}]\nurl = "{url}"\n{more}\n'


def versions(*bodies: bytes) -> list[Reply]:
    """A server with conditional requests, whose feed is the next body at each visit."""
    served = iter(range(1, 1000))

    def reply(request: Request) -> bytes:
        number = min(next(served), len(bodies))
        tag = f'"{number}"'
        known = (request.header("if-none-match") or b"").decode()
        return answer(304, ETag=tag) if known == tag else answer(200, bodies[number - 1], ETag=tag)

    return [reply]


def of(place: Place, name: str) -> set[str]:
    """The titles that a source has brought."""
    return {title for (title,) in place.rows("SELECT title FROM appearances WHERE source = ?", name)}


# -- One address ------------------------------------------------------------------------------------------------------


def test_sources_with_one_address_are_asked_for_once(place: Place) -> None:
    """Whatever else differs, each has its items, its state and its poll; the second time too, and when one is named."""
    with FakeWeb({"/a": versions(feed("1"), feed("2", "1"), feed("3", "2", "1"))}) as web:
        url = web.url("/a")
        place.configure(
            source("one", url, "dedupe = false") + source("two", url, 'every = "2h"\ndedupe = false') + TOPIC
        )
        for polls, command in enumerate((["fetch"], ["fetch", "--force"], ["fetch", "two", "--force"]), 1):
            assert place.run("-q", *command) == 0
            assert len(web.requests) == polls
            assert of(place, "one") == of(place, "two") == {"1", "2", "3"} - {str(n) for n in range(polls + 1, 4)}
        assert [request.header("if-none-match") for request in web.requests] == [None, b'"1"', b'"2"']
        assert place.rows("SELECT source, count(*) FROM polls GROUP BY 1") == [("one", 3), ("two", 3)]
        assert place.rows("SELECT count(*) FROM polls WHERE bytes > 0") == [(3,)], "what came is counted once"
        reasons = dict(place.rows("SELECT name, next_poll_reason FROM sources"))
        assert "asked once for two as well" in reasons["one"]
        assert "asked once for one as well" in reasons["two"]


def test_who_is_due_brings_along_who_is_not(place: Place) -> None:
    """The more patient of two is served when the other is asked, and is not asked for by itself later."""
    with FakeWeb({"/a": versions(feed("1"))}) as web:
        url = web.url("/a")
        place.configure(source("often", url) + source("seldom", url, 'every = "1d"') + TOPIC)
        place.run("-q", "fetch")
        place.change("UPDATE sources SET next_poll = '2026-01-01T00:00:00Z' WHERE name = 'often'")
        before = dict(place.rows("SELECT name, next_poll FROM sources"))
        place.run("-q", "fetch")
        after = dict(place.rows("SELECT name, next_poll FROM sources"))
        assert len(web.requests) == 2
        assert all(after[name] > before[name] for name in ("often",))
        place.run("-q", "fetch")
        assert len(web.requests) == 2


def test_a_source_that_is_added_later_comes_to_share(place: Place) -> None:
    """It has to have the whole feed once; of what changes then, both learn by one request; none loses an item."""
    with FakeWeb({"/a": versions(feed("1"), feed("2", "1"), feed("3", "2", "1"))}) as web:
        url = web.url("/a")
        place.configure(source("one", url, "dedupe = false") + TOPIC)
        place.run("-q", "fetch")
        place.configure(source("one", url, "dedupe = false") + source("two", url, "dedupe = false") + TOPIC)
        place.run("-q", "fetch")
        assert of(place, "one") == of(place, "two") == {"1", "2"}
        place.run("-q", "fetch", "--force")
        assert of(place, "one") == of(place, "two") == {"1", "2", "3"}
        assert [request.header("if-none-match") for request in web.requests] == [None, None, b'"2"']


def test_a_304_tells_nothing_to_who_had_another_body(place: Place) -> None:
    """What one knows not to have changed may be new to the other: it is asked for by itself, and loses nothing."""
    with FakeWeb({"/a": versions(feed("1"))}) as web:
        url = web.url("/a")
        place.configure(source("one", url, "dedupe = false") + source("two", url, "dedupe = false") + TOPIC)
        place.run("-q", "fetch")
        place.let_time_pass()
        place.change("UPDATE sources SET next_poll = '2025-01-01T00:00:00Z' WHERE name = 'one'")
        place.change("UPDATE sources SET etag = '', body_digest = x'', known = x'' WHERE name = 'two'")
        place.run("-q", "fetch")
        assert place.rows("SELECT next_poll, claimed_by FROM sources WHERE name = 'two'") == [
            ("2026-01-01T00:00:00Z", None)
        ]
        place.run("-q", "fetch")
        assert of(place, "one") == of(place, "two") == {"1"}
        assert [request.header("if-none-match") for request in web.requests] == [None, b'"1"', None]


ENDS: list[tuple[str, Reply, str]] = [("a failure", answer(500), "failing"), ("a 410", answer(410), "gone")]


@pytest.mark.parametrize(("name", "reply", "state"), ENDS, ids=[row[0] for row in ENDS])
def test_what_goes_wrong_goes_wrong_for_both(place: Place, name: str, reply: Reply, state: str) -> None:
    """One request, and both say why; the items of both stay."""
    with FakeWeb({"/a": [answer(200, feed("1"), ETag='"1"'), reply]}) as web:
        url = web.url("/a")
        place.configure(source("one", url) + source("two", url) + TOPIC)
        place.run("-q", "fetch")
        place.run("-q", "fetch", "--force")
        assert len(web.requests) == 2
    assert place.rows("SELECT state, last_error IS NULL FROM sources") == [(state, 0)] * 2, name
    assert set(place.titles("all")) == {"1"}


def test_check_names_sources_with_one_address(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """It is allowed, and mostly an oversight: said, with exit code 0."""
    place.configure(
        source("one", "https://a.example/f")
        + source("two", "https://a.example/f")
        + source("three", "https://a.example/g")
        + TOPIC
    )
    assert place.run("check") == 0
    told = capsys.readouterr().err
    assert "one, two" in told
    assert "three" not in told


# -- Moved feeds ------------------------------------------------------------------------------------------------------


def test_a_feed_that_moved_to_anothers_address_is_not_asked_for_twice(place: Place) -> None:
    """A permanent redirect that has proved itself to another source's address: from then on one request for both."""
    body = rss(item("1", guid="1"), item("2", guid="2"))

    def reply(request: Request) -> bytes:
        return answer(304) if request.header("if-none-match") else answer(200, body, ETag='"1"')

    with FakeWeb({"/new": [reply]}) as web:
        web.script["/old"] = [answer(301, Location=web.url("/new"))]
        place.configure(source("old", web.url("/old")) + source("new", web.url("/new")) + TOPIC)
        for _ in range(3):
            assert place.run("-q", "fetch", "--force") == 0
        assert len(web.asked("/old")) == 3
        web.requests.clear()
        place.run("-q", "fetch", "--force")
        assert [request.target for request in web.requests] == ["/new"]
        assert web.requests[0].header("if-none-match") == b'"1"'
        reasons = dict(place.rows("SELECT name, next_poll_reason FROM sources"))
        assert "asked once for new as well" in reasons["old"]
    assert len(place.feed("all").entries) in {2, 4}
    assert place.rows("SELECT source, count(*) FROM appearances GROUP BY 1") == [("new", 2), ("old", 2)]


FAILS = "failed"
ROWS: list[tuple[str, list[str], str]] = [
    ("three in a row", ["/n", "/n", "/n"], "/n"),
    ("two", ["/n", "/n"], "/old"),
    ("a failure between", ["/n", "/n", FAILS, "/n"], "/old"),
    ("... and three after it", ["/n", "/n", FAILS, "/n", "/n", "/n"], "/n"),
    ("another target between", ["/n", "/n", "/m", "/n"], "/old"),
    ("no redirect between", ["/n", "/n", "", "/n"], "/old"),
    ("failures alone", [FAILS] * 9, "/old"),
]


@pytest.mark.parametrize(("name", "polls", "believed"), ROWS, ids=[row[0] for row in ROWS])
def test_a_redirect_is_believed_after_three_polls_in_a_row(name: str, polls: list[str], believed: str) -> None:
    """In a row to the letter: whatever comes between begins the count anew."""
    move = Move("/old")
    for number, target in enumerate(polls):
        move = after_failure(move) if target == FAILS else after_poll(move, target, NOW + number * HOUR)
    assert move.poll_url == believed, name


def test_the_count_is_broken_by_what_the_server_does(place: Place) -> None:
    """A failure, a page and a body that broke off are no proof: the old address is asked until three polls were good."""
    good = [answer(200, feed(str(number))) for number in range(4)]
    bad = [answer(500), answer(200, b"<html>"), answer(200, feed("x", "y")[:-40])]
    replies = [good[0], good[1], bad[0], good[2], bad[1], good[3], bad[2], *good]
    with FakeWeb({"/new": replies}) as web:
        web.script["/old"] = [answer(301, Location=web.url("/new"))]
        place.configure(source("a", web.url("/old")) + TOPIC)
        for _ in range(12):
            place.run("-q", "fetch", "--force")
        assert len(web.asked("/old")) == 10
        assert len(web.asked("/new")) == 12


# -- Hosts that want to be left alone ---------------------------------------------------------------------------------


def test_a_host_that_is_left_alone_fails_nobody(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """One 429: the host's other sources are postponed, not failed; `status` says until when and why; force keeps to it."""
    busy = answer(429, Retry_After="1800")
    with FakeWeb({"/a": [busy], "/b": [answer(200, feed("B"))], "/c": [answer(200, feed("C"))]}) as web:
        place.configure("".join(source(name, web.url(f"/{name}")) for name in "abc") + TOPIC)
        assert place.run("fetch") == 1
        told = capsys.readouterr()
        assert "0 new items" in told.out
        assert "1 polled, 1 failed, 2 postponed" in told.out
        asked = {request.target for request in web.requests}
        (other, another) = sorted({"/a", "/b", "/c"} - asked) if "/a" in asked else ("", "")
        assert other
        found = {row["name"]: row for row in place.status()["sources"]}
        for name in (other[1:], another[1:]):
            assert (found[name]["state"], found[name]["failures"], found[name]["last_error"]) == ("new", 0, None)
            due = datetime.fromisoformat(found[name]["next_poll"])
            assert timedelta(minutes=29) < due - datetime.now(UTC) < timedelta(minutes=34)
        assert place.rows("SELECT source FROM polls") == [("a",)]
        place.run("status")
        assert "not asked: the host answered 429" in capsys.readouterr().out
        place.run("-q", "fetch", "--force")
        assert len(web.requests) == 1
        place.change("UPDATE sources SET next_poll = NULL, not_before = NULL WHERE name <> 'a'")
        place.change("DELETE FROM pauses")
        clusters.forget()  # workers outlive a run, and remember whom to leave alone
        assert place.run("-q", "fetch") == 0
    assert sorted(place.titles("all")) == ["B", "C"]


def test_a_pause_outlives_the_process_that_was_told(place: Place) -> None:
    """After a restart no other source of the host is asked before its time; nor is one by a fetch beside a server."""
    script = {"/a": [answer(429, Retry_After="1800")], "/b": [answer(200, feed("B"))]}
    with FakeWeb(script, address="0.0.0.0") as web:
        place.configure(
            source("a", web.url("/a")) + source("b", web.url("/b")) + source("c", web.url("/b", "127.0.0.2")) + TOPIC
        )
        assert place.run("-q", "fetch", "a") == 1
        ((until,),) = place.rows("SELECT until FROM pauses WHERE host = '127.0.0.1'")
        assert timedelta(minutes=29) < datetime.fromisoformat(until) - datetime.now(UTC) < timedelta(minutes=31)
        assert place.run("-q", "fetch", "--force") == 0
        assert [request.host for request in web.requests] == ["127.0.0.1", "127.0.0.2"]
        clusters.forget()
        for number, time in enumerate(("2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z")):  # over; and of a wrong clock
            place.change("UPDATE sources SET next_poll = NULL, not_before = NULL WHERE name = 'b'")
            place.change("UPDATE pauses SET until = ?", time)
            assert place.run("-q", "fetch", "b") == 0
            assert len(web.asked("/b")) == 2 + number


@pytest.mark.parametrize(("asked", "minutes"), [(False, 2), (True, 60)])
def test_when_a_postponed_poll_is_made(asked: bool, minutes: int) -> None:
    """When the host is free again; where a server redirects there, that server keeps its interval."""
    response = Postponed("not asked", 120, asked)
    when, why = postponed(response, Wish(HOUR), NOW, 0.0)
    later, _ = postponed(response, Wish(HOUR), NOW, 1.0)
    assert when - NOW == timedelta(minutes=minutes)
    assert when < later <= when + timedelta(minutes=minutes) / 10
    assert why == "not asked"
    assert not_before(response, NOW) == NOW + timedelta(minutes=2)
