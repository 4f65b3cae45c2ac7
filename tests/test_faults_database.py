"""A database that is damaged, foreign, newer, locked or in use: said in a sentence, never written over, mended itself."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakeweb import FakeWeb, Request, answer
from places import Place, item, rss

from aggregator.storage import database
from aggregator.storage.backup import APPLICATION_ID
from aggregator.storage.claims import Owner
from aggregator.storage.errors import StoreError

TOPIC = '[topics.all]\ntitle = "All"\n'
WORDS = "<p>" + "The council met again in the evening, and agreed on nothing at all. " * 40 + "</p>"
FEED = rss(*(item(f"Item {number}", guid=f"urn:{number}", text=f"{number} {WORDS}") for number in range(40)))


@contextmanager
def fetched(place: Place) -> Iterator[FakeWeb]:
    """A place that has fetched a feed of forty items once."""
    with FakeWeb({"/a": [conditional], "/b": [conditional]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        assert place.run("-q", "fetch") == 0
        yield web


def conditional(request: Request) -> bytes:
    """The feed, to whoever does not have it."""
    return answer(304) if request.header("if-none-match") else answer(200, FEED, ETag='"1"')


def stored(place: Place) -> Path:
    """The database."""
    return place.folder / "aggregator.db"


def flipped(path: Path) -> None:
    """Every byte of the middle third is another; where a write-ahead log is beside it, that is in the file first."""
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    body = bytearray(path.read_bytes())
    for place in range(len(body) // 3, 2 * len(body) // 3):
        body[place] ^= 0xFF
    path.write_bytes(body)


def cut(path: Path) -> None:
    """Half of it is gone."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    """All of it is gone."""
    path.write_bytes(b"")


def zeroed(path: Path) -> None:
    """Its first pages are zeros."""
    path.write_bytes(bytes(8192) + path.read_bytes()[8192:])


def text(path: Path) -> None:
    """Somebody saved a letter under its name."""
    path.write_text("Dear Sir or Madam,\n" * 400)


DAMAGES: list[tuple[str, Callable[[Path], None]]] = [
    ("flipped", flipped),
    ("cut", cut),
    ("emptied", emptied),
    ("zeroed", zeroed),
    ("text", text),
]
NAMES = [row[0] for row in DAMAGES]


def until_well(place: Place) -> list[int]:
    """The exit codes of `publish` and `fetch`, run until both are done well or five times each."""
    codes: list[int] = []
    while codes[-2:] != [0, 0] and len(codes) < 10:
        codes += [place.run("-q", "publish"), place.run("-q", "fetch", "--force")]
    return codes


@pytest.mark.parametrize(("name", "damage"), DAMAGES, ids=NAMES)
def test_damage_is_moved_aside_and_the_last_backup_takes_its_place(
    place: Place, name: str, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 once, with a sentence; the damaged file is kept as it was found; then all items are there again."""
    with fetched(place) as web:
        before = place.published()
        damage(stored(place))
        found = stored(place).read_bytes()
        codes = until_well(place)
        told = capsys.readouterr().err
        assert codes.count(1) == 1, (name, codes, told)
        assert set(codes) == {0, 1}
        assert "is damaged" in told
        assert "the backup of" in told
        assert "Traceback" not in told
        kept = list(place.folder.glob("aggregator.db.corrupt-*"))
        assert found in [path.read_bytes() for path in kept]
        assert place.rows("PRAGMA integrity_check") == [("ok",)]
        assert place.rows("SELECT count(*) FROM items") == [(40,)]
        assert place.published() == before
        assert [request.header("if-none-match") for request in web.requests][1:] == [b'"1"'] * (len(web.requests) - 1)


@pytest.mark.parametrize(("name", "damage"), DAMAGES, ids=NAMES)
def test_damage_without_a_backup_begins_anew_and_keeps_what_is_published(
    place: Place, name: str, damage: Callable[[Path], None]
) -> None:
    """Nothing is lost that the sources still list, ids stay, and no published file goes meanwhile."""
    with fetched(place):
        (backup,) = (place.folder / "aggregator.db.backups").glob("*.db")
        backup.unlink()
        before = place.published()
        damage(stored(place))
        codes = [place.run("-q", "publish")]
        if codes == [0]:  # what publish looks at is sound
            codes = [place.run("-q", "fetch", "--force")]
        assert codes == [1], name
        assert place.published() == before
        assert place.run("-q", "fetch") == 0
    assert place.rows("SELECT count(*) FROM items") == [(40,)]
    assert place.published()["all.atom"] == before["all.atom"]


def foreign(path: Path) -> None:
    """The database of another program."""
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    db.close()


def newer(path: Path) -> None:
    """A database that a later version of ours has written."""
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('aggregator', 'x', 'now')")
    db.close()


