"""A day of a thousand feeds under a fake clock: what their publishers' logs would show.

The servers are functions behind the transport, so that a day takes a second; polls and cadence are the real ones.
"""

import asyncio
import heapq
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx
from polls import after

from aggregator.model import Failed, Fetched, Gone, PollJob, Response
from aggregator.polling.cadence import History, Wish, next_poll, remember_failure, remember_success
from aggregator.polling.hosts import Hosts
from aggregator.polling.poller import poll_one
from aggregator.polling.web import Web

START = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
FEEDS = 1000

Behaviour = Callable[["Site", httpx.Request], httpx.Response]


@dataclass
class Site:
    """One feed's server: when it was asked, and how often without conditions; `not_before` is what it asked for."""

    behaviour: Behaviour
    period: timedelta
    at: datetime = START
    times: list[datetime] = field(default_factory=list)
    unconditional: int = 0
    too_early: int = 0
    not_before: datetime = START

    def ask(self, request: httpx.Request) -> httpx.Response:
        """Note the request and answer it."""
        self.too_early += self.at < self.not_before
        self.unconditional += "if-none-match" not in request.headers
        self.times.append(self.at)
        return self.behaviour(self, request)

    @property
    def version(self) -> int:
        """It changes once a period."""
        return (self.at - START) // self.period

    def wait(self, seconds: int) -> None:
        """Allow nothing before that."""
        self.not_before = self.at + timedelta(seconds=seconds)


def plain(site: Site, request: httpx.Request, **headers: str) -> httpx.Response:
    """An ETag, and a 304 where it is known."""
    headers["etag"] = f'"{site.version}"'
    if request.headers.get("if-none-match") == headers["etag"]:
        return httpx.Response(304, headers=headers)
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(str(site.version).encode()))


def patient(site: Site, request: httpx.Request) -> httpx.Response:
    """Asks for three hours, on 304 as well."""
    site.wait(3 * 3600)
    return plain(site, request, **{"cache-control": "max-age=10800"})


def busy(site: Site, request: httpx.Request) -> httpx.Response:
    """Answers every third request with a 429 and asks for two hours then."""
    if len(site.times) % 3:
        return plain(site, request)
    site.wait(7200)
    return httpx.Response(429, headers={"retry-after": "7200"})


def bare(site: Site, request: httpx.Request) -> httpx.Response:
    """Knows no validators and never changes."""
    return httpx.Response(200, stream=httpx.ByteStream(b"always"))


def broken(site: Site, request: httpx.Request) -> httpx.Response:
    """Fails all day."""
    return httpx.Response(500)


def gone(site: Site, request: httpx.Request) -> httpx.Response:
    """Is no more."""
    site.wait(29 * 86400)
    return httpx.Response(410)


KINDS: list[Behaviour] = [plain, plain, plain, plain, patient, busy, bare, broken, gone]


class Sites:
    """All servers, as the transport of the polls."""

    def __init__(self, chance: random.Random) -> None:
        hours = [1, 3, 8, 24, 24 * 7]
        self.all = [Site(KINDS[n % len(KINDS)], timedelta(hours=chance.choice(hours))) for n in range(FEEDS)]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the host named in the URL would."""
        response = self.all[int(request.url.host.split(".")[0])].ask(request)
        response.stream = Body(response.stream)
        return response


class Body(httpx.AsyncByteStream):
    """A body that comes in one piece."""

    def __init__(self, stream: httpx.ByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._stream:
            yield chunk


async def a_day(sites: Sites, chance: random.Random) -> None:
    """Poll whatever is due, as the schedule would, until the day is over."""
    jobs = [PollJob(str(number), f"http://{number}.test/feed") for number in range(FEEDS)]
    pasts = [History() for _ in jobs]
    due = [(START, number) for number in range(FEEDS)]
    while due[0][0] < START + DAY:
        now, number = heapq.heappop(due)
        sites.all[number].at = now
        hosts = Hosts(delay=0)  # new ones, because the pause after a 429 is counted by the real clock
        response = await poll_one(Web(sites, hosts, "aggregator/0"), jobs[number])  # type: ignore[arg-type]  # enough of one
        first = len(sites.all[number].times) == 1
        jobs[number] = after(jobs[number], response)
        pasts[number] = remembered(pasts[number], response, now)
        when, _ = next_poll(response, pasts[number], Wish(), now, chance.random(), first=first)
        heapq.heappush(due, (when, number))


def remembered(past: History, response: Response, now: datetime) -> History:
    """As the store does it; a changed body brings one item."""
    if isinstance(response, Failed | Gone):
        return remember_failure(past, now)
    return remember_success(past, now, int(isinstance(response, Fetched)))


def test_a_day_of_a_thousand_feeds() -> None:
    """One unconditional request per feed ever, none before its time, few a day, and no crowd at any minute."""
    chance = random.Random(1)
    sites = Sites(chance)
    asyncio.run(a_day(sites, chance))
    for site in sites.all:
        gaps = [later - earlier for earlier, later in pairwise(site.times)]
        assert site.too_early == 0
        assert all(gap >= timedelta(hours=1) for gap in gaps)
        if site.behaviour in {plain, patient, busy}:
            assert site.unconditional == 1
    requests = {kind: [len(site.times) for site in sites.all if site.behaviour is kind] for kind in KINDS}
    assert max(requests[plain]) <= 24
    assert max(requests[patient]) <= 8
    assert max(requests[bare]) == 2  # the second shows that nothing changes, and from then on it is daily
    assert max(requests[gone]) == 1
    assert max(requests[broken]) <= 6
    minutes = Counter((time - START) // timedelta(minutes=1) for site in sites.all for time in site.times)
    crowd = max(count for minute, count in minutes.items() if minute)
    assert crowd < FEEDS / 20
    assert sum(map(len, (site.times for site in sites.all))) < 16 * FEEDS
