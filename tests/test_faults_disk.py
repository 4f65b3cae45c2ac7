"""A disk that is full, a folder that is read-only, few open files: nothing stored is lost, published files stay whole."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from fakeweb import FakeWeb, Request, answer
from limits import limited, small_disk
from places import Place, item, rss

from aggregator.storage import database

TOPIC = '[topics.all]\ntitle = "All"\n'
OLD = rss(item("Old", guid="1", text="<p>The first words of all.</p>"))
LARGE = "<p>" + "The council met again in the evening, and agreed on nothing at all. " * 4_000 + "</p>"
NEW = rss(*(item(f"New {number}", guid=f"n{number}", text=f"{number} {LARGE}") for number in range(8)))


def configured(place: Place, web: FakeWeb, site: str = "") -> None:
    """One feed, and a topic of everything; `site` are more lines for [site]."""
    head = f'[site]\ntitle = "Test"\nbase_url = "https://feeds.example.org/"\n{site}\n[polling]\nallow_private_addresses = true\n'
    place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}', head + 'host_delay = "0s"\n')


def two_bodies(request: Request) -> bytes:
    """The old feed to whoever has none, the new one to whoever has the old."""
    known = request.header("if-none-match")
    return answer(304) if known == b'"2"' else answer(200, NEW if known else OLD, ETag='"2"' if known else '"1"')


def titles(place: Place) -> set[str]:
    """The titles of the topic's feed."""
    return set(place.titles("all"))


ALL = {"Old", *(f"New {number}" for number in range(8))}


