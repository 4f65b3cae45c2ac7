"""Polling on a cluster: paced over all workers, nothing lost with a worker or a scheduler, and at home where none is."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from clusters import SHORT, two_workers
from fakeweb import HANG, FakeWeb, Reply, answer
from places import HEAD, Place, item, rss
from polls import AT_ONCE
from test_engine import until

from aggregator.cluster import where
from aggregator.model import PollJob, Postponed
from aggregator.pipeline.batch import Outcome
from aggregator.pipeline.where import Standing
from aggregator.polling.web import open_web
from aggregator.reading.pool import ReaderPool
from aggregator.storage.errors import StoreError

distributed = pytest.importorskip("distributed")
from aggregator.cluster import crew  # noqa: E402 - only where distributed is
from aggregator.cluster.coordinator import polls_on  # noqa: E402 - only where distributed is

FEED = answer(200, rss(item("A", guid="1")), ETag='"1"')
_BUSY = 250  # a host of its own: the workers remember its pause through the tests that follow
SETTINGS = replace(AT_ONCE, allow_private=True)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes."""
    with two_workers() as cluster:
        yield cluster


@pytest.fixture
def web() -> Iterator[FakeWeb]:
    """A web on which each of 127.0.0.0/8 is a host of its own."""
    with FakeWeb({"/feed": [FEED]}, address="0.0.0.0") as web:
        script(web, feed=[FEED])
        yield web


def jobs_at(
    web: FakeWeb, hosts: int, each: int = 1, path: str = "/feed", first: int = 1, timeout: float = 10
) -> list[PollJob]:
    """Sources at as many hosts."""
    return [
        PollJob(f"{path} {host} {n}", web.url(f"{path}?{n}", f"127.0.1.{host}"), timeout=timeout)
        for host in range(first, first + hosts)
        for n in range(each)
    ]


@asynccontextmanager
async def polling(
    address: str, jobs: Any, told: list[Standing] | None = None, stop: asyncio.Event | None = None
) -> AsyncIterator[AsyncGenerator[list[Outcome], None]]:
    """The outcomes of jobs that are polled on a cluster."""
    tell = [].append if told is None else told.append
    polls = polls_on(address, SETTINGS, tell, SHORT)
    async with (
        open_web(SETTINGS) as web,
        ReaderPool() as pool,
        aclosing(polls(web, pool, jobs, stop)) as outcomes,
    ):
        yield outcomes


def poll(address: str, jobs: Any, told: list[Standing] | None = None) -> list[Outcome]:
    """Poll them all."""

    async def go() -> list[Outcome]:
        async with polling(address, jobs, told) as outcomes:
            return [outcome async for some in outcomes for outcome in some]

    return asyncio.run(go())


def script(web: FakeWeb, **replies: list[Reply]) -> None:
    """Have a path answer so, whatever its query is."""
    for path, reply in replies.items():
        web.script |= {f"/{path}?{n}": reply for n in range(100)}


def test_every_source_is_polled_once_and_no_host_by_two(cluster: Any, web: FakeWeb) -> None:
    """Many hosts with several sources each, on both workers; one request at a time at each."""
    script(web, feed=[(0.02, FEED)])
    told: list[Standing] = []
    outcomes = poll(cluster.scheduler_address, jobs_at(web, 40, 5), told)
    assert Counter(Counter(outcome.job.source for outcome in outcomes).values()) == {1: 200}
    assert all(outcome.reading is not None for outcome in outcomes)
    assert len(web.requests) == 200
    assert set(web.most_at_once.values()) == {1}
    assert told[-1] == replace(told[-1], workers=2, polls=200, trouble="")


