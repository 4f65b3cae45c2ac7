"""New items of one document, which are written together: what comes of it is what would have come of them singly."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from aggregator.config.load import load
from aggregator.config.values import Config
from aggregator.model import FeedInfo, Item, Reading
from aggregator.pipeline.ingest import Ingest
from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.marks import marks_of
from aggregator.pipeline.routing import Router
from aggregator.storage.database import open_database, writing

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
TEXTS = (
    "The council agreed on Tuesday to rebuild the harbour wall that the storm of March had torn open in three places",
    "A choir of forty sang in the old station on Sunday for the first time since trains stopped calling there at all",
    "",
)
TITLES = ("Council agrees on the harbour wall", "Forty sing where trains once stopped", "The harbour wall of March", "")
PAGES = ("https://a.example/1", "https://a.example/2?utm_source=x", "https://a.example/2", "https://a.example/", "")
TABLES = (
    *("items", "appearances", "aliases", "enclosures", "categories", "topic_items", "tallies", "tombstones", "pages"),
    *("fingerprints", "fingerprint_keys_fresh", "fingerprint_keys_recent", "fingerprint_keys_settled"),
    *("items_fts_content", "items_fts_docsize"),
)

items = st.builds(
    Item,
    title=st.sampled_from(TITLES),
    url=st.sampled_from(PAGES),
    text=st.sampled_from(TEXTS),
    categories=st.sampled_from([(), ("harbour", "wall")]),
    published=st.sampled_from([NOW - timedelta(hours=hours) for hours in (1, 2, 100)]),
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Two feeds, one of them with pages to fetch, and three topics."""
    path = tmp_path_factory.mktemp("arrivals") / "feeds.toml"
    path.write_text(
        '[site]\ntitle = "T"\nbase_url = "https://us.example/"\n[topics.all]\ntitle = "All"\n'
        '[topics.wall]\ntitle = "Wall"\nmatch = "wall OR /Ch?oir/"\n[topics.forced]\ntitle = "F"\nmatch = "nothing"\n'
        '[sources.a]\nurl = "https://a.example/"\nfull_text = true\n'
        '[sources.b]\nurl = "https://b.example/"\ntopics = ["forced"]\n'
    )
    return load(path)


def _take(db: Database, config: Config, source: str, taken: Sequence[Item]) -> Ingested:
    reading = Reading(FeedInfo(), tuple(taken))
    ingest = Ingest(db, config, Router(config, config.topics), NOW)
    with writing(db):
        return ingest.take(config.sources[source], reading, marks_of(reading))


def _stored(db: Database) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for table in TABLES}


def _numbered(some: Iterable[Item], source: str) -> list[Item]:
    """The items, each with a guid of its own; some have a scheme, some are ids that another item may have."""
    forms = ("https://{}.example/{}", "{}{}", "tag:{}.example,2026:{}")
    return [Item(**{**_fields(one), "guid": forms[n % 3].format(source, n)}) for n, one in zip(count(), some)]


def _fields(item: Item) -> dict[str, object]:
    return {name: getattr(item, name) for name in Item.__slots__}


@settings(derandomize=True, max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(items, max_size=6), second=st.lists(items, max_size=6))
def test_items_taken_together_are_stored_as_if_they_had_come_one_by_one(
    tmp_path: Path, config: Config, first: list[Item], second: list[Item]
) -> None:
    """Numbers, ids, folded copies, topics, tallies and the index do not depend on what is written with what."""
    found = []
    for together in (True, False):
        path = tmp_path / f"{together}.db"
        for old in tmp_path.glob(f"{together}.db*"):
            old.unlink()
        db = open_database(path)
        for source, some in (("a", _numbered(first, "a")), ("b", _numbered(second, "b"))):
            for taken in [some] if together else [[one] for one in reversed(some)]:
                _take(db, config, source, taken)
        found.append(_stored(db))
        db.close()
    assert found[0] == found[1]


def test_one_guid_given_to_several_articles_of_a_document(tmp_path: Path, config: Config) -> None:
    """Each is stored, under an id of its own; the same item listed twice is stored once."""
    db = open_database(tmp_path / "one.db")
    url = "https://a.example/x"
    some = [
        Item(guid=url, title=f"The {word} of them all", url=f"{url}/{word}") for word in ("first", "second", "first")
    ]
    took = _take(db, config, "a", some)
    assert (took.new, took.folded) == (2, 0)
    assert db.execute("SELECT count(*), count(DISTINCT uid) FROM items").fetchone() == (2, 2)
    assert db.execute("SELECT count(*) FROM items_fts WHERE items_fts MATCH 'all'").fetchone() == (2,)
    db.close()
