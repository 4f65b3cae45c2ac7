"""Bodies that would crash, stall or fill whoever reads them cost their own source a poll, and a worker at the most."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import pytest
from fakeweb import FakeWeb, answer
from hostile import BODIES, SLOW
from places import Place, item, rss

from aggregator.model import Reading, Unreadable
from aggregator.pipeline.work import read_and_mark
from aggregator.reading import pool as pools
from aggregator.reading.pool import ReaderPool

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOPIC = '[topics.all]\ntitle = "All"\n'


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One loop for the tests of this file."""
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="module")
def workers(runner: asyncio.Runner) -> Iterator[ReaderPool]:
    """One pool for the tests of this file: what one body does to a worker must not reach the next."""
    pool = ReaderPool(1)
    yield pool
    runner.run(pool.__aexit__(None, None, None))


@pytest.mark.parametrize(("name", "body", "words"), BODIES, ids=[row[0] for row in BODIES])
def test_a_hostile_body_is_refused_or_made_the_best_of(
    runner: asyncio.Runner,
    workers: ReaderPool,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    body: bytes,
    words: str,
) -> None:
    """In a worker: a reason in words, or items within bounds; and the worker, or its successor, reads the next."""
    monkeypatch.setattr(pools, "SECONDS", 1 if words == SLOW else 60)  # on a busy machine all take longer
    read = runner.run(workers.run(read_and_mark, body, "", "https://a.example/feed", frozenset(), NOW))
    if isinstance(read, Unreadable):
        assert words, f"{name}: {read.reason}"
        assert words in read.reason
        assert len(read.reason) < 250
    else:
        reading, marks = read
        assert not words, f"{name}: {len(reading.items)} items were taken"
        assert isinstance(reading, Reading)
        assert 1 <= len(reading.items) == len(marks) <= 5_000
        for one in reading.items:
            assert len(one.title) <= 1_000
            assert max(len(one.categories), len(one.enclosures), len(one.authors)) <= 50
            assert not set(one.title) & set("\x00\x0b\x1f\ufffe")
            one.title.encode()
    monkeypatch.setattr(pools, "SECONDS", 60)
    again = runner.run(workers.run(read_and_mark, rss(item("A")), "", "https://a.example/feed", frozenset(), NOW))
    assert not isinstance(again, Unreadable)


# -- What a body might do to its worker -------------------------------------------------------------------------------


def crash() -> None:
    """As expat does on a long chain of entities."""
    os.kill(os.getpid(), signal.SIGSEGV)


def hang() -> None:
    """Without end."""
    while True:
        time.sleep(0.1)


def spin() -> None:
    """Without end, and busy."""
    while True:
        pass


def fill() -> int:
    """All the memory there is."""
    return len(bytearray(1 << 40))


def fill_slowly() -> list[bytes]:
    """The same, a piece at a time."""
    kept: list[bytes] = []
    while True:
        kept.append(bytes(1 << 20))


def leave() -> None:
    """The way out."""
    os._exit(0)


HARM = [
    ("crash", crash, "crashes the process that reads it"),
    ("hang", hang, SLOW),
    ("spin", spin, SLOW),
    ("fill", fill, "needs more memory"),
    ("fill slowly", fill_slowly, "needs more memory"),
    ("leave", leave, SLOW),
]


@pytest.mark.parametrize(("name", "harm", "words"), HARM, ids=[row[0] for row in HARM])
def test_a_worker_that_is_lost_costs_its_own_body_alone(
    runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch, name: str, harm: object, words: str
) -> None:
    """Others that are read meanwhile or wait their turn are read; the reason says what happened; the pool goes on."""
    monkeypatch.setattr(pools, "SECONDS", 2 if words == SLOW else 60)

    async def together() -> list[object]:
        async with ReaderPool(2) as pool:
            good = [
                pool.run(read_and_mark, rss(item("A")), "", "https://a.example/", frozenset(), NOW) for _ in range(6)
            ]
            return await asyncio.gather(pool.run(harm), *good[:3], pool.run(harm), *good[3:])  # type: ignore[arg-type]

    results = runner.run(together())
    lost = [result for result in results if isinstance(result, Unreadable)]
    assert len(lost) == 2, name
    assert all(words in result.reason for result in lost)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_is_lost_while_it_waits_costs_nothing(runner: asyncio.Runner, workers: int) -> None:
    """Whatever ends processes where memory is short may end one that has nothing to do; what comes then is read."""

    async def one_after_another() -> list[object]:
        async with ReaderPool(workers) as pool:
            found: list[object] = []
            for _ in range(3):
                found.append(await pool.run(os.getpid))
                os.kill(cast("int", found[-1]), signal.SIGKILL)
                await asyncio.sleep(0.5)  # it is noticed
            return found

    lost = runner.run(one_after_another())
    assert len(set(lost)) == 3
    assert all(isinstance(one, int) for one in lost), lost


def test_a_body_that_crashes_its_reader_fails_its_source_and_is_asked_for_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through `fetch`: the slow body is given up, its source backs off and keeps its validators; the other is published."""
    monkeypatch.setattr(pools, "SECONDS", 1)
    slow = next(body for _, body, words in BODIES if words == SLOW)
    script = {
        "/slow": [answer(200, rss(item("Old", guid="old")), ETag='"1"'), answer(200, slow, ETag='"bad"'), answer(304)],
        "/good": [answer(200, rss(item("Good", guid="good")), ETag='"1"')],
    }
    with FakeWeb(script) as web:
        place.configure(
            "".join(f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\n' for name in ("slow", "good")) + TOPIC
        )
        place.run("-q", "fetch", "slow")
        place.let_time_pass()
        assert place.run("-q", "fetch") == 0
        found = {row["name"]: row for row in place.status()["sources"]}
        assert "it took more than 1 seconds" in found["slow"]["last_error"]
        assert sorted(place.titles("all")) == ["Good", "Old"]
        place.let_time_pass()
        place.run("-q", "fetch", "slow")
        assert [request.header("if-none-match") for request in web.asked("/slow")] == [None, b'"1"', b'"1"']