def test_a_host_that_asks_for_a_pause_is_left_alone_by_all(cluster: Any, web: FakeWeb) -> None:
    """A 429 that one worker meets holds for what others, or a later batch, would have asked."""
    script(web, feed=[FEED], busy=[answer(429, Retry_After="600")])

    async def jobs() -> AsyncIterator[PollJob]:
        yield jobs_at(web, 1, 1, "/busy", _BUSY)[0]
        await until(lambda: web.requests)
        await asyncio.sleep(2.5)
        for job in (*jobs_at(web, 1, 9, "/busy", _BUSY)[1:], *jobs_at(web, 3)):
            yield job

    outcomes = poll(cluster.scheduler_address, jobs())
    assert len(outcomes) == 12
    assert len([request for request in web.requests if "busy" in request.target]) == 1
    assert sum(isinstance(outcome.response, Postponed) for outcome in outcomes) == 8


def test_a_pause_that_one_worker_meets_is_known_to_all(cluster: Any, web: FakeWeb) -> None:
    """Nobody follows a redirect to the host, in whatever worker; and pages that are fetched here know of it."""
    busy = _BUSY - 1
    script(web, busy=[answer(429, Retry_After="600")])
    script(web, away=[answer(302, Location=web.url("/elsewhere", f"127.0.1.{busy}"))])

    async def jobs() -> AsyncIterator[PollJob]:
        yield jobs_at(web, 1, 1, "/busy", busy)[0]
        await until(lambda: web.requests)
        await asyncio.sleep(2.5)
        for job in jobs_at(web, 40, path="/away"):
            yield job

    async def go() -> list[Outcome]:
        async with open_web(SETTINGS) as home, ReaderPool() as pool:
            polls = polls_on(cluster.scheduler_address, SETTINGS, [].append, SHORT)
            async with aclosing(polls(home, pool, jobs(), None)) as outcomes:
                found = await _all(outcomes)
            assert f"127.0.1.{busy}" in home.hosts.pauses()
            return found

    outcomes = asyncio.run(go())
    assert sum(isinstance(outcome.response, Postponed) for outcome in outcomes) == 40
    assert not web.asked("/elsewhere")


def test_a_worker_that_is_killed_loses_nothing(web: FakeWeb) -> None:
    """What it had is polled again when its lease ends, by who is left; nothing comes twice."""
    script(web, feed=[(0.6, FEED), FEED])
    with two_workers() as cluster, distributed.Client(cluster, set_as_default=False) as client:
        pids = list(client.run(os.getpid).values())

        async def go() -> list[Outcome]:
            async with polling(cluster.scheduler_address, jobs_at(web, 24, timeout=4)) as outcomes:
                reading = asyncio.create_task(_all(outcomes))
                await until(lambda: len(web.requests) >= 12)
                os.kill(pids[0], signal.SIGKILL)
                return await reading

        outcomes = asyncio.run(go())
    assert Counter(Counter(outcome.job.source for outcome in outcomes).values()) == {1: 24}
    assert set(web.most_at_once.values()) == {1}


def _under_way() -> int:
    from aggregator.cluster import worker

    return sum(len(station._works) for station in worker._stations)


async def _all(outcomes: AsyncGenerator[list[Outcome], None]) -> list[Outcome]:
    return [outcome async for some in outcomes for outcome in some]


