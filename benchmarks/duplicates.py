"""Measures the duplicate finder: how well on labelled sets, how fast and how large on a long stream.

python benchmarks/duplicates.py FOLDER                        scores on every NAME.items.jsonl with a NAME.gold.jsonl
python benchmarks/duplicates.py FOLDER --speed 10000 100000   items per second with so many items in the window

Items are lines of id, feed, title, url, published (epoch seconds or null), summary and content; gold lines of id,
cluster (duplicates), story (same event) and kind.
"""

import argparse
import random
import sqlite3
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any

from aggregator.curation.fingerprints import Fingerprint, fingerprint
from aggregator.curation.stories import Account, stories
from aggregator.curation.verdicts import WINDOW, Sighting
from aggregator.model import Item
from aggregator.pipeline.backtest import Articles, grouped, lines, pairs, sightings
from aggregator.reading.html import plain_text
from aggregator.storage import fingerprints as index

Polled = tuple[Item, str, int]
_POLL = 25
_MEASURED = 10_000


def score(folder: Path, name: str) -> str:
    """The scores on one set, strict and by pairs, and of its stories by B-cubed."""
    rows = lines(folder / f"{name}.items.jsonl")
    gold = {row["id"]: row for row in lines(folder / f"{name}.gold.jsonl")}
    labels = [gold[row["id"]] for row in rows]
    articles = Articles()
    verdicts = [articles.take(sighting) for sighting in sightings(rows)]
    rules = Counter(verdict.rule if verdict else "new" for verdict in verdicts)
    right, found = pairs(grouped(labels, "cluster").values()), pairs(articles.members.values())
    strangers = [pair for pair in found if labels[pair[0]]["story"] != labels[pair[1]]["story"]]
    wrong = Counter(kind for pair in found - right for kind in {labels[number]["kind"] for number in pair})
    return (
        f"{name:8s} {ratios(len(right & found), len(found), len(right))}  pairs joining two stories {len(strangers)}"
        f"  wrong pairs by kind {dict(wrong)}  rules {dict(rules)}\n         {score_stories(rows, labels)}"
    )


def score_stories(rows: list[dict[str, Any]], labels: list[dict[str, Any]]) -> str:
    """B-cubed of the stories: for each article, how pure and how whole is the story it is in."""
    accounts = [
        Account(number, sighting.at, plain_text(row["title"] or ""), plain_text(row["content"] or row["summary"] or ""))
        for number, (row, sighting) in enumerate(zip(rows, sightings(rows), strict=True))
    ]
    told = {number: set(story) for story in stories(accounts) for number in story}
    truth = {number: group for group in map(set, grouped(labels, "story").values()) for number in group}
    right = [len(told.get(number, {number}) & truth[number]) for number in truth]
    precision = sum(hits / len(told.get(number, {number})) for number, hits in zip(truth, right, strict=True))
    recall = sum(hits / len(truth[number]) for number, hits in zip(truth, right, strict=True))
    precision, recall = precision / len(truth), recall / len(truth)
    return f"stories, B-cubed P {precision:.3f}  R {recall:.3f}  F1 {2 * precision * recall / (precision + recall):.3f}"


def ratios(hits: int, found: int, right: int) -> str:
    """Return precision, recall and F1, where finding nothing is not wrong."""
    precision, recall = hits / found if found else 1.0, hits / right if right else 1.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return f"P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}"


def chatter(folder: Path, chance: random.Random) -> Iterator[str]:
    """Endless words in which each follows another as in the texts of FOLDER, so that phrases are as common as there."""
    after: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.glob("*.items.jsonl")):
        for row in lines(path):
            for one, other in pairwise(plain_text(row["content"] or row["summary"] or "").split()):
                after[one].append(other)
    starts = sorted(after)
    word = starts[0]
    while True:
        follow = after.get(word, starts)
        word = follow[int(chance.random() * len(follow))]
        yield word


def stream(folder: Path, window: int) -> Iterator[Polled]:
    """Items of about 820 characters of 2,000 sources, `window` of them in 72 h; each fifth a copy of a late one.

    A copy has lost a part of its end and one word in fifty, and half of the copies have another title. Its guid names
    the original.
    """
    chance = random.Random(window)
    words = chatter(folder, chance)
    late: deque[Item] = deque(maxlen=3000)
    for number in count():
        if late and chance.random() < 0.2:
            item = changed(chance.choice(late), chance)
        else:
            text = [next(words) for _ in range(int(chance.triangular(20, 260, 110)))]
            title = " ".join(text[5 : 5 + chance.randint(5, 11)])
            item = Item(str(number), title, f"https://site.example/{number}", text=" ".join(text))
            late.append(item)
        yield item, f"source-{chance.randrange(2000)}", number * WINDOW // window


def changed(item: Item, chance: random.Random) -> Item:
    """Return a copy of an item as another source may show it."""
    text = item.text.split()
    kept = [word for word in text[: int(len(text) * chance.uniform(0.4, 1))] if chance.random() > 0.02]
    title = item.title if chance.random() < 0.5 else " ".join(text[-9:])
    return Item(f"copy of {item.guid}", title, f"https://copy.example/{item.guid}", text=" ".join(kept))


