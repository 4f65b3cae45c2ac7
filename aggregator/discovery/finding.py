"""Finds the feed of a site by asking politely: what is known of the address, the page, and a few places by custom.

A handful of requests, one at a time, at the pace of every poll. The feed that is found has been polled, once.
"""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from aggregator.config.naming import feed_key
from aggregator.discovery.candidates import Candidate, by_address, guesses, looks_like_feed
from aggregator.discovery.page import Page, read_page
from aggregator.discovery.robots import Robots
from aggregator.model import Fetched, Gone, PollJob, Reading, Response, Unreadable
from aggregator.polling.poller import poll_many
from aggregator.polling.web import Web
from aggregator.reading.pool import ReaderPool
from aggregator.reading.read import read_body
from aggregator.storage import times

REQUESTS = 6  # for pages and feeds; robots.txt comes on top


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for each request: seconds, decoded bytes."""

    timeout: float = 30.0
    max_bytes: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Tried:
    """An address that was looked at, and why it is no feed."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A feed: `url` is what to subscribe to, `job` what was asked, `others` the feeds that the site has besides."""

    url: str
    job: PollJob
    fetched: Fetched
    reading: Reading
    at: datetime
    milliseconds: int
    others: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The site's feed is a source already; it was not asked."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """No feed, and what was tried, in order."""

    tried: tuple[Tried, ...]


Finding = Found | Subscribed | NotFound


async def find_feed(
    web: Web, pool: ReaderPool, url: str, subscribed: Mapping[str, str], terms: Terms = Terms()
) -> Finding:
    """Find the feed of the site at `url`, or take `url` itself where it is one.

    `subscribed` are the sources there are, their names by `feed_key`.
    """
    return await _Search(web, pool, subscribed, terms).run(url)


class _Search:
    def __init__(self, web: Web, pool: ReaderPool, subscribed: Mapping[str, str], terms: Terms) -> None:
        self._web = web
        self._pool = pool
        self._subscribed = subscribed
        self._terms = terms
        self._robots = Robots(web)
        self._asked: set[str] = set()
        self._tried: list[Tried] = []

    async def run(self, url: str) -> Finding:
        finding = await self._first(by_address(url)) or await self._from_page(url)
        return finding or NotFound(tuple(self._tried))

    async def _from_page(self, url: str) -> Finding | None:
        if (name := self._subscribed.get(feed_key(url))) is not None:
            return Subscribed(name, url)
        if not looks_like_feed(url) and (refusal := await self._robots.refusal(url)):
            self._tried.append(Tried(url, refusal.reason))
            return None
        asked = await self._ask(url)
        if not isinstance(asked, Fetched):
            return asked
        read = await self._pool.run(read_page, asked.body, asked.url, asked.link)
        page = Page() if isinstance(read, Unreadable) else read
        return await self._first(page.feeds) or await self._guess(guesses(asked.url, page.generator))

    async def _first(self, candidates: Sequence[Candidate]) -> Finding | None:
        """The first that is a feed, or that we have already."""
        for number, candidate in enumerate(candidates):
            if (name := self._subscribed.get(feed_key(candidate.url))) is not None:
                return Subscribed(name, candidate.url)
            asked = await self._ask(candidate.url, candidates[number + 1 :])
            if isinstance(asked, Found):
                return asked
        return None

    async def _guess(self, candidates: Sequence[Candidate]) -> Finding | None:
        """Places that nobody named: robots.txt counts for them, and what else might be there is no news."""
        for candidate in candidates:
            if not self._may_ask(candidate.url) or await self._robots.refusal(candidate.url):
                continue
            if finding := await self._first((candidate,)):
                return finding
        return None

    def _may_ask(self, url: str) -> bool:
        return url not in self._asked and len(self._asked) < REQUESTS

    async def _ask(self, url: str, others: Sequence[Candidate] = ()) -> Found | Fetched | None:
        """What is at an address: a feed, or something else, of which the reason is noted, or nothing."""
        if not self._may_ask(url):
            return None
        self._asked.add(url)
        job = PollJob("add", url, url, timeout=self._terms.timeout, max_bytes=self._terms.max_bytes)
        answer, milliseconds = await self._poll(job)
        at = times.now()
        if not isinstance(answer, Fetched):
            self._tried.append(Tried(url, _reason(answer)))
            return None
        address = answer.moved_to or url
        read = await self._pool.run(read_body, answer.body, answer.content_type, address, frozenset[bytes](), at)
        if isinstance(read, Reading):
            return Found(address, job, answer, read, at, milliseconds, tuple(others))
        self._tried.append(Tried(url, read.reason))
        return answer

    async def _poll(self, job: PollJob) -> tuple[Response, int]:
        async with aclosing(poll_many(self._web, [job])) as outcomes:
            async for _, response, milliseconds in outcomes:
                return response, milliseconds
        raise AssertionError("a poll has an outcome")


def _reason(answer: Response) -> str:
    if isinstance(answer, Gone):
        return f"gone for good ({answer.status})"
    return getattr(answer, "reason", "no new body")
