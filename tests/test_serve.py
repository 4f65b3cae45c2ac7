"""`aggregator serve` as a user starts it: a process of its own, over loopback, with a real database."""

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import feedparser
import pytest
from fakeweb import HANG, FakeWeb, Reply, answer
from places import Place, item, rss
from serving import Answer, ask

COMMAND = (sys.executable, "-m", "aggregator")
TOPIC = '[topics.all]\ntitle = "All"\n'
STORED = rss(item("Stored", guid="1"))


class Running:
    """A server process, what it says on stderr, and its port."""

    def __init__(
        self, place: Place, *options: str, port: int = 0, command: Sequence[str] = COMMAND, **environment: str
    ) -> None:
        command = [*command, "--config", str(place.folder / "feeds.toml"), *options, "serve", "--port", str(port)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        found = re.search(r"at http://127\.0\.0\.1:(\d+)/", self.hear("serving"))
        assert found, self.said
        self.port = int(found[1])

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    def hear(self, words: str) -> str:
        """Wait until it says a line with these words, and return that."""
        while True:
            line = self._lines.get(timeout=30)
            assert line is not None, f"it ended without saying {words!r}: {self.said}"
            self.said.append(line.rstrip("\n"))
            if words in line:
                return line

    def ask(self, target: str, **headers: str) -> Answer:
        """One request."""
        return ask(self.port, target, **headers)

    def titles(self, topic: str) -> list[str]:
        """The titles of a topic's feed, or none where it is not there."""
        found = self.ask(f"/{topic}.atom")
        return [entry.title for entry in feedparser.parse(found.body).entries] if found.status == 200 else []

    def close(self) -> None:
        """End it at once, if it has not ended."""
        self.process.kill()
        self.process.wait()
        self._reading.join(10)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(25)


@contextmanager
def serving(place: Place, *options: str, **environment: str) -> Iterator[Running]:
    """A running server, ended well if it was not ended already."""
    running = Running(place, *options, **environment)
    try:
        yield running
        if running.process.poll() is None:
            assert running.stop() == 0, running.said
    finally:
        running.close()


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)


