"""What every poll of a process shares: the transport, the hosts' queues and our name; opened once, closed once.

The transport, and httpx with it, is imported where the first poll is made: most runs of `fetch` find nothing due.
"""

import resource
import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import quote

from aggregator.model import PollJob
from aggregator.polling.addresses import AllowPrivate
from aggregator.polling.hosts import Hosts

if TYPE_CHECKING:
    from aggregator.polling.transport import Transport

Jobs = Iterable[PollJob] | AsyncIterable[PollJob]

_OTHER_FILES = 32  # what a process has open besides: the database, logs, pipes to its workers


@dataclass(frozen=True, slots=True)
class PollSettings:
    """What of `[polling]` and `[site]` holds for all polls: polls at once, seconds between starts on a host."""

    concurrency: int = 64
    host_delay: float = 1.0
    allow_private: AllowPrivate = False
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Web:
    """The way out: who sends, who may when, and as whom."""

    transport: "Transport"
    hosts: Hosts
    user_agent: str


@asynccontextmanager
async def open_web(settings: PollSettings, transport: "Transport | None" = None) -> AsyncIterator[Web]:
    """Open what polls need for as long as the block lasts; `transport` is given by tests that have their own names."""
    # httpx brings its own command line, and rich, click and pygments with it, where they are installed: a fifth of the
    # time in which a small run is done. It goes without where that cannot be imported.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None is what says so
    from aggregator.polling.transport import Transport

    transport = transport or Transport(allow_private=settings.allow_private)
    async with transport:
        yield Web(transport, Hosts(settings.host_delay, affordable(settings.concurrency)), user_agent(settings.contact))


def user_agent(contact: str) -> str:
    """Return `aggregator/VERSION (+CONTACT)`: who we are and where a publisher can reach whoever runs us."""
    name = f"aggregator/{version('aggregator')}"
    return f"{name} (+{quote(contact, safe=_URL_CHARACTERS)})" if contact else name


def affordable(concurrency: int) -> int:
    """Return how many polls at once the limit on open files allows: each may need a second connection for a moment."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return concurrency
    return max(1, min(concurrency, (limit - _OTHER_FILES) // 2))


_URL_CHARACTERS = ":/?#[]@!$&'*+,;=%"  # not the parentheses, which would end the comment
