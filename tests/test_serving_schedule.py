"""The few jobs of the server, the file that is watched, and what systemd is told."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.serving import schedule, systemd
from aggregator.serving.schedule import Schedule
from aggregator.serving.watch import changes


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in other threads, or in a library
            await asyncio.sleep(0.01)


def counting(counts: list[int], seconds: float = 0.0) -> Callable[[], Awaitable[None]]:
    """A job that takes so long."""

    async def job() -> None:
        counts.append(1)
        await asyncio.sleep(seconds)
        counts.append(0)

    return job


def test_jobs_start_at_once_and_again_and_never_twice_at_a_time() -> None:
    """One that takes longer than its interval is not started beside itself, and holds no other up."""

    async def play() -> None:
        quick: list[int] = []
        long: list[int] = []
        jobs = Schedule({"quick": (0.05, counting(quick)), "long": (0.05, counting(long, 30.0))})
        jobs.start()
        await until(lambda: quick.count(1) >= 4)
        assert long == [1]
        jobs.stop()
        before = len(quick)
        await asyncio.sleep(0.2)
        assert len(quick) == before

    asyncio.run(play())


def test_a_clock_that_was_set_back_does_not_stop_the_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would come in an hour although its interval is a moment comes now."""
    monkeypatch.setattr(schedule, "_LOOK", 0.05)

    async def play() -> None:
        ran: list[int] = []
        jobs = Schedule({"tick": (0.1, counting(ran))})
        jobs.start()
        await until(lambda: ran)
        (job,) = jobs._scheduler.get_jobs()
        job.modify(next_run_time=datetime.now(UTC) + timedelta(hours=1))
        before = len(ran)
        await until(lambda: len(ran) > before)
        assert job.next_run_time < datetime.now(UTC) + timedelta(minutes=1)
        jobs.stop()

    asyncio.run(play())


def test_every_way_of_saving_a_file_is_seen(tmp_path: Path) -> None:
    """Written in place, another file put in its place, taken away and brought back; not what lies beside it."""
    file = tmp_path / "feeds.toml"
    file.write_text("1")

    async def play() -> None:
        seen: list[int] = []

        async def watch() -> None:
            async for _ in changes(file):
                seen.append(len(seen))

        watching = asyncio.create_task(watch())
        await asyncio.sleep(0.3)
        for save in (_in_place, _in_its_place, _away_and_back, _in_its_place):
            await asyncio.sleep(0.3)
            before = len(seen)
            save(file)
            await until(lambda before=before: len(seen) > before)  # type: ignore[misc]
        await asyncio.sleep(0.3)
        before = len(seen)
        (tmp_path / "aggregator.db-wal").write_text("x")
        (tmp_path / "feeds.toml~").write_text("x")
        await asyncio.sleep(0.5)
        assert len(seen) == before
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    asyncio.run(play())


def _in_place(file: Path) -> None:
    file.write_text("in place")


def _in_its_place(file: Path) -> None:
    new = file.with_name("new")
    new.write_text(f"another {os.urandom(4).hex()}")
    new.replace(file)


def _away_and_back(file: Path) -> None:
    file.rename(file.with_name("old"))
    file.write_text("back")


def test_a_change_that_nobody_reports_is_seen_too(tmp_path: Path) -> None:
    """Network file systems send no word: here the link's target lies where nobody watches."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a/real.toml").write_text("1")
    (tmp_path / "a/link.toml").symlink_to("real.toml")
    file = tmp_path / "b/feeds.toml"
    file.symlink_to("../a/link.toml")

    async def play() -> str:
        async for _ in changes(file, look=100):
            return file.read_text()
        return ""

    async def both() -> None:
        watching = asyncio.create_task(play())
        await asyncio.sleep(0.3)
        (tmp_path / "c").mkdir()
        (tmp_path / "c/other.toml").write_text("22")
        (tmp_path / "a/new").symlink_to("../c/other.toml")
        (tmp_path / "a/new").replace(tmp_path / "a/link.toml")
        assert await asyncio.wait_for(watching, 10) == "22"

    asyncio.run(both())


def test_systemd_is_told_where_it_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A datagram to NOTIFY_SOCKET, also an abstract one; nothing where there is none, and no error where none listens."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    systemd.notify("READY=1")
    for address, shown in (
        (str(tmp_path / "notify"), str(tmp_path / "notify")),
        ("\0aggregator-test", "@aggregator-test"),
    ):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(address)
            manager.settimeout(5)
            monkeypatch.setenv("NOTIFY_SOCKET", shown)
            systemd.notify("READY=1")
            assert manager.recv(100) == b"READY=1"
    systemd.notify("WATCHDOG=1")


def test_the_watchdog_is_fed_twice_as_often_as_it_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of WATCHDOG_USEC, where it is meant for this process."""
    for microseconds, process, wanted in (
        ("30000000", "", 15.0),
        ("30000000", str(os.getpid()), 15.0),
        ("30000000", "1", None),
        ("", "", None),
        ("x", "", None),
        ("0", "", None),
    ):
        monkeypatch.setenv("WATCHDOG_USEC", microseconds)
        monkeypatch.setenv("WATCHDOG_PID", process)
        assert systemd.watchdog() == wanted