COMMANDS = [("fetch",), ("publish",), ("status",), ("search", "x"), ("backup", "copy.db"), ("serve", "--port", "0")]
OTHERS: list[tuple[str, Callable[[Path], None], str]] = [
    ("foreign", foreign, "another program's database|no database of ours"),
    ("letter", text, "this file is no database|is damaged"),
    ("newer", newer, "a newer version of this program"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(("name", "make", "words"), OTHERS, ids=[row[0] for row in OTHERS])
def test_what_is_not_ours_is_not_touched(
    place: Place,
    name: str,
    make: Callable[[Path], None],
    words: str,
    command: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever command meets it says what it is and ends; not a byte of it changes, nobody is asked, nothing written."""
    monkeypatch.chdir(place.folder)
    with FakeWeb({"/a": [answer(200, FEED)]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        if name == "newer":
            place.run("-q", "fetch")
            web.requests.clear()
        make(stored(place))
        before = stored(place).read_bytes()
        code = place.run(*command)
        told = capsys.readouterr().err
        assert code == 1, told
        assert any(part in told for part in words.split("|")), told
        assert "Traceback" not in told
        assert stored(place).read_bytes() == before
        assert not list(place.folder.glob("*corrupt*"))
        assert web.requests == []


@pytest.mark.parametrize("command", [("fetch",), ("publish",)], ids=lambda command: command[0])
def test_a_locked_database_is_waited_for_and_then_told(
    place: Place, command: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds the lock: exit 1 and a sentence, no request; once it is free all goes on."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    with fetched(place) as web:
        other = sqlite3.connect(stored(place), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n[sources.b]\nurl = "{web.url("/b")}"\n{TOPIC}')
        assert place.run("-q", *command) == 1
        told = capsys.readouterr().err
        assert "another program keeps it locked" in told
        assert "Traceback" not in told
        assert len(web.requests) == 1
        assert place.run("-q", "status") == 0
        other.execute("ROLLBACK")
        other.close()
        assert place.run("-q", *command) == 0


def test_a_lock_in_the_middle_of_a_run_loses_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locked while the answer is under way: the run fails, its items and validators are not half there; the next has all."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    other: list[sqlite3.Connection] = []

    def lock(_: object) -> bytes:
        if not other:
            other.append(sqlite3.connect(stored(place), isolation_level=None, check_same_thread=False))
            other[0].execute("BEGIN IMMEDIATE")
        return answer(200, FEED, ETag='"1"')

    with FakeWeb({"/a": [lock]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        assert place.run("-q", "fetch") == 1
        assert place.rows("SELECT count(*) FROM items") == [(0,)]
        assert place.rows("SELECT etag, last_polled FROM sources") == [("", None)]
        other[0].execute("ROLLBACK")
        other[0].close()
        assert place.run("-q", "fetch") == 0
    assert place.rows("SELECT count(*) FROM items") == [(40,)]


def test_damage_met_beside_another_command_is_only_told(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """What another process has open is not moved from under it: a sentence and exit 1, and every file stays."""
    with fetched(place):
        with Owner(stored(place)):
            zeroed(stored(place))
            before = stored(place).read_bytes()
            assert place.run("-q", "publish") == 1
            assert "Stop the command that is at work on it" in capsys.readouterr().err
            assert stored(place).read_bytes() == before
            assert not list(place.folder.glob("*corrupt*"))
        assert place.run("-q", "publish") == 1
        assert place.run("-q", "publish") == 0
    assert place.rows("SELECT count(*) FROM items") == [(40,)]


POISON = """CREATE TRIGGER poison BEFORE INSERT ON items WHEN new.title LIKE '%poison%'
    BEGIN SELECT RAISE(ABORT, 'no such thing'); END"""


def test_what_cannot_be_stored_costs_its_own_source_alone(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever our code trips over while it writes: the others are stored, it is told, and asked for later as before."""
    names = ("a", "b", "c", "d")
    bodies = {name: rss(item(f"First of {name}", guid=f"1{name}")) for name in names}
    bodies["b"] = rss(item("It is poison", guid="1b"))
    script = {f"/{name}": [answer(200, body, ETag='"1"')] for name, body in bodies.items()}
    with FakeWeb(script) as web:
        place.save({"good/one.txt": "The good\n\nWords and words.\n", "bad/one.txt": "Some poison\n\nMore words.\n"})
        feeds = "".join(f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\n' for name in names)
        files = '[sources.bad]\npath = "bad"\n[sources.good]\npath = "good"\n'
        place.configure(files + feeds + '[topics.all]\ntitle = "All"\n')
        assert place.run("-q", "fetch", "good") == 0
        place.change(POISON)
        assert place.run("fetch") == 0
        assert "cannot be stored, by a fault of ours (IntegrityError: no such thing)" in capsys.readouterr().err
        states = dict(place.rows("SELECT name, state FROM sources"))
        assert states == {"bad": "failing", "good": "ok", "a": "ok", "b": "failing", "c": "ok", "d": "ok"}
        assert place.rows("SELECT etag, claimed_by FROM sources WHERE name = 'b'") == [("", None)]
        assert place.rows("SELECT DISTINCT claimed_by FROM sources") == [(None,)]
        place.change("DROP TRIGGER poison")
        place.let_time_pass()
        assert place.run("-q", "fetch") == 0
        assert len(web.requests) == 2 * len(names)
    assert {"It is poison", "Some poison", "The good", "First of a"} <= set(place.titles("all"))


def test_what_cannot_be_stored_with_others_costs_its_own_source_alone(place: Place) -> None:
    """Polls that found nothing new are written in one statement; a source that this trips over fails by itself."""
    names = ("a", "b", "c", "d")
    with FakeWeb({f"/{name}": [conditional] for name in names}) as web:
        feeds = "".join(f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\n' for name in names)
        place.configure(feeds + TOPIC)
        assert place.run("-q", "fetch") == 0
        place.change(
            "CREATE TRIGGER poison BEFORE UPDATE ON sources WHEN new.name = 'b' AND (new.last_status, new.state) = (304, 'ok')"
            " BEGIN SELECT RAISE(ABORT, 'no such thing'); END"
        )
        place.let_time_pass()
        assert place.run("-q", "fetch") == 0
    states = dict(place.rows("SELECT name, state FROM sources"))
    assert states == {"a": "ok", "b": "failing", "c": "ok", "d": "ok"}
    assert place.rows("SELECT status, count(*) FROM polls GROUP BY status") == [(200, 4), (304, 4)]
    assert place.rows("SELECT etag FROM sources WHERE name = 'b'") == [('"1"',)]


def test_what_cannot_be_published_costs_its_own_topic_alone(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever our code trips over while it renders: other topics are published, the last good state of this one stays."""
    topics = "".join(f'[topics.{name}]\ntitle = "T"\nany = ["{name}"]\n' for name in ("apple", "birch", "cedar"))
    first = [item(f"An old {name}", guid=f"1{name}") for name in ("apple", "birch", "cedar")]
    second = [item(f"A new {name}", guid=f"2{name}") for name in ("apple", "birch", "cedar")]
    with FakeWeb({"/a": [answer(200, rss(*first)), answer(200, rss(*first, *second))]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{topics}')
        assert place.run("-q", "fetch") == 0
        place.change("UPDATE items SET published = 'yesterday' WHERE title = 'An old birch'")
        place.let_time_pass()
        assert place.run("-q", "fetch") == 1
    told = capsys.readouterr().err
    assert "birch.atom is not replaced, the last good one stays: a fault of ours (ValueError: " in told
    assert "Traceback" not in told
    assert [len(place.titles(name)) for name in ("apple", "birch", "cedar")] == [2, 1, 2]
    place.change("UPDATE items SET published = '2026-11-01T08:00:00Z' WHERE title = 'An old birch'")
    assert place.run("-q", "fetch") == 0
    assert len(place.titles("birch")) == 2


def test_two_commands_may_make_the_database_at_the_same_moment(tmp_path: Path) -> None:
    """Who finds another writing into a file that is not in WAL mode yet waits until that one is done."""
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    other.execute("BEGIN IMMEDIATE")
    done = threading.Timer(0.3, other.execute, ("ROLLBACK",))
    done.start()
    db = database.open_database(path)
    assert db.journal_mode == "wal"
    db.close()
    done.join()
    other.close()


def test_what_does_not_pass_our_check_is_tried_until_it_does(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Each run says so, though nothing else has changed; nor is a month of the archive closed without its document."""
    october = [item("An old one", guid="1", date="Thu, 01 Oct 2026 08:00:00 GMT")]
    november = [item("A new one", guid="2")]
    with FakeWeb({"/a": [answer(200, rss(*october)), answer(200, rss(*october, *november)), answer(304)]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        assert place.run("-q", "fetch") == 0
        place.change("UPDATE items SET content = '<script>x</script>'")
        place.let_time_pass()
        assert [place.run("-q", "fetch") for _ in range(2)] == [1, 1]
        assert capsys.readouterr().err.count("all.atom is not replaced, the last good one stays") == 2
        assert len(place.titles("all")) == 1
        place.change("UPDATE items SET content = '<p>mended</p>'")
        assert place.run("-q", "fetch") == 0
    assert len(place.titles("all")) == 2
    published = place.published()
    assert b"mended" in published["all/archive/2026-10.atom"]
    assert b"A new one" in published["all/archive/2026-11.atom"]


def test_an_old_sqlite_is_told_of_at_once() -> None:
    """And not by the first statement it does not know, when the polls have been made."""
    database.must_be_recent((3, 33, 0))
    with pytest.raises(StoreError, match=r"SQLite 3\.31\.1: version 3\.33 or newer is needed"):
        database.must_be_recent((3, 31, 1))
