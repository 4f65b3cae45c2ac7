"""Tells our own hub of documents that have changed, once they are in their place (WebSub section 6).

What is to be told stands in the database, so that whoever comes next tells what could not be told. Publishing never
waits for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.model import Failed
from aggregator.polling.posting import Form, post
from aggregator.polling.web import Web
from aggregator.storage import pings as store
from aggregator.storage import times
from aggregator.storage.database import writing
from aggregator.websub import subscription

_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=6)

Call = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Pinged:
    """Of how many documents the hub was told, and what went wrong, or ""."""

    told: int = 0
    trouble: str = ""


async def ping(config: Callable[[], Config], web: Web, call: Call, seconds: float) -> Pinged:
    """Tell the hub of what it does not know, for so many seconds at most.

    `config` gives feeds.toml as it is now, `call` calls a function with the database, in the thread that has it. A hub
    that does not answer is left alone, for longer each time; a document that it refuses does not delay the others.
    """
    told, trouble = 0, ""
    until = monotonic() + seconds
    while (site := config().site).hub and monotonic() < until:
        taken: tuple[str, bytes] | None = await call(_take, site.hub)
        if taken is None:
            break
        path, known = taken
        failed = await post(web, site.hub, _form(site.base_url + path))
        await call(_note, path, known, failed)
        if failed is None:
            told += 1
        else:
            trouble = f"it was not told of {path}: {failed.reason}; that is tried again"
    return Pinged(told, trouble)


def _form(url: str) -> Form:
    """What hubs expect from a publisher: the recommendation leaves it open, and both names are in use for the topic."""
    return (("hub.mode", "publish"), ("hub.url", url), ("hub.topic", url))


def _take(db: Database, hub: str) -> tuple[str, bytes] | None:
    """What to tell of next. It is put off before the hub is asked: nobody else asks too, and a crash loses nothing."""
    now = times.now()
    if store.waiting(db, hub, now, now + subscription.FAR) is None:
        return None  # as a rule, and without a lock
    with writing(db):
        found = store.waiting(db, hub, now, now + subscription.FAR)
        if found is None:
            return None
        path, known, failures = found
        store.put_off(db, path, failures + 1, subscription.again(failures + 1, now, _FIRST, _LONGEST))
    return path, known


def _note(db: Database, path: str, known: bytes, failed: Failed | None) -> None:
    with writing(db):
        if failed is None:
            store.told(db, path, known, times.now())
        else:
            store.failed(db, path, failed.reason, held=_answers_nobody(failed))


def _answers_nobody(failed: Failed) -> bool:
    """Whether it is the hub that does not work, and not this one document that it will not have."""
    return failed.status is None or failed.status in (408, 429) or failed.status >= 500
