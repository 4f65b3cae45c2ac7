"""What one poll and one search cost as the archive grows, and what a schedule of very many sources costs.

    python -m benchmarks.database [--items 10000,1000000] [--sources 100000]

A poll that brings one new item is measured a hundred times, in the process, with its transaction; a search two hundred
times, with words as often and as rarely used as chance has it, and a phrase and a pair of them now and then. `fetch`
with nothing due is a whole process, and so is the reading of the same feeds.toml by tomllib alone.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from sqlite_utils import Database

from aggregator.config.load import load
from aggregator.config.values import Config
from aggregator.curation.rules import parse
from aggregator.model import FeedInfo, Fetched, Item, PollJob, Reading
from aggregator.pipeline.batch import Outcome
from aggregator.pipeline.marks import marks_of
from aggregator.pipeline.record import Recorder
from aggregator.pipeline.resync import resync
from aggregator.pipeline.routing import Router
from aggregator.pipeline.search import search
from aggregator.storage import sources as store
from aggregator.storage.claims import Owner
from aggregator.storage.database import open_database, writing
from aggregator.storage.times import to_text
from benchmarks.measuring import markdown, middle, run
from benchmarks.stock import NOW, Words, stocked

_POLLS, _SEARCHES, _ROUNDS = 100, 200, 5
_TOMLLIB = "import sys, tomllib; tomllib.load(open(sys.argv[1], 'rb'))"


def poll_times(db: Database, config: Config) -> list[float]:
    """Return the milliseconds of polls that bring one new item each, each of another source."""
    words = Words(2)
    recorder = Recorder(db, config, Router(config, config.topics))
    times = []
    db.execute("UPDATE sources SET title = 'T'")  # as in a poll before
    with Owner(config.site.database) as owner:
        for number in range(_POLLS):
            at = NOW + timedelta(minutes=number)
            with writing(db):
                state = store.claim(db, owner, at, local=False, force=True, names=[f"s{number}"], limit=1)[0]
            text = words.some(90)
            item = Item(f"new-{number}", words.some(8), f"https://new.example/{number}", content=text, text=text)
            reading = Reading(FeedInfo("rss20", title="T"), (item,), digests=frozenset())
            job = PollJob(state.name, state.url, state.url)
            outcome = Outcome(job, Fetched(state.url, 200, b""), reading, at, 1, 1, marks_of(reading))
            began = time.perf_counter()
            with writing(db):
                recorder.record(outcome, replace(state, last_polled=at), 0.5)
            times.append((time.perf_counter() - began) * 1000)
    return times


def search_times(db: Database, config: Config) -> list[float]:
    """Return the milliseconds of searches for the newest fifty items."""
    words = Words(3)
    times = []
    for number in range(_SEARCHES):
        query = words.some(2) if number % 4 == 0 else f'"{words.some(2)}"' if number % 8 == 1 else words.some(1)
        began = time.perf_counter()
        search(db, config, parse(query), 50)
        times.append((time.perf_counter() - began) * 1000)
    return times


def by_size(sizes: Iterable[int]) -> str:
    """Return the table of polls and searches with databases of several sizes."""
    rows = []
    for size in sizes:
        with stocked(size) as (config, db):
            polls, searches = poll_times(db, config), search_times(db, config)
            megabytes = config.site.database.stat().st_size / 1e6
        p95 = quantiles(searches, n=20)[-1]
        rows.append((f"{size:,}", megabytes, median(polls), quantiles(polls, n=20)[-1], median(searches), p95))
    head = ("items", "MB", "one new item ms", "p95", "search ms", "p95", "new item / first row")
    return markdown(head, [(*row, row[2] / rows[0][2]) for row in rows])


def idle_schedule(number: int) -> str:
    """Return the table of a fetch with nothing due, and of what it has to be compared with."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder, log = Path(name), Path(name) / "log"
        text = '[site]\ntitle = "S"\nbase_url = "https://s.example/"\n[topics.all]\ntitle = "All"\n'
        text += "".join(f'[sources.s{n}]\nurl = "https://s{n}.example/feed.xml"\ntags = ["a"]\n' for n in range(number))
        (folder / "feeds.toml").write_text(text)
        built = _build(folder / "feeds.toml")
        ours = (sys.executable, "-m", "aggregator", "--config", str(folder / "feeds.toml"), "-q")
        commands = {
            "tomllib alone": (sys.executable, "-c", _TOMLLIB, str(folder / "feeds.toml")),
            "check": (*ours, "check"),
            "fetch, nothing due": (*ours, "fetch"),
        }
        run(commands["fetch, nothing due"], log)  # the first makes the day's backup, and publishes
        rounds = [{name: run(command, log) for name, command in commands.items()} for _ in range(_ROUNDS)]
    costs = {name: middle(one[name] for one in rounds) for name in commands}
    first = costs["tomllib alone"]
    rows = [(name, cost.wall, cost.cpu, cost.wall / first.wall, cost.cpu / first.cpu) for name, cost in costs.items()]
    rows.append(("the schedule built, in the process", built, "", built / first.wall, ""))
    return markdown((f"{number:,} sources", "wall s", "CPU s", "wall / tomllib", "CPU / tomllib"), rows)


def _build(feeds_toml: Path) -> float:
    """Enter the sources into a new database, all of them due tomorrow, and return the seconds it took."""
    config = load(feeds_toml)
    db = open_database(config.site.database)
    began = time.perf_counter()
    resync(db, config, datetime.now(UTC))
    took = time.perf_counter() - began
    tomorrow = to_text(datetime.now(UTC) + timedelta(days=1))
    db.execute("UPDATE sources SET next_poll = ?, state = 'ok'", [tomorrow])
    db.close()
    return took


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--items", default="10000,1000000")
    parser.add_argument("--sources", type=int, default=100_000)
    options = parser.parse_args()
    if options.items:
        print(by_size(map(int, options.items.split(","))))
    if options.sources:
        print(idle_schedule(options.sources))


if __name__ == "__main__":
    main()
