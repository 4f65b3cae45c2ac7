"""An hour of 100,000 sources under a fake clock: how late each is begun, and what that costs the process that does it.

python -m benchmarks.schedule [--sources 100000] [--minutes 60] [--every 60]

The engine, its claims, its writing and its cadence are the real ones; only the web is not: every poll is a 304, at
once. The clock runs as fast as the work is done, but a second in which the work took longer is as long as that. As in
`serve`, what is due is looked for twice a second.
"""

import argparse
import asyncio
import random
import resource
import tempfile
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from aggregator.config.values import Config, Site, Source
from aggregator.model import NotModified, Validators
from aggregator.pipeline.batch import Outcome
from aggregator.pipeline.claiming import Wanted
from aggregator.pipeline.engine import Engine
from aggregator.pipeline.record import Result
from aggregator.pipeline.resync import resync
from aggregator.pipeline.where import Where
from aggregator.polling.poller import each
from aggregator.polling.web import Jobs, Web
from aggregator.reading.pool import ReaderPool
from aggregator.storage import times
from aggregator.storage.claims import Owner
from aggregator.storage.database import open_database, writing
from aggregator.storage.times import to_text

_START = datetime(2026, 11, 22, 12, tzinfo=UTC)
_TICK = 0.5  # seconds, as in serving/duties.py
_PHASE = 0.45  # seconds: sources are due at whole ones, and the server's ticks are wherever they are
_OUTCOMES = 32  # at once, as poll_batch has them


class Clock:
    """Time that passes in ticks, and in between as fast as it really does."""

    def __init__(self) -> None:
        self._tick = _START.timestamp()
        self._since = time.monotonic()

    def now(self) -> float:
        """Epoch seconds."""
        return self._tick + time.monotonic() - self._since

    def next_tick(self) -> None:
        """Go to the next tick that is still to come."""
        passed = self.now() - _START.timestamp()
        self._tick = _START.timestamp() + int((passed - _PHASE) / _TICK + 1) * _TICK + _PHASE
        self._since = time.monotonic()


class Hour:
    """What is polled when, and how late that is."""

    def __init__(self, due: dict[str, datetime], minutes: int) -> None:
        self._due = due
        self._clock = Clock()
        self._ends = (_START + timedelta(minutes=minutes)).timestamp()
        self._stop = asyncio.Event()
        self.late: list[float] = []
        times.now = self._now  # the one clock of the schedule

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC).replace(microsecond=0)

    def note(self, result: Result) -> None:
        """Take note of when a source is due next."""
        self._due[result.source] = result.next_poll

    async def tick(self) -> None:
        """Wait for the next tick, which takes no time."""
        self._clock.next_tick()
        if self._clock.now() >= self._ends:
            self._stop.set()
            await asyncio.Event().wait()

    async def polls(
        self, _web: Web, _pool: ReaderPool, jobs: Jobs, _stop: asyncio.Event | None
    ) -> AsyncGenerator[list[Outcome], None]:
        """Answer everything at once."""
        feeding, outcomes = asyncio.Queue[Outcome](_OUTCOMES), list[Outcome]()

        async def feed() -> None:
            async for job in each(jobs):
                self.late.append(self._clock.now() - self._due[job.source].timestamp())
                await feeding.put(Outcome(job, NotModified(Validators('"1"', "", job.url)), None, self._now(), 200))

        working, stopping = asyncio.create_task(feed()), asyncio.create_task(self._stop.wait())
        while True:
            getting = asyncio.create_task(feeding.get())
            await asyncio.wait({getting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                working.cancel()
                return
            outcomes = [getting.result()]
            while not feeding.empty():
                outcomes.append(feeding.get_nowait())
            yield outcomes


def main() -> None:
    """Print lateness, CPU and memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=100_000)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--every", type=int, default=60, help="minutes")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = of_sources(Path(folder), chosen.sources, timedelta(minutes=chosen.every))
        asyncio.run(hour(config, chosen.minutes))


def of_sources(folder: Path, number: int, every: timedelta) -> Config:
    """A feeds.toml of so many sources, as values."""
    site = Site("Many", "http://127.0.0.1/", folder / "public", folder / "aggregator.db")
    sources = {
        name: Source(name, f"https://{name}.example.org/feed", every=every)
        for name in (f"s{count}" for count in range(number))
    }
    return Config(folder / "feeds.toml", site, sources=sources)


async def hour(config: Config, minutes: int) -> None:
    """Poll what becomes due for so long, and print what that was."""
    chance = random.Random(1)
    longest = next(iter(config.sources.values())).every.total_seconds()
    due = {name: _START + timedelta(seconds=chance.randrange(int(longest))) for name in config.sources}
    db = open_database(config.site.database)
    with Owner(config.site.database) as owner:
        resync(db, config, _START)
        with writing(db):
            db.conn.executemany(
                "UPDATE sources SET state = 'ok', last_polled = ?, next_poll = ?, known = ? WHERE name = ?",
                [(to_text(_START - timedelta(hours=1)), to_text(at), bytes(16 * 30), name) for name, at in due.items()],
            )
        schedule = Hour(due, minutes)
        where = Where(lambda _: schedule.polls, lambda: None)
        async with Engine(db, owner, config, schedule.note, where) as engine:
            before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
            await engine.poll_feeds(Wanted(), schedule.tick)
            used, took = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    db.close()
    late = sorted(schedule.late)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    print(f"{len(config.sources)} sources, {minutes} minutes: {len(late)} polls in {took:.1f} s of real time")
    print(f"late: median {median(late):.3f} s, p99 {quantiles(late, n=100)[98]:.3f} s, most {late[-1]:.3f} s")
    print(f"CPU {cpu:.1f} s = {cpu / minutes / 60:.1%} of a core; {used.ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
