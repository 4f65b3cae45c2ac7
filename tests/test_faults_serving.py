"""A disk that fills up under a running server: told, nothing lost, nobody asked in vain, and all goes on with room again."""

import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fakeweb import FakeWeb, Reply, Request
from limits import small_disk
from places import Place
from test_faults_disk import ALL, configured, filled, two_bodies
from test_serve import Running, until

# What failed is tried again after half a second instead of a minute.
_START = "import aggregator.serving.duties as duties; from aggregator.__main__ import main; duties._AGAIN = 0.5; main()"
IMPATIENT = (sys.executable, "-c", _START)

BOTH = 'database = "disk/aggregator.db"\noutput = "disk/public"'


@dataclass
class Disk:
    """One that fills up, once, while the server asks for the new feed."""

    fill: Callable[[int], Callable[[], None]]  # given the server's process; returns what makes room again
    process: "Future[int]" = field(default_factory=Future)
    free: Callable[[], None] | None = None

    def reply(self, request: Request) -> Reply:
        """The old feed; then no room, and the new feed; then that it has not changed."""
        if request.header("if-none-match") == b'"1"' and self.free is None:
            self.free = self.fill(self.process.result(30))
        return two_bodies(request)

    def make_room(self) -> None:
        """As somebody who was told would."""
        assert self.free is not None
        self.free()


def really(folder: Path) -> Callable[[int], Callable[[], None]]:
    """To the last byte."""
    return lambda _process: filled(folder, 0).unlink


def to_one_process(process: int) -> Callable[[], None]:
    """As with a quota: the process may write no more, and the system says that there is room."""
    before = resource.prlimit(process, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    return lambda: resource.prlimit(process, resource.RLIMIT_FSIZE, before) and None


@contextmanager
def served(place: Place, disk: Disk, site: str) -> Iterator[tuple[Running, FakeWeb]]:
    """A server that has the old feed, and asks for the new one."""
    with FakeWeb({"/a": [disk.reply]}) as web:
        configured(place, web, site)
        assert place.run("-q", "fetch") == 0
        change(place, "UPDATE sources SET next_poll = '2026-01-01T00:00:00Z'")
        server = Running(place, command=IMPATIENT)
        try:
            disk.process.set_result(server.process.pid)
            yield server, web
        finally:
            server.close()


def change(place: Place, statement: str) -> list[tuple[object, ...]]:
    """Ask the database, wherever it is, or change it."""
    path = next(path for path in (place.folder / "disk/aggregator.db", place.folder / "aggregator.db") if path.exists())
    with sqlite3.connect(path) as db:
        found = db.execute(statement).fetchall()
    db.close()
    return found


FULL = ["really", "for this process"]


@pytest.mark.parametrize("how", FULL)
def test_a_full_disk_keeps_answers_until_there_is_room(place: Place, how: str) -> None:
    """What was asked for before is written as soon as there is room, and nobody is asked again for it."""
    with small_disk(place.folder / "disk", 64):
        disk = Disk(really(place.folder / "disk") if how == "really" else to_one_process)
        with served(place, disk, BOTH) as (server, web):
            assert "full" in server.hear("polling: ")
            old = server.ask("/all.atom").body
            time.sleep(2)  # it tries again meanwhile
            health = server.ask("/healthz")
            assert (health.status, b"polling" in health.body) == (503, True)
            assert (server.titles("all"), server.ask("/all.atom").body) == (["Old"], old)
            assert len(web.requests) == 2
            assert sum("polling: " in line for line in server.said) <= 2, server.said
            disk.make_room()
            until(lambda: set(server.titles("all")) == ALL)
            until(lambda: server.ask("/healthz").body == b"ok\n")
            assert len(web.requests) == 2
            assert change(place, "SELECT count(*) FROM sources WHERE claimed_by IS NOT NULL") == [(0,)]
            change(place, "UPDATE sources SET next_poll = '2026-01-01T00:00:00Z'")
            until(lambda: len(web.requests) == 3)
            assert server.stop() == 0, server.said
            assert change(place, "SELECT count(*) FROM items") == [(9,)]
            assert change(place, "PRAGMA integrity_check") == [("ok",)]


def test_a_full_output_disk_keeps_what_is_published(place: Place) -> None:
    """What is new is stored, and published as soon as there is room."""
    with small_disk(place.folder / "disk", 32):
        disk = Disk(really(place.folder / "disk"))
        with served(place, disk, 'output = "disk/public"') as (server, _):
            assert "full" in server.hear("publishing: ")
            assert server.titles("all") == ["Old"]
            assert b"publishing" in server.ask("/healthz").body
            assert change(place, "SELECT count(*) FROM items") == [(9,)]
            disk.make_room()
            until(lambda: set(server.titles("all")) == ALL)
            until(lambda: server.ask("/healthz").body == b"ok\n")
            assert server.stop() == 0, server.said


def test_told_to_stop_on_a_full_disk_it_stops(place: Place) -> None:
    """As at any other time; the next start asks anew for what could not be written."""
    with small_disk(place.folder / "disk", 64):
        disk = Disk(really(place.folder / "disk"))
        with served(place, disk, BOTH) as (server, web):
            server.hear("polling: ")
            assert server.stop() == 0, server.said
            disk.make_room()
            assert place.run("-q", "fetch") == 0
            assert len(web.requests) == 3
            assert change(place, "SELECT count(*) FROM items") == [(9,)]
