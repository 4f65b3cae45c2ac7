"""Backups, restores, and what is done once a day: a copy is whole or not there, and what is taken away was meant."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakeweb import FakeWeb, Request, answer
from places import HEAD, Place, item, rss

from aggregator.commands.opening import opened
from aggregator.config.load import load
from aggregator.model import FeedInfo
from aggregator.pipeline import own, upkeep
from aggregator.storage import backup
from aggregator.storage.times import now

TOPIC = '[topics.all]\ntitle = "All"\nlimit = 1000\n'
WORDS = "The council met in the evening and agreed on the plan that had been on its table since the spring. " * 9
TODAY = datetime.now(UTC).date()
YOUNG = rss(item("Young", guid="young", date=f"{TODAY:%d %b %Y} 00:00:00 GMT"), item("Kept", guid="kept"))
DAY = timedelta(days=1)


def first_and_later(request: Request) -> bytes:
    """A feed of one item, of which at the second visit another has taken the place."""
    known = request.header("if-none-match")
    body = rss(item("Later", guid="2")) if known else rss(item("First", guid="1"))
    return answer(200, body, ETag='"2"' if known else '"1"')


def test_the_daily_backup_restores(place: Place) -> None:
    """It has what was stored when it was made; the database that was there is kept; the next fetch brings the rest."""
    with FakeWeb({"/a": [first_and_later]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        assert place.run("-q", "fetch") == 0
        place.run("-q", "fetch", "--force")
        assert sorted(place.titles("all")) == ["First", "Later"]
        (daily,) = (place.folder / "aggregator.db.backups").iterdir()
        assert daily.name == f"{TODAY}.db"
        assert place.run("-q", "restore", str(daily)) == 0
        assert place.rows("SELECT title FROM items") == [("First",)]
        (kept,) = place.folder.glob("aggregator.db.before-restore-*")
        with closing(sqlite3.connect(kept)) as db:
            assert db.execute("SELECT count(*) FROM items").fetchall() == [(2,)]
        assert place.run("-q", "publish") == 0
        assert place.titles("all") == ["First"]
        assert place.run("-q", "fetch", "--force") == 0
    assert sorted(place.titles("all")) == ["First", "Later"]
    assert place.rows("SELECT count(*), count(DISTINCT uid) FROM items") == [(2, 2)]


def test_a_backup_taken_and_restored_is_the_same_to_the_byte(place: Place, tmp_path: Path) -> None:
    """What is published from a restored copy is what was published before, and nobody is asked for it."""
    with FakeWeb({"/a": [answer(200, rss(*(item(f"I{n}", guid=str(n)) for n in range(30))), ETag='"1"')]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        place.run("-q", "fetch")
        before = place.published()
        copy = tmp_path / "elsewhere" / "copy.db"
        copy.parent.mkdir()
        assert place.run("-q", "backup", str(copy)) == 0
        for path in (*place.folder.glob("aggregator.db*"), *(place.folder / "public").rglob("*.*")):
            if path.is_file():
                path.unlink()
        assert place.run("-q", "restore", str(copy)) == 0
        assert place.run("-q", "fetch") == 0
        assert len(web.requests) == 1
    assert place.published() == before


TARGETS: list[tuple[str, str, str]] = [
    ("a letter", "letter.txt", "is no backup: choose another name"),
    ("the database itself", "aggregator.db", "is no backup: choose another name"),
    ("a folder that is not there", "nowhere/copy.db", "cannot be"),
    ("a folder", "public", "is no backup: choose another name"),
]


@pytest.mark.parametrize(("name", "target", "words"), TARGETS, ids=[row[0] for row in TARGETS])
def test_a_backup_overwrites_nothing_but_a_backup(
    place: Place, name: str, target: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, a sentence, no byte changed, no file left over."""
    place.configure(TOPIC)
    place.run("-q", "fetch")
    place.save({"letter.txt": "Dear Sir"})
    path = place.folder / target
    before = path.read_bytes() if path.is_file() else b""
    names = sorted(place.folder.iterdir())
    assert place.run("-q", "backup", str(path)) == 1
    assert words in capsys.readouterr().err, name
    assert (path.read_bytes() if path.is_file() else b"") == before
    assert sorted(place.folder.iterdir()) == names


