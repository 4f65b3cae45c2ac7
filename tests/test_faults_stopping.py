"""Told to stop amid hundreds of polls, or started twice: over soon, nothing lost, nobody asked twice for it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from fakeweb import FakeWeb, Reply, Request, answer
from places import Place, item, rss

HOSTS = [f"127.0.{number // 100 + 1}.{number % 100 + 1}" for number in range(300)]
TOPIC = '[topics.all]\ntitle = "All"\nlimit = 1000\n'


def slow_web() -> FakeWeb:
    """Three hundred hosts with a feed each, which take a moment to answer."""

    def reply(request: Request) -> Reply:
        known = request.header("if-none-match") is not None
        return (0.4, answer(304) if known else answer(200, rss(item(request.host, guid=request.host)), ETag='"1"'))

    return FakeWeb({"/feed": [reply]}, address="0.0.0.0")


def configured(place: Place, web: FakeWeb) -> None:
    """All of them as sources."""
    place.configure(
        "".join(f'[sources.s{n}]\nurl = "{web.url("/feed", host)}"\n' for n, host in enumerate(HOSTS)) + TOPIC
    )


def started(place: Place, *arguments: str) -> "subprocess.Popen[bytes]":
    """A command in a process of its own."""
    whole = [sys.executable, "-m", "aggregator", "--config", str(place.folder / "feeds.toml"), "-q", *arguments]
    return subprocess.Popen(whole, stderr=subprocess.PIPE)


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)


STOPS: list[tuple[str, tuple[str, ...], signal.Signals, int]] = [
    ("fetch, SIGTERM", ("fetch",), signal.SIGTERM, 130),
    ("fetch, SIGINT", ("fetch",), signal.SIGINT, 130),
    ("serve, SIGTERM", ("serve", "--port", "0"), signal.SIGTERM, 0),
    ("serve, SIGINT", ("serve", "--port", "0"), signal.SIGINT, 0),
]


@pytest.mark.parametrize(("name", "arguments", "number", "code"), STOPS, ids=[row[0] for row in STOPS])
def test_told_to_stop_amid_hundreds_of_polls(
    place: Place, name: str, arguments: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    """Over within seconds, without a traceback; what was answered is kept, and only the rest is asked for again."""
    with slow_web() as web:
        configured(place, web)
        process = started(place, *arguments)
        until(lambda: len(web.requests) >= 100)
        until(lambda: place.rows("SELECT count(*) FROM items") > [(0,)])
        process.send_signal(number)
        began = time.monotonic()
        _, told = process.communicate(timeout=30)
        assert time.monotonic() - began < 10, name
        assert process.returncode == code, told
        assert b"Traceback" not in told
        done = {name for (name,) in place.rows("SELECT name FROM sources WHERE last_polled IS NOT NULL")}
        assert 0 < len(done) < len(HOSTS)
        assert place.rows("SELECT count(*) FROM sources WHERE claimed_by IS NOT NULL") == [(0,)]
        assert place.rows("SELECT count(*) FROM items") == [(len(done),)]
        assert place.rows("PRAGMA integrity_check") == [("ok",)]
        asked = len(web.requests)
        assert place.run("-q", "fetch") == 0
        assert len(web.requests) - asked == len(HOSTS) - len(done)
    assert place.rows("SELECT count(*), count(DISTINCT uid) FROM items") == [(len(HOSTS), len(HOSTS))]
    assert set(place.titles("all")) == set(HOSTS)


def test_a_fetch_beside_a_server_polls_nothing_twice(place: Place) -> None:
    """Two commands at once on one database share the work, whichever of the two gets a source."""
    with slow_web() as web:
        configured(place, web)
        server = started(place, "serve", "--port", "0")
        until(lambda: len(web.requests) >= 50)
        assert place.run("-q", "fetch") == 0
        until(lambda: len(web.requests) >= len(HOSTS))
        until(lambda: place.rows("SELECT count(*) FROM items") == [(len(HOSTS),)])
        server.terminate()
        server.communicate(timeout=30)
        assert server.returncode == 0
        assert sorted(request.host for request in web.requests) == sorted(HOSTS)
    assert set(place.titles("all")) == set(HOSTS)


def test_nothing_replaces_a_database_that_is_in_use(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """`restore` beside a running server: exit 1, told what to do, nothing changed; `backup` beside it works."""
    with FakeWeb({"/a": [answer(200, rss(item("A", guid="1")), ETag='"1"')]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        server = started(place, "serve", "--port", "0")
        until(lambda: bool(web.requests) and (place.folder / "public/all.atom").exists())
        until(lambda: place.rows("SELECT count(*) FROM items") == [(1,)])
        copy = str(place.folder / "copy.db")
        assert place.run("-q", "backup", copy) == 0
        assert place.run("-q", "restore", copy) == 1
        assert "another command is at work on it; stop it first" in capsys.readouterr().err
        server.terminate()
        server.communicate(timeout=30)
        assert server.returncode == 0
        assert place.run("-q", "restore", copy) == 0
    assert place.rows("SELECT title FROM items") == [("A",)]
