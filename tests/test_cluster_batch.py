"""A batch in a worker: polled by the code of home, within its time, and for as long as somebody takes what comes."""

import asyncio
import pickle
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from fakeweb import HANG, FakeWeb, answer
from places import item, rss
from polls import AT_ONCE

from aggregator.cluster import batch as batches
from aggregator.cluster.batch import Batch, Polled, Terms, Work
from aggregator.model import Failed, PollJob, Postponed
from aggregator.pipeline.batch import Outcome
from aggregator.polling.web import Web, open_web
from aggregator.reading.pool import ReaderPool

FEED = answer(200, rss(item("A", guid="1")), ETag='"1"')
LONG = Terms(60, 60, 60)


def batch_of(web: FakeWeb, *paths: str, terms: Terms = LONG, host: str = "127.0.0.{}") -> Batch:
    """Jobs for paths, each at a host of its own."""
    jobs = tuple(PollJob(path, web.url(path, host.format(number + 1)), timeout=9) for number, path in enumerate(paths))
    return Batch("b", "0", replace(AT_ONCE, allow_private=True), jobs, terms, time.time())


def work(batch: Batch, play: Callable[[Work, Web], Awaitable[None]]) -> None:
    """Let something happen with a batch that is being polled."""

    async def go() -> None:
        async with open_web(batch.settings) as web, ReaderPool() as pool:
            working = Work(web, pool, batch)
            try:
                await play(working, web)
            finally:
                working.drop()

    asyncio.run(go())


async def rest(working: Work) -> Polled:
    """All that comes of it, in one."""
    outcomes: tuple[Outcome, ...] = ()
    while not (polled := await working.take()).over:
        outcomes += polled.outcomes
    return replace(polled, outcomes=outcomes + polled.outcomes)


def test_what_goes_there_and_comes_back_can_travel() -> None:
    """Batch and outcomes are ours, picklable, and the same after it."""
    with FakeWeb({"/a": [FEED], "/b": [answer(404)]}, address="0.0.0.0") as web:
        batch = batch_of(web, "/a", "/b")

        async def play(working: Work, _: Web) -> None:
            polled = await rest(working)
            assert sorted(outcome.job.source for outcome in polled.outcomes) == ["/a", "/b"]
            assert pickle.loads(pickle.dumps(polled)) == polled
            assert pickle.loads(pickle.dumps(batch)) == batch

        work(batch, play)


def test_a_slow_source_holds_up_nobody_elses_outcome() -> None:
    """What is there after a moment is given out; the rest follows."""
    with FakeWeb({"/a": [answer(404)], "/slow": [HANG]}, address="0.0.0.0") as web:

        async def play(working: Work, _: Web) -> None:
            first = await working.take()
            assert ([outcome.job.source for outcome in first.outcomes], first.over) == (["/a"], False)

        work(batch_of(web, "/a", "/slow"), play)


def test_what_nobody_takes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is cut off stops asking by itself: what it polls may be about to be polled elsewhere."""
    monkeypatch.setattr(batches, "_UNTAKEN", 0.3)
    with FakeWeb({"/a": [answer(404)], "/slow": [HANG]}, address="0.0.0.0") as web:

        async def play(working: Work, _: Web) -> None:
            assert not (await working.take()).over
            await asyncio.sleep(0.6)
            with pytest.raises(asyncio.CancelledError):
                await working.take()

        work(batch_of(web, "/a", "/slow"), play)


def test_a_worker_hears_of_its_sender_while_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all sources are silent, an answer without outcomes asks for the next request."""
    monkeypatch.setattr(batches, "_MOMENT", 0.1)
    monkeypatch.setattr(batches, "_WHILE", 0.1)
    with FakeWeb({"/slow": [HANG]}, address="0.0.0.0") as web:

        async def play(working: Work, _: Web) -> None:
            assert await working.take() == Polled(over=False)
            assert await working.take() == Polled(over=False)

        work(batch_of(web, "/slow"), play)


def test_after_its_time_nothing_is_begun_and_nothing_goes_on() -> None:
    """What could not be begun, or ended, has no outcome: its sender has it polled again."""
    with FakeWeb({"/1": [(0.3, FEED)], "/2": [FEED], "/3": [FEED], "/hang": [HANG]}, address="0.0.0.0") as web:
        late = batch_of(web, "/1", "/2", "/3", terms=Terms(0.1, 5, 5), host="127.0.0.1")
        hanging = batch_of(web, "/hang", terms=Terms(0.1, -8.5, 5))

        async def first_only(working: Work, _: Web) -> None:
            polled = await rest(working)
            assert [outcome.job.source for outcome in polled.outcomes] == ["/1"]

        async def nothing(working: Work, _: Web) -> None:
            assert await working.take() == batches.Polled()

        work(late, first_only)
        work(hanging, nothing)
        assert len(web.requests) == 2


def test_pauses_come_along_and_go_back() -> None:
    """A host that another worker was told to leave alone is not asked; a 429 that is met here is told."""
    with FakeWeb({"/a": [FEED], "/busy": [answer(429, Retry_After="600")]}, address="0.0.0.0") as web:
        batch = replace(batch_of(web, "/a", "/busy"), pauses=(("127.0.0.1", 500.0),))

        async def play(working: Work, _: Web) -> None:
            polled = await rest(working)
            assert {outcome.job.source for outcome in polled.outcomes} == {"/a", "/busy"}
            kinds = {outcome.job.source: type(outcome.response) for outcome in polled.outcomes}
            assert kinds == {"/a": Postponed, "/busy": Failed}
            pauses = dict(polled.pauses)
            assert 490 < pauses["127.0.0.1"] <= 500
            assert 590 < pauses["127.0.0.2"] <= 600

        work(batch, play)
        assert [request.target for request in web.requests] == ["/busy"]