def source(web: FakeWeb, *names: str) -> str:
    """Feeds at paths of the fake web."""
    return "".join(f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\n' for name in names)


def test_what_is_stored_is_published_and_served_without_a_request(place: Place) -> None:
    """The output folder is gone: it is made again from the database, the same to the byte; nobody is asked."""
    with FakeWeb({"/a": [answer(200, STORED, ETag='"1"')]}) as web:
        place.configure(source(web, "a") + TOPIC)
        place.run("-q", "fetch")
        before = place.published()
        for path in (place.folder / "public").rglob("*.*"):
            path.unlink()
        with serving(place) as server:
            until(lambda: server.ask("/all.atom").status == 200)
            until(lambda: server.ask("/").status == 200)
            for path, body in before.items():
                assert server.ask(f"/{path}").body == body
            assert "text/html" in server.ask("/").headers["content-type"]
            assert server.ask("/healthz").body == b"ok\n"
        assert len(web.requests) == 1
    assert place.published() == before


def test_what_is_due_is_polled_and_published(place: Place) -> None:
    """New items stand in the feed within seconds; the next poll is conditional; figures count it all."""
    more = rss(item("More", guid="2"), item("Stored", guid="1"))
    replies: list[Reply] = [answer(200, STORED, ETag='"1"'), answer(304), answer(200, more, ETag='"2"')]
    with FakeWeb({"/a": replies}) as web:
        place.configure(source(web, "a") + TOPIC)
        with serving(place) as server:
            until(lambda: server.titles("all") == ["Stored"])
            tag = server.ask("/all.atom").headers["etag"]
            place.let_time_pass()
            until(lambda: len(web.requests) == 2)
            assert server.ask("/all.atom", If_None_Match=tag).status == 304
            until(lambda: 'polls_total{outcome="not_modified"} 1' in server.ask("/metrics").body.decode())
            place.let_time_pass()
            until(lambda: sorted(server.titles("all")) == ["More", "Stored"])
            assert server.ask("/all.atom", If_None_Match=tag).status == 200
            assert [request.header("if-none-match") for request in web.requests] == [None, b'"1"', b'"1"']
            figures = server.ask("/metrics").body.decode()
            assert 'aggregator_items_total{kind="new"} 2' in figures
            search = server.ask("/search.json?q=more")
            assert (search.status, b'"title": "More"' in search.body) == (200, True)


def test_files_are_read_while_it_serves(place: Place) -> None:
    """A text put into the seed folder becomes an item, without a restart."""
    place.configure('[sources.seeds]\npath = "seeds"\nevery = "1s"\n' + TOPIC)
    (place.folder / "seeds").mkdir()
    with serving(place) as server:
        until(lambda: server.ask("/all.atom").status == 200)
        place.save(
            {"seeds/a.txt": "The council agrees\n\nThe council met in the evening and agreed on its plan at last."}
        )
        until(lambda: server.titles("all") == ["The council agrees"])
    assert place.rows("SELECT source, title FROM items") == [("seeds", "The council agrees")]


def edit(place: Place, text: str) -> None:
    """Save feeds.toml as editors do: another file in its place."""
    old = place.folder / "feeds.toml"
    kept = old.rename(place.folder / "feeds.toml~")
    place.configure(text)
    kept.unlink()


def test_an_edit_is_taken_up_without_a_request(place: Place) -> None:
    """A rule edited, a topic added, renamed, retired: served as if it had always stood, and nothing is asked for it."""
    both = rss(item("Russia talks", guid="1"), item("Football", guid="2"))
    with FakeWeb({"/a": [answer(200, both, ETag='"1"')]}) as web:
        a = source(web, "a")
        place.configure(a + TOPIC)
        with serving(place) as server:
            until(lambda: len(server.titles("all")) == 2)
            edit(place, a + TOPIC + '[topics.talks]\ntitle = "Talks"\nany = ["russia"]\n')
            until(lambda: server.titles("talks") == ["Russia talks"])
            place.configure(a + TOPIC + '[topics.talks]\ntitle = "Talks"\nany = ["football"]\n')
            until(lambda: server.titles("talks") == ["Football"])
            edit(place, a + '[topics.sport]\ntitle = "Sport"\nany = ["football"]\nrenamed_from = ["talks"]\n')
            until(lambda: server.ask("/talks.atom").status == 301)
            assert server.ask("/talks.atom").headers["location"] == "/sport.atom"
            assert server.titles("sport") == ["Football"]
            assert server.ask("/all.rss").status == 410
            edit(place, a + TOPIC)
            until(lambda: server.ask("/talks.atom").status == 410)
            assert server.ask("/sport.json").status == 410
            assert len(server.titles("all")) == 2
        assert len(web.requests) == 1


def test_a_broken_edit_keeps_the_last_good_one_and_says_so(place: Place) -> None:
    """Every error with its line, on stderr and in /healthz; what is served stays; the next good edit is taken up."""
    with FakeWeb({"/a": [answer(200, STORED, ETag='"1"')]}) as web:
        a = source(web, "a")
        place.configure(a + TOPIC)
        with serving(place) as server:
            until(lambda: server.titles("all") == ["Stored"])
            place.configure(a + '[topics.all]\ntilte = "All"\nlimit = "many"\n[topics.x]\ntitle = "X"\nmatch = "("\n')
            server.hear("feeds.toml: an edit is not right")
            server.hear("match")
            until(lambda: server.ask("/healthz").body != b"ok\n")
            health = server.ask("/healthz")
            assert health.status == 200
            for word in ("tilte", "limit", "match"):
                assert re.search(rf"feeds\.toml:\d+: .*{word}", health.body.decode()), health.body
                assert any(word in line for line in server.said)
            assert server.titles("all") == ["Stored"]
            (place.folder / "feeds.toml").unlink()
            time.sleep(0.5)
            assert server.titles("all") == ["Stored"]
            place.configure(a + TOPIC + '[topics.more]\ntitle = "More"\n')
            server.hear("feeds.toml: all is well again")
            until(lambda: server.titles("more") == ["Stored"])
            assert server.ask("/healthz").body == b"ok\n"
        assert len(web.requests) == 1


def test_told_to_stop_it_lets_polls_under_way_end(place: Place) -> None:
    """SIGTERM: what is being answered is stored and published, what waits is left for the next start; exit 0."""
    with FakeWeb({"/a": [(1.0, answer(200, STORED, ETag='"1"'))], "/b": [answer(200, STORED)]}) as web:
        place.configure(source(web, "a", "b").replace("[sources.b]", "[sources.b]") + TOPIC)
        with serving(place) as server:
            until(lambda: web.requests)
            assert server.stop() == 0
        assert [request.target for request in web.requests] == ["/a"]
    assert place.rows("SELECT name FROM sources WHERE last_polled IS NOT NULL") == [("a",)]
    assert place.rows("SELECT count(*) FROM sources WHERE claimed_by IS NOT NULL") == [(0,)]
    assert place.titles("all") == ["Stored"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_twice_it_hurries(place: Place, number: signal.Signals) -> None:
    """A server that never answers is not waited for; nothing is lost, and it is still exit 0."""
    with FakeWeb({"/a": [HANG], "/b": [answer(200, STORED, ETag='"1"')]}) as web:
        place.configure(source(web, "a") + source(web, "b").replace("127.0.0.1", "localhost") + TOPIC)
        with serving(place) as server:
            until(lambda: server.titles("all") == ["Stored"])
            server.process.send_signal(number)
            server.hear("stopping")
            began = time.monotonic()
            assert server.stop(number) == 0
            assert time.monotonic() - began < 5
    assert place.rows("SELECT name FROM sources WHERE last_polled IS NOT NULL") == [("b",)]
    assert place.rows("SELECT count(*) FROM sources WHERE claimed_by IS NOT NULL") == [(0,)]


def test_told_to_stop_a_download_is_finished(place: Place) -> None:
    """What is being sent is sent to its end, and no new connection is taken."""
    large = os.urandom(500_000).hex().encode()
    place.configure(TOPIC)
    with serving(place) as server:
        until(lambda: server.ask("/all.atom").status == 200)
        place.save({"public/large.atom": large})
        with socket.create_connection(("127.0.0.1", server.port), 10) as client:
            client.sendall(b"GET /large.atom HTTP/1.1\r\nHost: x\r\n\r\n")
            got = client.recv(1000)
            server.process.terminate()
            server.hear("stopping")
            while piece := client.recv(65536):
                got += piece
        assert got.endswith(large[-1000:])
        assert server.process.wait(20) == 0
        with pytest.raises(ConnectionRefusedError):
            server.ask("/all.atom")


def test_two_servers_on_one_database_poll_no_source_twice(place: Place) -> None:
    """Allowed: both serve, each source is polled by one of them, and the second says so."""
    names = [f"s{number}" for number in range(10)]
    replies: dict[str, list[Reply]] = {f"/{name}": [(0.2, answer(200, rss(item(name)), ETag='"1"'))] for name in names}
    with FakeWeb(replies) as web:
        place.configure(source(web, *names) + TOPIC)
        with serving(place) as one, serving(place) as two:
            two.hear("another command is at work on this database")
            until(lambda: sorted(one.titles("all")) == names)
            until(lambda: sorted(two.titles("all")) == names)
            place.let_time_pass()
            until(lambda: len(web.requests) >= 20)
            time.sleep(0.5)
        assert len(web.requests) == 20


def test_what_cannot_be_served_is_told_and_ends(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    """Port in use or database damaged: exit 1; feeds.toml wrong: exit 2; a sentence, and no traceback."""
    place.configure(TOPIC)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert place.run("serve", "--port", str(taken.getsockname()[1])) == 1
    assert "another program has the port" in capfd.readouterr().err
    place.save({"aggregator.db": b"no database at all, but words " * 99})
    assert place.run("serve", "--port", "0") == 1
    told = capfd.readouterr().err
    assert "this file is no database" in told
    assert "Traceback" not in told
    place.configure("[topics.all]\n")
    assert place.run("serve", "--port", "0") == 2


def test_systemd_is_told_of_start_and_end(place: Place, tmp_path: Path) -> None:
    """READY=1 once it serves, WATCHDOG=1 while the scheduler ticks, STOPPING=1 at the end."""
    place.configure(TOPIC)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        with serving(place, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="400000") as server:
            assert manager.recv(100) == b"READY=1"
            assert server.ask("/healthz").status == 200
            assert manager.recv(100) == b"WATCHDOG=1"
            server.process.terminate()
            while (told := manager.recv(100)) == b"WATCHDOG=1":
                pass
            assert told == b"STOPPING=1"
            assert server.process.wait(20) == 0


def test_a_database_that_goes_is_told_and_the_files_are_served_on(place: Place) -> None:
    """/healthz is 503 with the reason; feeds are still served; when it is back all is well."""
    with FakeWeb({"/a": [answer(200, STORED, ETag='"1"')]}) as web:
        place.configure(source(web, "a") + TOPIC)
        with serving(place) as server:
            until(lambda: server.titles("all") == ["Stored"])
            place.change("ALTER TABLE sources RENAME TO elsewhere")
            until(lambda: server.ask("/healthz").status == 503)
            assert b"no such table" in server.ask("/healthz").body or b"no database yet" in server.ask("/healthz").body
            assert server.titles("all") == ["Stored"]
            assert b"aggregator_http_connections" in server.ask("/metrics").body
            place.change("ALTER TABLE elsewhere RENAME TO sources")
            assert server.process.poll() is None


def test_other_commands_do_not_pay_for_the_server(place: Place) -> None:
    """Starlette, uvicorn, APScheduler and watchfiles are imported by `serve` alone."""
    place.configure(TOPIC)
    script = (
        "import sys; from aggregator.cli import run; "
        f"codes = [run(['--config', {str(place.folder / 'feeds.toml')!r}, '-q', *command]) for command in ([['check'], "
        "['fetch'], ['publish'], ['status', '--json'], ['search', 'x']])]; "
        "print(codes, [name for name in ('starlette', 'uvicorn', 'apscheduler', 'watchfiles') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[0, 0, 0, 0, 0] []"
