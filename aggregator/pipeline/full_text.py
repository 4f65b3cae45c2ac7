"""The whole text of articles whose source has `full_text`: each page fetched once, as politely as a feed.

robots.txt holds for pages, which nobody subscribed to. Where a page cannot be had, or says less than the feed, the
feed's own text stays.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Self

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.model import Fetched, Gone, Item, NotModified, PollJob, Postponed, Response, Unreadable
from aggregator.pipeline.routing import Router
from aggregator.polling.web import Web
from aggregator.reading.pool import ReaderPool
from aggregator.reading.read import read_page_at
from aggregator.storage import appearances as copies
from aggregator.storage import pages as store
from aggregator.storage import times, topics
from aggregator.storage.database import writing
from aggregator.storage.pages import WantedPage

_AT_ONCE = 200

Write = Callable[..., Awaitable[object]]


class FullTexts:
    """Fetches wanted pages beside the polls. An async context manager, which ends with the last page that is wanted.

    `config` gives feeds.toml as it is now, `write` calls a function in the thread that has the database. Once `stop` is
    set it ends at once: the next run comes to the other pages.
    """

    def __init__(
        self,
        db: Database,
        config: Callable[[], Config],
        web: Web,
        pool: ReaderPool,
        write: Write,
        stop: asyncio.Event | None = None,
    ) -> None:
        self._db, self._config, self._web, self._pool, self._write = db, config, web, pool, write
        self._stop = stop or asyncio.Event()
        self._asked = asyncio.Event()
        self._ending = False

    async def __aenter__(self) -> Self:
        self._asked.set()  # there may be some that an earlier run did not come to
        self._working = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        is_cut_short = error is not None or self._stop.is_set()
        if is_cut_short:
            self._working.cancel()
        else:
            self.ask()
        await asyncio.gather(self._working, return_exceptions=is_cut_short)

    def ask(self) -> None:
        """Say that there may be pages to fetch."""
        self._asked.set()

    async def _work(self) -> None:
        while not (self._ending and not self._asked.is_set()):
            await self._asked.wait()
            self._asked.clear()
            below = sys.maxsize
            while below:
                below = await _fetch_pages(self._db, self._config(), self._web, self._pool, self._write, below)


async def _fetch_pages(db: Database, config: Config, web: Web, pool: ReaderPool, write: Write, below: int) -> int:
    """Fetch up to two hundred pages that are wanted, of copies with numbers below; return below which there are others.

    A page whose host asked to be left alone stays wanted. 0 is returned where there are no others.
    """
    sources = {name: source for name, source in config.sources.items() if source.full_text and source.enabled}
    if not sources:
        return 0
    from aggregator.discovery.robots import Robots
    from aggregator.polling.poller import poll_many

    wanted: list[WantedPage] = []
    await write(lambda: wanted.extend(store.wanted(db, json.dumps(list(sources)), below, _AT_ONCE)))
    robots = Robots(web)
    jobs = {}
    for number, page in enumerate(wanted):
        refusal = await robots.refusal(page.url)
        if refusal is not None:
            if not refusal.for_now:
                await write(_give_up, db, page, refusal.reason)
            continue
        source = sources[page.source]
        jobs[str(number)] = PollJob(
            str(number), page.url, timeout=source.timeout.total_seconds(), max_bytes=source.max_bytes
        )
    async with aclosing(poll_many(web, jobs.values())) as polls:
        async for job, response, _ in polls:
            if isinstance(response, Postponed):
                continue
            page = wanted[int(job.source)]
            found = await _read(pool, page, response)
            if isinstance(found, Unreadable):
                await write(_give_up, db, page, found.reason)
            else:
                await write(_enrich, db, config, page, found)
    return wanted[-1].appearance if len(wanted) == _AT_ONCE else 0


async def _read(pool: ReaderPool, page: WantedPage, response: Response) -> Item | Unreadable:
    if isinstance(response, Fetched):
        return await pool.run(read_page_at, response.body, page.url)
    if isinstance(response, Gone | NotModified):
        return Unreadable(f"the server answered {response.status}")
    return Unreadable(response.reason)


def _give_up(db: Database, page: WantedPage, reason: str) -> None:
    with writing(db):
        store.done(db, page.appearance, reason)


def _enrich(db: Database, config: Config, page: WantedPage, found: Item) -> None:
    """Put a page's text into the copy; nothing of it counts as a change, since nobody has read the article yet."""
    from aggregator.curation.fingerprints import fingerprint
    from aggregator.pipeline.folding import Folder
    from aggregator.storage import fingerprints

    now = times.now()
    with writing(db):
        for copy in copies.with_numbers(db, [page.appearance]):
            item = copies.load_copy(db, copy)
            if len(found.text) <= len(item.text):
                store.done(db, page.appearance, "the page says no more than the feed")
                return
            copies.enrich(db, copy, _with_text_of(item, found))
            fingerprints.replace(db.conn, copy.id, fingerprint(_with_text_of(item, found)))
            Folder(db, config, now).choose_shown(copy.item_id)
            Router(config, config.topics).route(db, copy.item_id, now)
            topics.touch_topics_of(db, copy.item_id, now)
            store.done(db, page.appearance, None)


def _with_text_of(item: Item, page: Item) -> Item:
    """The feed's item with the page's text, and what else only the page tells."""
    return replace(
        item,
        content=page.content,
        text=page.text,
        authors=item.authors or page.authors,
        image=item.image or page.image,
        language=item.language or page.language,
        evidence=(*item.evidence, ("content", "the text of the article's page (full_text)")),
    )
