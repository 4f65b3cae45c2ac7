"""Pauses that hosts ask for, kept in the database: they hold after a restart too, and for another process.

How long a pause is, and who waits for it, polling/hosts.py knows.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any

from aggregator.pipeline.batch import Outcome
from aggregator.polling.hosts import LONGEST_PAUSE
from aggregator.polling.web import PollSettings, Web, open_web
from aggregator.storage import pauses, times

Call = Callable[..., Awaitable[Any]]  # of a function that is given the database

_LONGEST = timedelta(seconds=LONGEST_PAUSE + 2)  # what rounding adds


@asynccontextmanager
async def open_web_with_pauses(settings: PollSettings, call: Call) -> AsyncIterator[Web]:
    """The way out (see `open_web`), in which the hosts are left alone that asked for it before."""
    async with open_web(settings) as web:
        for host, seconds in (await call(pauses.left, times.now(), _LONGEST)).items():
            web.hosts.pause(host, seconds)
        yield web


async def noting_pauses(
    web: Web, batches: AsyncGenerator[list[Outcome], None], call: Call
) -> AsyncGenerator[list[Outcome], None]:
    """Yield the batches; after one in which a host asked to be left alone, that is written down."""
    async with aclosing(batches):
        async for outcomes in batches:
            yield outcomes
            if any(outcome.response.status == 429 for outcome in outcomes):
                await call(pauses.note, web.hosts.pauses(), times.now())
