"""A database with as many items as wanted, of made-up words as frequent as real ones: for measuring what grows."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path

from sqlite_utils import Database

from aggregator.config.load import load
from aggregator.config.values import Config
from aggregator.curation.fingerprints import fingerprint
from aggregator.curation.rules import index_text
from aggregator.curation.verdicts import Sighting
from aggregator.model import Item
from aggregator.pipeline.resync import resync
from aggregator.storage import fingerprints
from aggregator.storage.database import open_database, writing
from aggregator.storage.times import to_text

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOURCES, TOPICS = 1_000, 100
_YEARS = timedelta(days=3 * 365)
_REMEMBERED = timedelta(days=60)  # how long copies are looked for, and so are in the index of fingerprints
_VOCABULARY = 30_000
_CHUNK = 5_000
_ITEM = (
    "INSERT INTO items (id, uid, source, title, url, author, summary, content, language, published, updated,"
    " first_seen, authors, image, comments, rights, origin_title, origin_url, evidence)"
    " VALUES (?, ?, ?, ?, ?, '', ?, ?, '', ?, ?, ?, '[]', '', '', '', '', '', '[]')"
)
_APPEARANCE = (
    "INSERT INTO appearances (id, item_id, source, guid, url, title, published, first_seen, guid_key, url_key, digest,"
    " content_digest, shown) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'', x'', 1)"
)
_INDEX = "INSERT INTO items_fts (rowid, title, author, categories, content) VALUES (?, ?, '', '', ?)"
_PLACE = "INSERT INTO topic_items (topic, published, item_id, terms) VALUES (?, ?, ?, '[]')"


class Words:
    """Words as often as in a language: the n-th is n times rarer than the first."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._words = [f"w{number:x}" for number in range(_VOCABULARY)]
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(_VOCABULARY)))

    def some(self, number: int) -> str:
        """Return so many of them, as text."""
        return " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=number))


@contextmanager
def stocked(number: int, *, archives: bool = True) -> Iterator[tuple[Config, Database]]:
    """A database with so many items, spread over three years; those of sixty days can be found as copies.

    They are of a thousand sources, each of which goes into one of a hundred topics, with `archives` or without.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        config = _configured(Path(name), archives=archives)
        with closing(open_database(config.site.database)) as db:
            resync(db, config, NOW)
            items = _items(number)
            while chunk := list(islice(items, _CHUNK)):
                with writing(db):
                    _store(db, chunk)
            db.execute("INSERT INTO items_fts (items_fts) VALUES ('optimize')")
            yield config, db


def _configured(folder: Path, *, archives: bool) -> Config:
    sources = "".join(
        f'[sources.s{number}]\nurl = "https://s{number}.example/feed"\ntopics = ["t{number % TOPICS}"]\n'
        for number in range(SOURCES)
    )
    topics = "".join(
        f'[topics.t{n}]\ntitle = "T{n}"\nany = ["nothing{n}"]\narchive = {str(archives).lower()}\n'
        for n in range(TOPICS)
    )
    (folder / "feeds.toml").write_text(f'[site]\ntitle = "S"\nbase_url = "https://s.example/"\n{sources}{topics}')
    return load(folder / "feeds.toml")


def _items(number: int) -> Iterator[tuple[int, datetime, Item]]:
    words = Words(1)
    for place in range(1, number + 1):
        text = words.some(90)
        at = NOW - _YEARS * (1 - place / (number + 1))
        url = f"https://s{place % SOURCES}.example/{place}"
        yield place, at, Item(url, words.some(8), url, summary=text[:200], content=f"<p>{text}</p>", text=text)


def _store(db: Database, chunk: list[tuple[int, datetime, Item]]) -> None:
    rows, copies, texts, places = [], [], [], []
    for number, at, item in chunk:
        source, when = f"s{number % SOURCES}", to_text(at)
        rows.append((number, item.guid, source, item.title, item.url, item.summary, item.content, when, when, when))
        key = item.guid.removeprefix("https:")
        copies.append((number, number, source, item.guid, item.url, item.title, when, when, key, key))
        texts.append((number, index_text(item.title), index_text(item.text)))
        places.append((f"t{number % TOPICS}", when, number))
        if NOW - at < _REMEMBERED:
            fingerprints.add(db.conn, Sighting(number, source, int(at.timestamp()), fingerprint(item)))
    for statement, values in ((_ITEM, rows), (_APPEARANCE, copies), (_INDEX, texts), (_PLACE, places)):
        db.conn.executemany(statement, values)