def letter(path: Path) -> None:
    """Something else."""
    path.write_text("Dear Sir")


def half(path: Path) -> None:
    """A copy that broke off."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other(path: Path) -> None:
    """Another program's."""
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE x (y)")


def missing(path: Path) -> None:
    """None."""
    path.unlink()


@pytest.mark.parametrize("spoil", [letter, half, other, missing])
def test_a_copy_that_is_not_sound_is_not_restored(
    place: Place, spoil: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, a sentence, and the database is as it was."""
    place.configure(TOPIC)
    place.run("-q", "fetch")
    copy = place.folder / "copy.db"
    place.run("-q", "backup", str(copy))
    spoil(copy)  # type: ignore[operator]  # one of the functions above
    before = (place.folder / "aggregator.db").read_bytes()
    names = {path.name for path in place.folder.iterdir()}
    assert place.run("-q", "restore", str(copy)) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert (place.folder / "aggregator.db").read_bytes() == before
    assert {path.name for path in place.folder.iterdir()} == names


def test_a_backup_is_read_whole_before_it_gets_its_name(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A damage that nobody has come upon shows in the backup: exit 1, no copy of it, and the older ones stay."""
    with FakeWeb({"/a": [answer(200, rss(*(item(f"I{n}", guid=str(n), text=WORDS) for n in range(60))))]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        place.run("-q", "fetch")
    database = place.folder / "aggregator.db"
    copies = {path: path.read_bytes() for path in backup.folder_of(database).iterdir()}
    with closing(sqlite3.connect(database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'appearances_url'").fetchone()[0]
        size = db.execute("PRAGMA page_size").fetchone()[0]
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\x00" * size)
    assert place.run("-q", "status") == 0, "what status looks at is sound"
    assert place.run("-q", "backup", str(place.folder / "copy.db")) == 1
    assert "is damaged" in capsys.readouterr().err
    assert not (place.folder / "copy.db").exists()
    assert {path: path.read_bytes() for path in backup.folder_of(database).iterdir()} == copies


def test_seven_daily_backups_are_kept_and_none_of_the_future_is_taken_for_the_newest(place: Place) -> None:
    """Once a day one more, the oldest goes; a half-made one of a killed process goes after a day."""
    place.configure(TOPIC)
    place.run("-q", "fetch")
    database = place.folder / "aggregator.db"
    folder = backup.folder_of(database)
    orphan = folder / "x.db.1.partial"
    orphan.write_bytes(b"half")
    start = datetime.now(UTC)
    for number in range(1, 12):
        assert backup.back_up_daily(database, start + number * DAY) is not None
        assert backup.back_up_daily(database, start + number * DAY) is None
    assert sorted(path.name for path in folder.glob("*.db")) == [
        f"{(start + number * DAY).date()}.db" for number in range(5, 12)
    ]
    assert not orphan.exists()
    assert backup.daily(database, (start + 6 * DAY).date())[0].stem == str((start + 6 * DAY).date())


def test_a_backup_that_cannot_be_made_is_told_and_stops_nothing(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands in the way is named; the fetch itself is done, and well."""
    place.configure(TOPIC)
    place.save({"aggregator.db.backups": "a file where the folder should be"})
    assert place.run("-q", "fetch") == 0
    assert "aggregator.db.backups" in capsys.readouterr().err


# -- What is taken away for its age -----------------------------------------------------------------------------------


def keeping(place: Place, keep: str, more: str = "") -> str:
    """A feeds.toml that keeps items so long."""
    return HEAD + f'keep = "{keep}"\n' + more


def a_day_later(place: Place, days: int = 1) -> int:
    """Run what is done once a day as so many days from now; returns how many items were taken away."""
    config = load(place.folder / "feeds.toml")
    with opened(config) as db:
        return upkeep.prune(db, config, now() + days * DAY)


def aged(place: Place, guid: str, days: int) -> None:
    """Make an item so old."""
    date = f"{now() - days * DAY:%Y-%m-%dT%H:%M:%SZ}"
    place.change(
        "UPDATE items SET published = ? WHERE id IN (SELECT item_id FROM appearances WHERE guid = ?)", date, guid
    )
    place.change(
        "UPDATE topic_items SET published = ? WHERE item_id IN (SELECT item_id FROM appearances WHERE guid = ?)",
        date,
        guid,
    )


def test_old_items_go_and_do_not_come_back_as_new(place: Place) -> None:
    """Older than `keep` and no longer listed: gone from database, search and feed; listed once more, it stays gone."""
    bodies = [rss(item("Old", guid="old"), item("Young", guid="young")), rss(item("Young", guid="young"))]
    replies = [answer(200, bodies[number], ETag=f'"{number}"') for number in (0, 1, 0)]
    with FakeWeb({"/a": replies}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}', keeping(place, "30d"))
        place.run("-q", "fetch")
        place.run("-q", "fetch", "--force")
        assert a_day_later(place) == 0
        aged(place, "old", 60)
        aged(place, "young", 60)
        assert a_day_later(place) == 0, "it is done once a day"
        assert a_day_later(place, 2) == 1, "the other one is still listed"
        assert place.rows("SELECT title FROM items") == [("Young",)]
        assert place.rows("SELECT count(*) FROM items_fts WHERE items_fts MATCH 'old'") == [(0,)]
        place.run("-q", "publish")
        assert place.titles("all") == ["Young"]
        place.change("UPDATE sources SET etag = ''")
        place.run("-q", "fetch", "--force")
        assert len(web.requests) == 3
    assert place.rows("SELECT title FROM items") == [("Young",)]
    assert place.titles("all") == ["Young"]


def test_without_keep_nothing_ever_goes(place: Place) -> None:
    """The default is for ever."""
    with FakeWeb(
        {"/a": [answer(200, rss(item("Old", guid="old")), ETag='"0"'), answer(200, rss(item("New", guid="new")))]}
    ) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        place.run("-q", "fetch")
        place.run("-q", "fetch", "--force")
        aged(place, "old", 4000)
        assert [a_day_later(place, days) for days in range(1, 5)] == [0] * 4
    assert place.rows("SELECT count(*) FROM items") == [(2,)]


def test_what_an_empty_or_gone_feed_no_longer_lists(place: Place) -> None:
    """A feed that lists nothing at all may be broken today: its items stay. One that is gone for good lists nothing."""
    full, empty = answer(200, rss(item("Old", guid="old")), ETag='"0"'), answer(200, rss(), ETag='"1"')
    with FakeWeb({"/a": [full, empty, answer(410)]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}', keeping(place, "30d"))
        place.run("-q", "fetch")
        aged(place, "old", 60)
        place.run("-q", "fetch", "--force")
        assert a_day_later(place, 2) == 0
        place.run("-q", "fetch", "--force")
        assert a_day_later(place, 4) == 1
    assert place.rows("SELECT count(*) FROM items") == [(0,)]


def test_a_copy_in_a_source_that_keeps_longer_keeps_the_item(place: Place) -> None:
    """Folded from two sources, an item stays as long as the more patient one keeps its items."""
    words = "The council met in the evening and agreed on the plan that had been on its table since the spring. " * 9
    both = rss(item("Council agrees", guid="x", link="https://a.example/x", text=words))
    other = answer(200, rss(item("Something else", guid="y")), ETag='"2"')
    script = {"/a": [answer(200, both, ETag='"1"'), other], "/b": [answer(200, both, ETag='"1"'), other]}
    with FakeWeb(script) as web:
        text = f'[sources.a]\nurl = "{web.url("/a")}"\nkeep = "30d"\n[sources.b]\nurl = "{web.url("/b")}"\n{TOPIC}'
        place.configure(text)
        place.run("-q", "fetch")
        assert place.rows("SELECT count(*) FROM items") == [(1,)]
        place.run("-q", "fetch", "--force")
        aged(place, "x", 60)
        assert a_day_later(place, 2) == 0
        place.configure(text.replace('/b"\n', '/b"\nkeep = "40d"\n'))
        assert a_day_later(place, 4) == 1


def test_rows_of_old_polls_go(place: Place) -> None:
    """The charts show thirty days; what is older than forty is not kept, whatever `keep` says."""
    with FakeWeb({"/a": [answer(200, YOUNG)]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        place.run("-q", "fetch")
        for days in (30, 41, 400):
            date = f"{now() - days * DAY:%Y-%m-%dT%H:%M:%SZ}"
            place.change(
                "INSERT INTO polls (source, at, milliseconds, bytes, new_items) VALUES ('a', ?, 1, 1, 0)", date
            )
        a_day_later(place)
    assert place.rows("SELECT count(*) FROM polls") == [(2,)]


# -- Our own output ---------------------------------------------------------------------------------------------------

BASE = "https://feeds.example.org/"
OWN: list[tuple[str, str, bool]] = [
    ("a topic", f"{BASE}all.atom", True),
    ("the same over http", "http://feeds.example.org/all.rss", True),
    ("its JSON with a query", f"{BASE}all.json?x=1", True),
    ("its archive", f"{BASE}all/archive/2026-11.atom", True),
    ("under its old name", f"{BASE}everything.atom", True),
    ("what the server makes of a query", f"{BASE}search.atom?q=x", True),
    ("another feed of the same site", f"{BASE}blog.atom", False),
    ("a name that begins alike", f"{BASE}all-of-it.atom", False),
    ("another site", "https://feeds.example.com/all.atom", False),
    ("a site that has ours in its path", "https://x.example/feeds.example.org/all.atom", False),
]


@pytest.mark.parametrize(("name", "address", "refused"), OWN, ids=[row[0] for row in OWN])
def test_which_feeds_are_our_own(place: Place, name: str, address: str, refused: bool) -> None:
    """By its id, its link to itself, or the address it came from; only what is published here."""
    place.configure(TOPIC + 'renamed_from = ["everything"]\n')
    config = load(place.folder / "feeds.toml")
    assert own.is_own(config, FeedInfo(), address) is refused, name
    assert own.is_own(config, FeedInfo(id=address)) is refused
    assert own.is_own(config, FeedInfo(self_url=address), "https://mirror.example/x") is refused


def test_our_own_output_as_a_source_is_refused(place: Place) -> None:
    """Through a mirror, in every format: failed with a reason, no item of it comes back, others go on."""
    with FakeWeb({"/a": [answer(200, rss(item("A", guid="1")), ETag='"1"')]}) as web:
        a = f'[sources.a]\nurl = "{web.url("/a")}"\n'
        place.configure(a + TOPIC)
        place.run("-q", "fetch")
        for form in ("atom", "rss"):
            web.script[f"/{form}"] = [answer(200, (place.folder / f"public/all.{form}").read_bytes())]
        mirrors = "".join(f'[sources.{form}]\nurl = "{web.url(f"/{form}")}"\n' for form in ("atom", "rss"))
        place.configure(a + mirrors + TOPIC)
        place.run("-q", "fetch")
    found = {row["name"]: row for row in place.status()["sources"]}
    for form in ("atom", "rss"):
        assert found[form]["state"] == "failing"
        assert "one of the feeds that are published here" in found[form]["last_error"]
    assert place.titles("all") == ["A"]
