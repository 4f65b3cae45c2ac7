"""What publishing costs after one new item: as the archive grows, and with many topics.

    python -m benchmarks.publishing [--items 10000,1000000]

The first table is of one topic of a hundred, with its archive, whose item is one among so many. The second is of the
files that are written again where a hundred topics of a hundred items each have one new item between them. Times are of
the publication alone, in the process, medians of twenty new items in as many topics.
"""

import argparse
import time
from collections.abc import Iterable
from datetime import timedelta
from statistics import median

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.curation.rules import indexed
from aggregator.model import Item
from aggregator.pipeline.publish import Published, Publisher
from aggregator.storage import topics
from aggregator.storage.database import writing
from aggregator.storage.items import NewItem, add_items
from benchmarks.measuring import markdown
from benchmarks.stock import NOW, TOPICS, Words, stocked

_NEWS = 20


def seconds_of_news(db: Database, config: Config) -> tuple[list[float], list[Published]]:
    """Return what each publication took, and what it wrote; the first, which is of everything, is left out."""
    Publisher(db, config, NOW).publish()
    words = Words(4)
    times, done = [], []
    for number in range(_NEWS):
        at = NOW + timedelta(minutes=number)
        item = Item(f"new-{number}", words.some(8), f"https://new.example/{number}", content=words.some(90))
        with writing(db):
            (item_id,) = add_items(db, [NewItem(item, f"s{number}", item.guid, at, at, at, indexed(item))])
            topics.place(db, item_id, at, {f"t{number}": ()}, (), at)
        began = time.perf_counter()
        done.append(Publisher(db, config, at).publish())
        times.append(time.perf_counter() - began)
    return times, done


def by_size(sizes: Iterable[int]) -> str:
    """Return the table of publications with archives of several sizes; all topics but those with news are settled."""
    rows = []
    for size in sizes:
        with stocked(size) as (config, db):
            _settle(db, config)
            times, done = seconds_of_news(db, config)
            files = median(len(published.changed) for published in done)
            rows.append((f"{size:,}", median(times) * 1000, files, _megabytes(config, done)))
    head = ("items", "publication ms", "files", "MB", "/ first row")
    return markdown(head, [(*row, row[1] / rows[0][1]) for row in rows])


def _settle(db: Database, config: Config) -> None:
    """Let the archive's past months count as published: to write three years of a hundred topics takes minutes."""
    month = f"{NOW - timedelta(days=31):%Y-%m}"
    db.execute("UPDATE topic_items SET month = substr(published, 1, 7)")
    db.execute("UPDATE topics SET closed_month = ?", [month])
    months = db.execute("SELECT DISTINCT month FROM topic_items WHERE month <= ?", [month]).fetchall()
    for topic in config.topics:
        folder = config.site.output / topic / "archive"
        folder.mkdir(parents=True)
        for (name,) in months:
            (folder / f"{name}.atom").touch()
            db.execute("INSERT INTO documents VALUES (?, ?)", [f"{topic}/archive/{name}.atom", topic])


def _megabytes(config: Config, done: Iterable[Published]) -> float:
    sizes = (sum((config.site.output / path).stat().st_size for path in one.changed) for one in done)
    return median(sizes) / 1e6


def many_topics() -> str:
    """Return the table of the files that one new item among a hundred topics of a hundred items has written anew."""
    with stocked(TOPICS * 100, archives=False) as (config, db):
        times, done = seconds_of_news(db, config)
        everything = sum(path.is_file() for path in config.site.output.rglob("*"))
        began = time.perf_counter()
        Publisher(db, config, NOW, everything=True).publish()
        whole = time.perf_counter() - began
        megabytes = _megabytes(config, done)
    head = ("100 topics × 100 items", "ms", "files", "MB")
    rows = [
        ("after one new item", median(times) * 1000, ", ".join(sorted(done[-1].changed)), megabytes),
        ("everything again", whole * 1000, f"{everything} looked at", 0.0),
    ]
    return markdown(head, rows)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--items", default="10000,1000000")
    options = parser.parse_args()
    print(many_topics())
    print(by_size(map(int, options.items.split(","))))


if __name__ == "__main__":
    main()