def test_nothing_is_polled_where_there_is_no_room(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk that is nearly full: publishers are not asked in vain; with room again all goes on by itself."""
    with FakeWeb({"/a": [two_bodies]}) as web:
        configured(place, web)
        assert place.run("-q", "fetch") == 0
        before = place.published()
        with monkeypatch.context() as full:
            full.setattr(database, "ROOM", 10**18)
            assert place.run("-q", "fetch", "--force") == 1
            assert "the disk is nearly full" in capsys.readouterr().err
        assert len(web.requests) == 1
        assert place.published() == before
        assert place.run("-q", "fetch", "--force") == 0
        assert titles(place) == ALL


@pytest.mark.parametrize("kilobytes", [0, 8, 64, 300])
def test_a_write_that_fails_loses_nothing(place: Place, kilobytes: int) -> None:
    """No file may grow beyond so much, as on a full disk: told in a sentence, old output whole, all there next time."""
    with FakeWeb({"/a": [two_bodies]}) as web:
        configured(place, web)
        assert place.run("-q", "fetch") == 0
        before = place.published()
        size = kilobytes * 1024 or 1
        done = limited(place, "-q", "fetch", "--force", size=size)
        assert done.returncode == 1, done.stderr
        assert "the disk is full" in done.stderr or "cannot be written" in done.stderr or "too large" in done.stderr
        assert "Traceback" not in done.stderr
        assert "a fault of ours" not in done.stderr
        assert {name for name in place.published() if "/." not in name} >= set(before)
        assert [entry.title for entry in place.feed("all").entries], "the feed is torn"
        assert place.rows("PRAGMA integrity_check") == [("ok",)]
        assert place.run("-q", "fetch", "--force") == 0
        assert titles(place) == ALL
    assert place.rows("SELECT count(*), count(DISTINCT uid) FROM items") == [(9, 9)]


def filled(folder: Path, free: int) -> Path:
    """Fill a disk so far that `free` bytes are left."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        while (left := shutil.disk_usage(folder).free - free) > 0:
            file.write(bytes(min(left, 1 << 20)))
            file.flush()
    return filler


FULL: list[tuple[str, int]] = [("the database's disk is full", 0), ("... but for a little", 200_000)]


@pytest.mark.parametrize(("name", "free"), FULL, ids=[row[0] for row in FULL])
def test_a_disk_that_is_really_full(place: Place, name: str, free: int) -> None:
    """ENOSPC itself: said, nothing asked, nothing lost; `status` still answers; with room again all is there."""
    with small_disk(place.folder / "disk", 48), FakeWeb({"/a": [two_bodies]}) as web:
        configured(place, web, 'database = "disk/aggregator.db"\noutput = "disk/public"')
        assert place.run("-q", "fetch") == 0, name
        filler = filled(place.folder / "disk", free)
        done = limited(place, "-q", "fetch", "--force")
        assert done.returncode == 1
        assert "full" in done.stderr
        assert "Traceback" not in done.stderr
        assert limited(place, "-q", "status").returncode == 0
        assert len(web.requests) == 1
        filler.unlink()
        assert limited(place, "-q", "fetch", "--force").returncode == 0
        with sqlite3.connect(place.folder / "disk/aggregator.db") as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("SELECT count(*) FROM items").fetchall() == [(9,)]
        db.close()


def test_an_output_disk_that_is_full_keeps_what_is_published(place: Place) -> None:
    """Items are stored, the old files stay whole to the byte, and are replaced once there is room."""
    with small_disk(place.folder / "disk", 32), FakeWeb({"/a": [two_bodies]}) as web:
        configured(place, web, 'output = "disk/public"')
        assert place.run("-q", "fetch") == 0
        feeds = {path: path.read_bytes() for path in (place.folder / "disk/public").glob("all.*")}
        filler = filled(place.folder / "disk", 0)
        done = limited(place, "-q", "fetch", "--force")
        assert done.returncode == 1
        assert "full" in done.stderr or "No space" in done.stderr, done.stderr
        assert {path: path.read_bytes() for path in feeds} == feeds
        assert place.rows("SELECT count(*) FROM items") == [(9,)]
        filler.unlink()
        assert limited(place, "-q", "publish").returncode == 0
        assert all(path.read_bytes() != body for path, body in feeds.items())
        assert len(web.requests) == 2


READ_ONLY: list[tuple[str, str, bool]] = [
    ("the output folder", "public", True),
    ("a folder in it", "public/all/archive", True),
    ("the database", "aggregator.db", False),
    ("the folder of the database", "", False),
    ("the lock", "aggregator.db.lock", False),
]


@pytest.mark.parametrize(("name", "path", "stored"), READ_ONLY, ids=[row[0] for row in READ_ONLY])
def test_what_is_read_only_is_named(place: Place, name: str, path: str, stored: bool) -> None:
    """Exit 1, a sentence with the path; old files stay to the byte; made writable again, the same command is enough."""
    with FakeWeb({"/a": [two_bodies]}) as web:
        configured(place, web)
        assert place.run("-q", "fetch") == 0
        before = place.published()
        closed = place.folder / path
        mode = closed.stat().st_mode
        closed.chmod(0o555 if closed.is_dir() else 0o444)
        assert limited(place, "-q", "status").returncode == 0
        done = limited(place, "-q", "fetch", "--force")
        closed.chmod(mode)
        assert done.returncode == 1, (name, done.stderr)
        assert str(closed) in done.stderr
        assert "Traceback" not in done.stderr
        assert place.rows("SELECT count(*) FROM items") == [(9 if stored else 1,)]
        if path != "public/all/archive":
            assert place.published() == before
        assert len(web.requests) == (2 if stored else 1)
        assert limited(place, "-q", "fetch", "--force").returncode == 0
        assert titles(place) == ALL


def test_an_output_that_leads_elsewhere_is_not_followed(place: Place) -> None:
    """A symbolic link under the name of a published file is replaced, and what it led to stays as it was."""
    with FakeWeb({"/a": [two_bodies]}) as web:
        configured(place, web)
        place.save({"mine.txt": "my own", "public/x": ""})
        for name in ("all.atom", "index.html", "status.json"):
            (place.folder / "public" / name).symlink_to(place.folder / "mine.txt")
        assert place.run("-q", "fetch") == 0
    assert (place.folder / "mine.txt").read_text() == "my own"
    assert not (place.folder / "public/all.atom").is_symlink()
    assert titles(place) == {"Old"}


def test_few_open_files_make_it_slower_and_not_wrong(place: Place) -> None:
    """With sixty-four open files two hundred hosts are polled, and every item is stored and published."""
    hosts = [f"127.0.{number // 100 + 1}.{number % 100 + 1}" for number in range(200)]
    feeds = {f"{host}/feed": [(0.05, answer(200, rss(item(host, guid=host)), ETag='"1"'))] for host in hosts}
    with FakeWeb(feeds, address="0.0.0.0") as web:
        sources = "".join(f'[sources.s{n}]\nurl = "{web.url("/feed", host)}"\n' for n, host in enumerate(hosts))
        place.configure(f'{sources}[topics.all]\ntitle = "All"\nlimit = 1000\n')
        done = limited(place, "-q", "fetch", files=64)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(web.requests) == 200
    assert titles(place) == set(hosts)
