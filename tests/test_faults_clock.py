"""A clock that was wrong, and is set: polls neither stop nor burst, a server's wish holds, nothing is taken for old."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from types import ModuleType

import pytest
from fakeweb import FakeWeb, Request, answer
from places import HEAD, Place, item, rss

from aggregator.config.load import load
from aggregator.pipeline.claiming import Wanted
from aggregator.pipeline.clock import Clock
from aggregator.pipeline.engine import Engine
from aggregator.pipeline.resync import resync
from aggregator.polling import http
from aggregator.storage import recovery, times
from aggregator.storage.claims import Owner
from aggregator.storage.database import open_database

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEAR = 365 * DAY
TOPIC = '[topics.all]\ntitle = "All"\n'
CLOCKS: tuple[ModuleType, ...] = (times, http, recovery)

SetClock = Callable[[timedelta], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the wall clock, as all that a command asks for the time sees it; time itself goes on as it did."""

    def set_to(offset: timedelta) -> None:
        class Shifted(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + offset

        for module in CLOCKS:
            monkeypatch.setattr(module, "datetime", Shifted)

    return set_to


def conditional(request: Request) -> bytes:
    """A feed with an item of today, to whoever does not have it."""
    body = rss(item("A", guid="1", date=f"{datetime.now(UTC):%a, %d %b %Y} 00:00:00 GMT"))
    return answer(304) if request.header("if-none-match") else answer(200, body, ETag='"1"')


JUMPS: list[tuple[str, timedelta, int | None]] = [
    ("a year ahead", YEAR, 1),
    ("a year back", -YEAR, 0),
    ("a day ahead", DAY, 1),
    ("a day back", -DAY, 0),
    ("an hour ahead", HOUR, None),  # chance decides whether it is due
    ("an hour back", -HOUR, 0),
]


@pytest.mark.parametrize(("name", "jump", "due"), JUMPS, ids=[row[0] for row in JUMPS])
def test_a_clock_that_is_set_neither_stops_nor_hurries_the_polls(
    place: Place, set_clock: SetClock, name: str, jump: timedelta, due: int | None
) -> None:
    """Between two runs: who is due is asked once, with validators; within three days everybody is asked again."""
    names = [f"s{number}" for number in range(6)]
    with FakeWeb({f"/{name}": [conditional] for name in names}) as web:
        place.configure("".join(f'[sources.{one}]\nurl = "{web.url(f"/{one}")}"\n' for one in names) + TOPIC)
        place.run("-q", "fetch")
        before = place.published()
        set_clock(jump)
        for _ in range(3):
            place.run("-q", "fetch")
        asked = len(web.requests) - len(names)
        assert asked <= len(names)
        assert due is None or asked == due * len(names), name
        set_clock(jump + 3 * DAY)
        place.run("-q", "fetch")
        assert len(web.requests) == 2 * len(names) + asked
        assert all(request.header("if-none-match") for request in web.requests[len(names) :])
        assert place.published() == before
        assert web.most_at_once["127.0.0.1"] == 1


def test_the_time_zone_of_the_machine_decides_nothing(place: Place) -> None:
    """Carried around the world between two runs: nobody is asked before the time, and not a byte of output changes."""
    with FakeWeb({"/a": [conditional]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        seen = []
        for zone in ("UTC", "Pacific/Kiritimati", "America/Los_Angeles", "XXX-14", "XXX+12"):
            command = [sys.executable, "-m", "aggregator", "--config", str(place.folder / "feeds.toml"), "-q", "fetch"]
            assert subprocess.run(command, env={**os.environ, "TZ": zone}, check=False).returncode == 0
            seen.append((place.rows("SELECT last_polled, next_poll FROM sources"), place.published()))
        assert len(web.requests) == 1
        assert all(one == seen[0] for one in seen)
    assert seen[0][0][0][0].endswith("Z")


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_a_clock_that_was_wrong_from_the_start_is_put_right(place: Place, set_clock: SetClock, jump: timedelta) -> None:
    """The first run under the wrong clock, the others under the right one: the same, and `status` says why."""
    with FakeWeb({"/a": [conditional]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        set_clock(jump)
        place.run("-q", "fetch")
        set_clock(timedelta())
        place.run("-q", "fetch")
        assert len(web.requests) == (1 if jump > timedelta() else 2)
        (due,) = place.rows("SELECT next_poll, next_poll_reason FROM sources")
        assert datetime.now(UTC) < datetime.fromisoformat(due[0]) < datetime.now(UTC) + 3 * DAY
        assert jump < timedelta() or due[1] == "the clock was wrong when this was decided"


def test_a_running_server_follows_a_clock_that_is_set(place: Place, set_clock: SetClock) -> None:
    """Set back by a year under way, a source is due after its interval, not after a year and an interval."""
    offsets = iter([-YEAR, -YEAR + HOUR / 4, -YEAR + 3 * DAY, -YEAR + 3 * DAY + HOUR / 4])
    asked: list[int] = []

    async def play(running: Engine, web: FakeWeb) -> None:
        stop = asyncio.Event()

        async def tick() -> None:
            while running.under_way:  # noqa: ASYNC110 - it ends in another thread
                await asyncio.sleep(0.01)
            asked.append(len(web.requests))
            offset = next(offsets, None)
            if offset is None:
                stop.set()
                await asyncio.sleep(1)
            else:
                set_clock(offset)

        async with running:
            await running.poll_feeds(Wanted(), tick, stop)

    def done(_: object) -> None:
        """Nothing is to be told."""

    with FakeWeb({"/a": [conditional]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        config = load(place.folder / "feeds.toml")
        db = open_database(config.site.database)
        with Owner(config.site.database) as owner:
            resync(db, config, times.now())
            asyncio.run(play(Engine(db, owner, config, done), web))
        db.close()
    assert asked == [1, 1, 1, 2, 2]


def test_a_servers_wish_keeps_its_length(place: Place, set_clock: SetClock) -> None:
    """Retry-After of two hours, and the clock is set back by a year: two hours from then, even when forced, no year."""
    with FakeWeb({"/a": [answer(503, Retry_After="7200"), conditional]}) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}')
        place.run("-q", "fetch")
        for offset, requests in ((-YEAR, 1), (-YEAR + HOUR, 1), (-YEAR + 3 * HOUR, 2)):
            set_clock(offset)
            place.run("-q", "fetch", "--force")
            assert len(web.requests) == requests


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_a_wrong_clock_takes_nothing_away(place: Place, set_clock: SetClock, jump: timedelta) -> None:
    """Old items leave by their age, and a clock that jumped knows nothing of age: that day nothing goes."""
    old = item("Old", guid="old", date=f"{datetime.now(UTC):%a, %d %b %Y} 00:00:00 GMT")
    script = {"/a": [answer(200, rss(old), ETag='"1"'), answer(200, rss(item("New", guid="new")), ETag='"2"')]}
    with FakeWeb(script) as web:
        place.configure(f'[sources.a]\nurl = "{web.url("/a")}"\n{TOPIC}', HEAD + 'keep = "60d"\n')
        place.run("-q", "fetch")
        place.run("-q", "fetch", "--force")
        set_clock(jump)
        place.run("-q", "publish")
        place.run("-q", "fetch")
    assert place.rows("SELECT count(*) FROM items") == [(2,)]


def test_a_backup_from_days_to_come_is_the_last_resort(
    place: Place, set_clock: SetClock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Made while the clock was a year ahead, it is not taken for the newest, nor does it push out the right ones."""
    place.configure(TOPIC)
    for offset in (-DAY, YEAR, timedelta()):
        set_clock(offset)
        place.run("-q", "fetch")
    assert len(list((place.folder / "aggregator.db.backups").glob("*.db"))) == 3
    (place.folder / "aggregator.db").write_bytes(b"rubbish" * 1000)
    assert place.run("-q", "publish") == 1
    assert f"the backup of {datetime.now(UTC).date()} has taken its place" in capsys.readouterr().err
    assert place.run("-q", "publish") == 0


SETS: list[tuple[str, list[tuple[float, float]], list[bool]]] = [
    ("the first time it may have been", [(0, 0)], [True]),
    ("it goes as time does", [(0, 0), (100, 100), (86_400, 86_400)], [True, False, False]),
    ("a leap second, a slow clock", [(0, 0), (101, 100), (250, 200)], [True, False, False]),
    ("forward", [(0, 0), (100 + 3600, 100)], [True, True]),
    ("back", [(0, 0), (100 - 3600, 100), (101 - 3600, 101)], [True, True, False]),
]


@pytest.mark.parametrize(("name", "times", "found"), SETS, ids=[row[0] for row in SETS])
def test_a_clock_that_was_set_is_noticed(name: str, times: list[tuple[float, float]], found: list[bool]) -> None:
    """By the wall clock and the monotonic one: more than a minute apart since it was last asked."""
    clock, start = Clock(), datetime(2026, 11, 22, tzinfo=UTC)
    assert [clock.was_set(start + timedelta(seconds=wall), passed) for wall, passed in times] == found, name
