"""The engine that `fetch` and the server run on: written as it comes, stopped without loss, and edited under way."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from clusters import where
from fakeweb import HANG, FakeWeb, Reply, answer
from places import Place, item, rss

from aggregator.config.load import load
from aggregator.config.values import Config
from aggregator.pipeline import work
from aggregator.pipeline.claiming import Wanted
from aggregator.pipeline.engine import Engine
from aggregator.pipeline.record import Result
from aggregator.pipeline.resync import resync
from aggregator.storage.claims import Owner
from aggregator.storage.database import open_database
from aggregator.storage.times import now

FEED = answer(200, rss(item("A")), ETag='"1"')
Play = Callable[[Engine, list[Result]], Awaitable[None]]


def sources(web: FakeWeb, *names: str, more: str = "") -> str:
    """Feeds at paths of the fake web, and a topic of everything."""
    text = "".join(f'[sources.{name}]\nurl = "{web.url(f"/{name}")}"\n{more}\n' for name in names)
    return text + '[topics.all]\ntitle = "All"\n'


def config(place: Place) -> Config:
    """The place's feeds.toml."""
    return load(place.folder / "feeds.toml")


def run(place: Place, play: Play) -> None:
    """Let something happen with an engine on the place's database."""
    before = config(place)
    db = open_database(before.site.database)
    results: list[Result] = []

    async def played() -> None:
        async with Engine(db, owner, before, results.append, where()) as engine:
            await play(engine, results)

    with Owner(before.site.database) as owner:
        resync(db, before, now())
        asyncio.run(played())
    db.close()


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - it happens in other threads
            await asyncio.sleep(0.01)


async def forever() -> None:
    """No further tick."""
    await asyncio.Event().wait()


def claimed(place: Place) -> list[str]:
    """The sources that are claimed."""
    return [name for (name,) in place.rows("SELECT name FROM sources WHERE claimed_by IS NOT NULL ORDER BY name")]


def test_what_has_come_is_written_while_others_are_waited_for(place: Place) -> None:
    """One source that is silent holds back neither the bodies nor the 304s of the others."""
    with FakeWeb({"/a": [FEED], "/b": [answer(304)], "/c": [HANG]}) as web:
        place.configure(
            sources(web, "a", "b").replace("127.0.0.1", "localhost") + sources(web, "c").split("[topics")[0]
        )

        async def play(engine: Engine, results: list[Result]) -> None:
            polling = asyncio.create_task(engine.poll_feeds(Wanted(), forever))
            await until(lambda: len(results) == 2)
            assert place.rows("SELECT count(*) FROM items") == [(1,)]
            assert claimed(place) == ["c"]
            assert engine.under_way == 1
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
            assert claimed(place) == []

        run(place, play)


def test_each_tick_polls_what_has_become_due(place: Place) -> None:
    """One connection to the world for all of them, and nothing before its time."""
    with FakeWeb({"/a": [FEED, answer(304)]}) as web:
        place.configure(sources(web, "a"))
        tick = asyncio.Event()

        async def ticked() -> None:
            await tick.wait()
            tick.clear()

        async def play(engine: Engine, results: list[Result]) -> None:
            stop = asyncio.Event()
            polling = asyncio.create_task(engine.poll_feeds(Wanted(), ticked, stop))
            await until(lambda: len(results) == 1)
            for _ in range(3):
                tick.set()
                await asyncio.sleep(0.05)
            assert len(web.requests) == 1
            place.let_time_pass()
            tick.set()
            await until(lambda: len(results) == 2)
            assert [result.status for result in results] == [200, 304]
            stop.set()
            await asyncio.wait_for(polling, 5)

        run(place, play)


def test_stopped_it_begins_nothing_more_and_loses_nothing(place: Place) -> None:
    """What is under way comes to its end and is written; what waits for its turn is given back, unasked."""
    slow: Reply = (0.4, FEED)
    names = [f"s{number}" for number in range(6)]
    with FakeWeb({f"/{name}": [slow] for name in names}) as web:
        place.configure(sources(web, *names))  # one host, which is asked one thing at a time

        async def play(engine: Engine, results: list[Result]) -> None:
            stop = asyncio.Event()
            polling = asyncio.create_task(engine.poll_feeds(Wanted(), forever, stop))
            await until(lambda: len(web.requests) == 2)
            stop.set()
            await asyncio.wait_for(polling, 5)
            assert len(web.requests) == 2
            assert len(results) == 2
            assert claimed(place) == []
            assert place.rows("SELECT count(*) FROM sources WHERE last_polled IS NULL") == [(4,)]

        run(place, play)


def test_what_is_given_back_is_no_longer_ours(place: Place) -> None:
    """However a run ends, what it did not come to is free; what another process takes then, no later run gives back."""
    with FakeWeb({"/a": [HANG], "/b": [FEED]}) as web:
        place.configure(sources(web, "a", "b"))

        async def play(engine: Engine, results: list[Result]) -> None:
            polling = asyncio.create_task(engine.poll_feeds(Wanted(names=("a",)), forever))
            await until(lambda: web.requests)
            assert claimed(place) == ["a"]
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)
            assert (engine.under_way, claimed(place)) == (0, [])
            place.change("UPDATE sources SET claimed_by = 1 WHERE name = 'a'")  # of the numbers, one that is alive
            await engine.poll_feeds(Wanted(names=("b",)))
            assert [result.source for result in results] == ["b"]
            assert claimed(place) == ["a"]

        run(place, play)