def speed(folder: Path, window: int) -> None:
    """Fill a window on disk, then measure what follows in one transaction a poll, a restart, and expiry."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "fingerprints.db"
        db = on_disk(path)
        db.executescript(index.TABLES)
        feed = stream(folder, window)
        filling = Run(db)
        filling.go(feed, window)
        print(f"filling a window of {window}: {filling.rates()}")
        print(f"  file {size(path) / 1e6:.0f} MB, {size(path) / window:.0f} bytes an item")
        db.close()
        began = time.perf_counter()
        run = Run(on_disk(path), filling)
        run.go(feed, 500)
        print(f"  restart: opened, and 500 items decided, in {time.perf_counter() - began:.2f} s")
        run = Run(run.articles.db, run)
        run.go(feed, _MEASURED)
        print(f"  at the full window: {run.rates()}\n  {run.recall()}")
        print(f"  on two cores, a worker making the fingerprints: {run.on_two_cores(feed, _MEASURED):.0f} items/s")
        began = time.perf_counter()
        while index.expire(run.articles.db, window // 2, 1000):
            pass
        print(f"  expiring half of it: {time.perf_counter() - began:.1f} s", flush=True)


def on_disk(path: Path) -> sqlite3.Connection:
    """Return a database as the program opens it, read through memory mapping."""
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536")
    db.execute(f"PRAGMA mmap_size = {1 << 30}").fetchone()
    return db


def size(path: Path) -> int:
    """Return the bytes of a database and what lies beside it."""
    return sum(file.stat().st_size for file in path.parent.iterdir())


def marks_of(poll: list[Polled]) -> list[Fingerprint]:
    """Return the fingerprints of the items of one poll, as the worker that read them makes them."""
    return [fingerprint(item) for item, _, _ in poll]


class Run:
    """A stretch of the stream, timed: the fingerprints, which workers make, apart from what the writer does."""

    def __init__(self, db: sqlite3.Connection, before: "Run | None" = None) -> None:
        self.articles = Articles(db)
        self.guids: dict[str, int] = {}
        if before:
            self.guids = before.guids
            self.articles.item_of, self.articles.members = before.articles.item_of, before.articles.members
        self.marking, self.writing = Stopwatch(), Stopwatch()
        self.copies = self.found = self.items = self.joined = 0

    def go(self, feed: Iterator[Polled], items: int) -> None:
        """Take so many items from the stream, a poll at a time."""
        for _ in range(0, items, _POLL):
            poll = list(islice(feed, _POLL))
            with self.marking:
                marks = marks_of(poll)
            with self.writing:
                self.write(poll, marks)
            for place, (item, _, _) in enumerate(poll, start=1):
                self.note(item.guid, len(self.articles.item_of) - len(poll) + place)

    def write(self, poll: list[Polled], marks: list[Fingerprint]) -> None:
        """Take the items of one poll, in one transaction; appearances are numbered from 1."""
        self.articles.db.execute("BEGIN IMMEDIATE")
        for (_, source, at), mark in zip(poll, marks, strict=True):
            self.articles.take(Sighting(len(self.articles.item_of) + 1, source, at, mark))
        self.articles.db.execute("COMMIT")

    def on_two_cores(self, feed: Iterator[Polled], items: int) -> float:
        """Return the items per second of the wall with another process making the fingerprints."""
        polls = [list(islice(feed, _POLL)) for _ in range(0, items, _POLL)]
        with ProcessPoolExecutor(1) as worker:
            worker.submit(marks_of, polls[0]).result()
            began = time.perf_counter()
            for poll, marks in zip(polls, worker.map(marks_of, polls, chunksize=4), strict=True):
                self.write(poll, marks)
            return items / (time.perf_counter() - began)

    def note(self, guid: str, appearance: int) -> None:
        """Count what was found."""
        self.items += 1
        self.guids.setdefault(guid, appearance)
        group = self.articles.members[self.articles.item_of[appearance]]
        self.joined += len(group) > 1
        if guid.startswith("copy of "):
            self.copies += 1
            self.found += self.guids[guid.removeprefix("copy of ")] in group

    def recall(self) -> str:
        """Return how many of the copies were found."""
        return f"{self.found} of {self.copies} copies found, {self.joined - self.found} others joined"

    def rates(self) -> str:
        """Return the items per second of the wall and of the processor."""
        wall, cpu = self.marking.wall + self.writing.wall, self.marking.cpu + self.writing.cpu
        return (
            f"{self.items / self.writing.wall:.0f} items/s to find, decide and store"
            f" ({self.items / self.writing.cpu:.0f} a CPU second); alone, with the fingerprints,"
            f" {self.items / wall:.0f}/s ({self.items / cpu:.0f} a CPU second)"
        )


class Stopwatch:
    """Seconds of the wall and of the processor, over many starts and stops."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu


def main() -> None:
    """Print the scores, or the speeds where windows are given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--speed", type=int, nargs="+", metavar="WINDOW", default=[])
    chosen = parser.parse_args()
    for window in chosen.speed:
        speed(chosen.folder, window)
    if not chosen.speed:
        for path in sorted(chosen.folder.glob("*.gold.jsonl")):
            print(score(chosen.folder, path.name.removesuffix(".gold.jsonl")))


if __name__ == "__main__":
    main()
