"""What a hub pushed, taken in as a polled body is: the same reading, the same ingestion, one transaction."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.model import Reading, Unreadable
from aggregator.pipeline.ingest import Ingest
from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.marks import Marks
from aggregator.pipeline.own import REFUSAL, is_own
from aggregator.pipeline.routing import Router
from aggregator.polling.cadence import History, remember_success
from aggregator.storage import sources, subscriptions
from aggregator.storage.sources import SourceState


@dataclass(frozen=True, slots=True)
class Push:
    """A body that came to a callback, and is signed where it has to be."""

    token: str
    source: str
    body: bytes = field(repr=False)
    content_type: str = ""


def wanted(db: Database, config: Config, push: Push) -> tuple[Source, SourceState] | None:
    """Return the source that a push is for, or None where it was edited or ended since the push came."""
    one = subscriptions.of_token(db, push.token)
    source = config.sources.get(push.source)
    state = sources.state_of(db, push.source)
    if one is None or not one.takes_pushes or source is None or not source.enabled or state is None:
        return None
    return (source, state) if state.url == source.url else None


def record_push(
    db: Database, config: Config, router: Router, push: Push, reading: Reading, marks: Marks, now: datetime
) -> Ingested | Unreadable:
    """Write what a push brought; call it inside a transaction.

    It is no poll: validators, schedule, failures and what is known of the last body stay as they are. Only when, and
    how often, the feed brings something is learnt from it, and that its hub can be relied on.
    """
    found = wanted(db, config, push)
    if found is None:
        return Unreadable("nobody waits for it any more")
    source, state = found
    if is_own(config, reading.feed, source.url):
        return Unreadable(REFUSAL)
    took = Ingest(db, config, router, now).take(source, reading, marks)
    before = History(last_new=state.last_new, gap=state.gap)
    dates = [item.published for item in reading.items if item.published]
    history = remember_success(before, now, took.new + took.folded, dates)
    sources.update(db, source.name, {"last_new": history.last_new, "gap": history.gap.total_seconds()})
    subscriptions.update(db, push.token, {"pushed": now, "missed": None, "error": None})
    return took
