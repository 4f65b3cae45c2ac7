"""The index of the duplicate finder: it finds what may be a copy, forgets what it is told to, and needs no memory."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from article_copies import NOON, REPORT, REPORT_TITLE, TEXT, TITLE, sentences, sighting, words

from aggregator.curation.verdicts import HOUR, Sighting
from aggregator.storage import fingerprints as index

URL = "https://gazette.example/port"
ORIGINAL = sighting(TITLE, TEXT, number=1, url=URL)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """An empty index in memory."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(index.TABLES)
    yield connection
    connection.close()


def found(db: sqlite3.Connection, new: Sighting) -> list[int]:
    """Return the numbers of the candidates for a new sighting."""
    return [old.appearance for old in index.candidates(db, new.source, new.at, new.fingerprint)]


def rows(db: sqlite3.Connection) -> tuple[int, int]:
    """Return how many fingerprints and how many keys there are."""
    counts = (
        db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("fingerprints", "fingerprint_keys")
    )
    return next(counts), next(counts)


def test_what_goes_in_comes_out(db: sqlite3.Connection) -> None:
    """A sighting is kept whole."""
    index.add(db, ORIGINAL)
    assert index.sightings(db, [1, 2]) == [ORIGINAL]


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        ("title", sighting(TITLE, source="post")),
        ("title behind a section", sighting(f"Ports: {TITLE}", source="post")),
        ("page", sighting("Elsewhere", source="post", url=f"{URL}?utm_source=x")),
        ("page, a week later", sighting("Elsewhere", source="post", url=URL, hours=170)),
        ("beginning of the text", sighting("Other", words(TEXT, 25), source="post")),
        ("end of the text", sighting("Other", " ".join(sentences(TEXT)[3:]), source="post")),
        ("title, in one source", sighting(TITLE)),
    ],
)
def test_candidates(db: sqlite3.Connection, kind: str, new: Sighting) -> None:
    """An item is found by its title or a part of it, by its page, and by its text."""
    index.add(db, ORIGINAL)
    index.add(db, sighting(REPORT_TITLE, REPORT, number=2, source="herald"))
    assert found(db, new) == [1]


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        ("other words", sighting("Council votes on bridge", "Nothing of that is in here.", source="post")),
        ("out of the window", sighting(TITLE, TEXT, source="post", hours=73)),
        ("before the window", sighting(TITLE, TEXT, source="post", hours=-73)),
        ("text in one source", sighting("Other", TEXT)),
    ],
)
def test_no_candidates(db: sqlite3.Connection, kind: str, new: Sighting) -> None:
    """What no rule could join is not even compared."""
    index.add(db, ORIGINAL)
    assert found(db, new) == []


def test_a_common_phrase_leads_to_the_nearest_only(db: sqlite3.Connection) -> None:
    """What many items of other sources say may be a phrase of the language; two such phrases are a text."""
    phrase = "according to people familiar with the matter"
    for number in range(1, 61):
        index.add(db, sighting(f"Title {number}", phrase, number=number, source=f"source-{number}", hours=number))
    text = sighting("Other", phrase, source="post", hours=20.1)
    assert len(found(db, text)) == 60
    alone = sighting("Other", " ".join(phrase.split()[:5]), source="post", hours=20.1)
    assert found(db, alone) == [20, 21]


def test_a_flood_is_bounded(db: sqlite3.Connection) -> None:
    """A thousand items under one title are not all compared with the next."""
    for number in range(1, 1001):
        index.add(db, sighting("Untitled", number=number, source=f"source-{number}"))
    assert 0 < len(found(db, sighting("Untitled", source="post"))) <= 512


def test_a_changed_text_is_found_by_its_new_words(db: sqlite3.Connection) -> None:
    """Replacing a fingerprint forgets the old words and keeps source and date."""
    index.add(db, ORIGINAL)
    index.replace(db, 1, sighting(REPORT_TITLE, REPORT).fingerprint)
    assert found(db, sighting("Other", TEXT, source="post")) == []
    assert found(db, sighting("Other", REPORT, source="post")) == [1]
    assert index.sightings(db, [1])[0].at == NOON
    index.replace(db, 99, ORIGINAL.fingerprint)
    assert rows(db)[0] == 1


def test_what_is_removed_leaves_nothing(db: sqlite3.Connection) -> None:
    """Removing a sighting takes its keys with it, and no others."""
    index.add(db, ORIGINAL)
    before = rows(db)
    index.add(db, sighting(TITLE, REPORT, number=2, source="post"))
    index.remove(db, [2, 3])
    assert rows(db) == before
    index.remove(db, [1])
    assert rows(db) == (0, 0)


def test_expiry_forgets_the_oldest(db: sqlite3.Connection) -> None:
    """Everything below a number is forgotten, wherever its keys lie, and nothing else."""
    for number in (4094, 4095, 4096, 4097):
        index.add(db, sighting(TITLE, TEXT, number=number, source=f"source-{number}"))
    assert index.expire(db, 4096, 1) == 1
    assert index.expire(db, 4096, 10) == 1
    assert found(db, sighting(TITLE, TEXT, source="post")) == [4096, 4097]
    index.expire(db, 5000, 10)
    assert rows(db) == (0, 0)


def test_keys_are_found_before_and_after_they_settle(db: sqlite3.Connection) -> None:
    """Where a key lies makes no difference: at round numbers of appearances the small tables go into the larger ones."""
    for number in (511, 512, 513, 8191, 8192, 8193):
        index.add(db, sighting(TITLE, TEXT, number=number, source=f"source-{number}"))
    tables = [f"fingerprint_keys_{name}" for name in ("fresh", "recent", "settled")]
    held = [db.execute(f"SELECT group_concat(DISTINCT appearance) FROM {name}").fetchone()[0] for name in tables]
    assert held == ["8193", None, "511,512,513,8191,8192"]
    assert found(db, sighting(TITLE, TEXT, source="post")) == [511, 512, 513, 8191, 8192, 8193]
    index.remove(db, [511, 512, 513, 8191, 8192, 8193])
    assert rows(db) == (0, 0)


def test_a_query_reads_only_its_window() -> None:
    """Every table is searched by key and time, not scanned: the size of the archive does not matter."""
    db = sqlite3.connect(":memory:")
    db.executescript(index.TABLES)
    plan = db.execute(
        "EXPLAIN QUERY PLAN SELECT appearance FROM fingerprint_keys WHERE key IN (1, 2) AND at BETWEEN 3 AND 4"
    ).fetchall()
    steps = [step for *_, step in plan if "fingerprint_keys" in step]
    assert len(steps) == 3
    assert all("SEARCH" in step and "key=? AND at>? AND at<?" in step for step in steps)
    db.close()


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    """What one process has entered, the next one finds, with nothing to rebuild."""
    first = sqlite3.connect(tmp_path / "index.db")
    first.executescript(index.TABLES)
    index.add(first, ORIGINAL)
    first.commit()
    first.close()
    second = sqlite3.connect(tmp_path / "index.db")
    assert found(second, sighting(TITLE, source="post", hours=1)) == [1]
    second.close()


def test_times_are_seconds() -> None:
    """The tests above stand on the hour."""
    assert sighting("x", hours=1).at - NOON == HOUR