def test_polls_are_made_here_where_no_cluster_is(web: FakeWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that cannot be reached is told of, and holds nobody up for long."""
    monkeypatch.setattr(crew, "_ALONE", 0.5)
    told: list[Standing] = []
    outcomes = poll("tcp://127.0.0.1:9", jobs_at(web, 6), told)
    assert len(outcomes) == 6
    assert told[-1].workers == told[-1].polls == 0
    assert "polls are made here meanwhile" in told[-1].trouble


def test_workers_that_may_have_no_readers_are_left_alone(web: FakeWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemonic worker would fail every source; it is told how it must be started, and polls are made here."""
    monkeypatch.setattr(crew, "_ALONE", 4.0)
    told: list[Standing] = []
    with two_workers(daemon=True, n_workers=1) as cluster:
        outcomes = poll(cluster.scheduler_address, jobs_at(web, 6), told)
    assert all(outcome.reading is not None for outcome in outcomes)
    assert len(outcomes) == 6
    assert "DASK_DISTRIBUTED__WORKER__DAEMON=False" in told[-1].trouble


def test_told_to_stop_it_begins_nothing_more(cluster: Any, web: FakeWeb) -> None:
    """What is under way comes to its end and is written; what has not begun has no outcome."""
    script(web, feed=[(0.5, FEED)])

    async def go() -> None:
        stop = asyncio.Event()
        async with polling(cluster.scheduler_address, jobs_at(web, 2, 30), stop=stop) as outcomes:
            reading = asyncio.create_task(_all(outcomes))
            await until(lambda: len(web.requests) >= 2)
            stop.set()
            found = await asyncio.wait_for(reading, 6)
        assert len(found) == len(web.requests) < 30

    asyncio.run(go())


def test_jobs_that_break_off_do_not_cost_what_was_asked_for(cluster: Any, web: FakeWeb) -> None:
    """A disk that is full, say: the error is raised once the polls that are under way have come to their end."""
    script(web, slow=[(0.5, FEED)])
    seen: list[Outcome] = []

    async def jobs() -> AsyncIterator[PollJob]:
        for job in jobs_at(web, 3, 1, "/slow"):
            yield job
        await until(lambda: len(web.requests) == 3)
        raise StoreError("the disk is full")

    async def go() -> None:
        async with polling(cluster.scheduler_address, jobs()) as outcomes:
            async for some in outcomes:
                seen.extend(some)

    with pytest.raises(StoreError):
        asyncio.run(go())
    assert [outcome.reading is not None for outcome in seen] == [True] * 3
    assert len(web.requests) == 3


def test_left_early_its_workers_ask_nobody_any_more(cluster: Any, web: FakeWeb) -> None:
    """A run that is interrupted takes its polls with it, wherever they are made."""
    script(web, feed=[HANG])

    async def go() -> None:
        async with polling(cluster.scheduler_address, jobs_at(web, 4)) as outcomes:
            reading = asyncio.create_task(_all(outcomes))
            await until(lambda: len(web.requests) == 4)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    asyncio.run(go())
    with distributed.Client(cluster, set_as_default=False) as client:
        deadline = time.monotonic() + 2
        while any(client.run(_under_way).values()):
            assert time.monotonic() < deadline, "a worker still polls"
            time.sleep(0.05)


def test_who_falls_behind_is_not_run_over(cluster: Any, web: FakeWeb) -> None:
    """While nobody takes outcomes, no more than the workers' batches are polled."""
    script(web, feed=[FEED])

    async def jobs() -> AsyncIterator[PollJob]:
        for number in range(3000):
            yield PollJob(f"s{number}", web.url("/feed?1", f"127.1.{number // 250}.{number % 250 + 1}"), timeout=3)

    async def go() -> None:
        async with polling(cluster.scheduler_address, jobs()) as outcomes:
            await anext(outcomes)
            await asyncio.sleep(4)
            assert len(web.requests) <= 2 * 8 * 50 + 50

    asyncio.run(go())


def test_fetch_polls_in_worker_processes_of_its_own(
    place: Place, web: FakeWeb, capsys: pytest.CaptureFixture[str]
) -> None:
    """`cluster = "local:1"` from feeds.toml to the published feed; `status` tells of it."""
    text = f'[sources.a]\nurl = "{web.url("/feed")}"\n[topics.all]\ntitle = "All"\n'
    place.configure(text, f'{HEAD}cluster = "local:1"\n')
    assert place.run("-q", "fetch") == 0
    assert place.titles("all") == ["A"]
    assert place.run("status") == 0
    assert "cluster local:1: 1 workers, 0 batches under way" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["fetch", "serve"])
def test_a_missing_extra_is_told_with_its_remedy(
    place: Place, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is polled, since it was asked to be polled elsewhere."""
    place.configure("", f'{HEAD}cluster = "tcp://127.0.0.1:9"\n')
    monkeypatch.setattr(where, "find_spec", lambda _: None)
    assert place.run(command) == 2
    assert "pip install 'aggregator[cluster]'" in capsys.readouterr().err
