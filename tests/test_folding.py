"""What happens to copies after they came: they change, their source's `dedupe` is edited, they grow old."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakeweb import FakeWeb, answer
from places import Place, item, rss

from aggregator.config.load import load
from aggregator.pipeline import pruning, upkeep
from aggregator.storage.appearances import first_since
from aggregator.storage.database import open_database
from aggregator.storage.times import to_text

LONG = (
    "The council agreed on Tuesday to rebuild the harbour wall that the storm of March had torn open in three places. "
    "Work begins after the herring season, and the fishermen will moor at the northern quay for most of the year. "
    "The mayor said that the money comes from the region, and that no tax will rise; the opposition doubts both. "
)
OTHER = (
    "A choir of forty sang in the old station on Sunday, for the first time since trains stopped calling there. "
    "The roof held, the echo was long, and the audience stood between the tracks with candles in paper cups. "
    "The organisers want to return every month, if the railway lets them, and to warm the waiting room. "
)
FIRST = rss(item("Council agrees on the harbour wall", "a1", "https://a.example/1", LONG), title="A paper")


def _sources(web: FakeWeb, *names: str, **more: str) -> str:
    parts = [f'[sources.{name}]\nurl = "{web.url("/" + name)}"\n{more.get(name, "")}\n' for name in names]
    return "".join(parts) + '[topics.all]\ntitle = "All"\n'


def _copies(place: Place) -> dict[str, int]:
    return dict(place.rows("SELECT guid, item_id FROM appearances"))


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_copy_that_becomes_one_is_folded(place: Place, order: str) -> None:
    """A feed that first brings a placeholder and then the wire text: one entry, whichever was stored first."""
    became = rss(item("Harbour wall to be rebuilt", "b1", "https://b.example/1", LONG), title="B paper")
    before = rss(item("Breaking: more soon", "b1", "https://b.example/1", OTHER), title="B paper")
    with FakeWeb({"/a": [answer(200, FIRST)], "/b": [answer(200, before), answer(200, became)]}) as web:
        place.configure(_sources(web, "a", "b"))
        for name in order:
            assert place.run("-q", "fetch", name) == 0
        assert len(place.titles("all")) == 2
        ids = {entry.id for entry in place.feed("all").entries}
        place.let_time_pass()
        assert place.run("-q", "fetch") == 0
    (entry,) = place.feed("all").entries
    assert entry.id in ids
    assert "Also in" in entry.content[0].value
    assert len(set(_copies(place).values())) == 1
    assert place.rows("SELECT count(rule) FROM appearances") == [(1,)]


def test_what_a_person_split_stays_apart_when_it_changes(place: Place) -> None:
    """`split` is for good, also where the copy is edited and is a copy still."""
    edited = rss(item("Harbour wall to be rebuilt", "b1", "https://b.example/1", LONG + "More follows."), title="B")
    copy = rss(item("Harbour wall to be rebuilt", "b1", "https://b.example/1", LONG), title="B")
    with FakeWeb({"/a": [answer(200, FIRST)], "/b": [answer(200, copy), answer(200, edited)]}) as web:
        place.configure(_sources(web, "a", "b"))
        place.run("-q", "fetch")
        assert len(place.titles("all")) == 1
        place.run("-q", "split", "b1")
        place.let_time_pass()
        place.run("-q", "fetch")
    assert len(place.titles("all")) == 2


def test_an_edit_of_dedupe_does_what_it_says_without_a_request(place: Place) -> None:
    """`dedupe = false` tears a source's copies off again, and taking it away folds them; nothing is asked for it."""
    copy = rss(item("Harbour wall to be rebuilt", "b1", "https://b.example/1", LONG), title="B")
    late = rss(item("A wall for the harbour", "c1", "https://c.example/1", LONG), title="C")
    with FakeWeb({"/a": [answer(200, FIRST)], "/b": [answer(200, copy)], "/c": [answer(200, late)]}) as web:
        place.configure(_sources(web, "a", "b"))
        place.run("-q", "fetch")
        assert len(place.titles("all")) == 1
        place.configure(_sources(web, "a", "b", b="dedupe = false"))
        place.run("-q", "publish")
        assert len(place.titles("all")) == 2
        assert "Also in" not in str([entry.content for entry in place.feed("all").entries])
        place.configure(_sources(web, "a", "b", "c", b="dedupe = false"))
        place.run("-q", "fetch")
        copies = _copies(place)
        assert copies["c1"] == copies["a1"] != copies["b1"]
        place.configure(_sources(web, "a", "b", "c"))
        place.run("-q", "publish")
        assert len(place.titles("all")) == 1
        assert len(set(_copies(place).values())) == 1
        assert len(web.requests) == 3


def test_copies_too_old_to_be_found_leave_the_index(place: Place) -> None:
    """The index of fingerprints holds so many days, however large the archive grows."""
    with FakeWeb({"/a": [answer(200, FIRST)]}) as web:
        place.configure(_sources(web, "a"))
        place.run("-q", "fetch")
    assert place.rows("SELECT count(*) FROM fingerprints") == [(1,)]
    config = load(place.folder / "feeds.toml")
    db = open_database(config.site.database)
    day, seen = timedelta(days=1), datetime.now(UTC)
    for at in (seen, seen + pruning.FINDABLE - 2 * day):
        upkeep.prune(db, config, at)
    upkeep.prune(db, config, seen + pruning.FINDABLE - day)
    assert place.rows("SELECT count(*) FROM fingerprints") == [(1,)]
    upkeep.prune(db, config, seen + pruning.FINDABLE + day)
    assert place.rows("SELECT count(*) FROM fingerprints") == [(0,)]
    assert place.rows("SELECT count(*) FROM items") == [(1,)]
    db.close()


def test_copies_are_numbered_as_they_came(tmp_path: Path) -> None:
    """From the number that is found on, copies were first seen since then; also where there are none, or gaps."""
    db = open_database(tmp_path / "a.db")
    db.execute("PRAGMA foreign_keys = OFF")
    start, day = datetime(2026, 11, 1, tzinfo=UTC), timedelta(days=1)
    assert first_since(db, start) == 0
    for number in (2, 3, 5, 9):
        db.execute(
            """INSERT INTO appearances (id, item_id, source, guid, url, title, first_seen, guid_key, url_key, digest,
                   content_digest, shown) VALUES (?, 1, 'a', '', '', '', ?, ?, '', x'', x'', 1)""",
            [number, to_text(start + number * day), str(number)],
        )
    for days in range(11):
        found = first_since(db, start + days * day)
        assert [number for number in (2, 3, 5, 9) if number >= found] == [n for n in (2, 3, 5, 9) if n >= days]
    db.close()