EDITS = [
    ("removed", lambda text: "[topics.all]\ntitle = 'All'\n"),
    ("moved", lambda text: text.replace("/a", "/elsewhere")),
    ("disabled", lambda text: text.replace("[topics", "enabled = false\n[topics")),
]


@pytest.mark.parametrize(("name", "edit"), EDITS, ids=[row[0] for row in EDITS])
def test_an_answer_for_a_source_that_was_edited_meanwhile_is_dropped(
    place: Place, name: str, edit: Callable[[str], str]
) -> None:
    """No item, no validator, no state from a URL that feeds.toml no longer means; the source is free again."""
    with FakeWeb({"/a": [(0.5, FEED)]}) as web:
        place.configure(sources(web, "a"))

        async def play(engine: Engine, results: list[Result]) -> None:
            stop = asyncio.Event()
            polling = asyncio.create_task(engine.poll_feeds(Wanted(), forever, stop))
            await until(lambda: web.requests)
            place.configure(edit(sources(web, "a")))
            edited = config(place)
            assert not await engine.configure(edited)
            other = open_database(edited.site.database)
            resync(other, edited, now())
            other.close()
            stop.set()
            await asyncio.wait_for(polling, 5)
            assert results == []
            assert claimed(place) == []
            assert place.rows("SELECT count(*) FROM items") == [(0,)]
            assert place.rows("SELECT etag, last_polled FROM sources") == [("", None)]

        run(place, play)
        assert len(web.requests) == 1, name


def test_settings_of_polling_are_taken_up_by_beginning_anew(place: Place) -> None:
    """What a way out is opened with: told, so that it can be opened again; other edits need no such thing."""
    with FakeWeb({}) as web:
        place.configure(sources(web, "a"))

        async def play(engine: Engine, results: list[Result]) -> None:
            place.configure(sources(web, "a", "b"))
            assert not await engine.configure(config(place))
            place.configure(sources(web, "a").replace("[sources.a]", "concurrency = 3\n[sources.a]"))
            assert await engine.configure(config(place))

        run(place, play)


def test_a_source_that_another_edition_of_the_file_has_is_left_alone(place: Place) -> None:
    """Another command may have read a newer feeds.toml: what it added or moved is not ours to poll as yet."""
    with FakeWeb({"/a": [FEED], "/b": [FEED]}) as web:
        place.configure(sources(web, "a"))

        async def play(engine: Engine, results: list[Result]) -> None:
            place.configure(sources(web, "b") + sources(web, "a").replace("/a", "/elsewhere").split("[topics")[0])
            other = open_database(place.folder / "aggregator.db")
            resync(other, config(place), now())
            other.close()
            await engine.poll_feeds(Wanted())
            assert results == []
            assert claimed(place) == []

        run(place, play)
        assert web.requests == []


@pytest.mark.usefixtures("at_home_only")
def test_a_body_that_our_code_trips_over_fails_its_source_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is told at its source, which is asked again later; the others go on."""
    monkeypatch.setattr(work, "read_and_mark", divmod)  # which takes no such arguments
    with FakeWeb({"/a": [FEED], "/b": [answer(410)]}) as web:
        place.configure(sources(web, "a", "b"))

        async def play(engine: Engine, results: list[Result]) -> None:
            await engine.poll_feeds(Wanted())
            errors = {result.source: result.error for result in results}
            assert "gone for good" in errors["b"]
            assert "a fault of ours (TypeError" in errors["a"]

        run(place, play)
    assert place.rows("SELECT etag FROM sources WHERE name = 'a'") == [("",)]


def test_a_database_that_fails_ends_the_polling_and_loses_nothing(place: Place) -> None:
    """The error is raised, what was claimed is free, and polling can be begun again."""
    with FakeWeb({"/a": [FEED]}) as web:
        place.configure(sources(web, "a"))

        async def play(engine: Engine, results: list[Result]) -> None:
            place.change("ALTER TABLE polls RENAME TO elsewhere")
            with pytest.raises(Exception, match="no such table: polls"):
                await engine.poll_feeds(Wanted())
            assert (results, claimed(place)) == ([], [])
            assert place.rows("SELECT count(*) FROM items") == [(0,)]
            place.change("ALTER TABLE elsewhere RENAME TO polls")
            await engine.poll_feeds(Wanted())
            assert [result.took.new for result in results] == [1]

        run(place, play)
        assert [request.header("if-none-match") for request in web.requests] == [None, None]


def test_files_are_looked_at_when_they_are_due(place: Place) -> None:
    """In a server a folder has its own interval; a run of fetch looks whenever it is started."""
    place.save({"seeds/a.txt": "A headline\n\nThe council met in the evening and agreed on the plan, as it had to."})
    place.configure('[sources.seeds]\npath = "seeds"\nevery = "1h"\n[topics.all]\ntitle = "All"\n')

    async def play(engine: Engine, results: list[Result]) -> None:
        await engine.read_files(Wanted())
        await engine.read_files(Wanted())
        assert [result.took.new for result in results] == [1]
        await engine.read_files(Wanted(force=True))
        place.let_time_pass()
        await engine.read_files(Wanted())
        assert len(results) == 3

    run(place, play)
