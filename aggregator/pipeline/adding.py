"""A feed that is to become a source: looked for, and its first poll written down, so that it is not asked twice."""

import random
from dataclasses import replace

from sqlite_utils import Database

from aggregator.config.naming import subscribed
from aggregator.config.values import Config
from aggregator.discovery.finding import Finding, Found, Terms, find_feed
from aggregator.pipeline.batch import Outcome
from aggregator.pipeline.marks import marks_of
from aggregator.pipeline.record import Recorder, Result
from aggregator.pipeline.routing import Router
from aggregator.polling.web import PollSettings, open_web
from aggregator.reading.pool import ReaderPool
from aggregator.storage import sources as store
from aggregator.storage.claims import Owner
from aggregator.storage.database import writing


async def look_for_feed(config: Config, url: str) -> Finding:
    """Find the feed of the site at `url`, under the same terms as every poll of this feeds.toml."""
    polling = config.polling
    settings = PollSettings(
        host_delay=polling.host_delay.total_seconds(),
        allow_private=polling.allow_private,
        contact=config.site.contact,
    )
    terms = Terms(polling.timeout.total_seconds(), polling.max_bytes)
    async with ReaderPool() as pool, open_web(settings) as web:
        return await find_feed(web, pool, url, subscribed(config.sources), terms)


def record_first_poll(db: Database, owner: Owner, config: Config, name: str, found: Found) -> Result | None:
    """Write down, as the poll of the source `name`, the one in which it was found.

    None where the source is another process's, or not to be polled, at this moment: then it stays due.
    """
    job, kept = replace(found.job, source=name, url=found.url), replace(found.fetched, body=b"")
    size, marks = len(found.fetched.body), marks_of(found.reading)
    outcome = Outcome(job, kept, found.reading, found.at, found.milliseconds, size, marks)
    with writing(db):
        states = store.claim(db, owner, found.at, local=False, force=True, names=(name,), limit=1)
        if not states:
            return None
        recorder = Recorder(db, config, Router(config, config.topics))
        return recorder.record(outcome, states[0], random.random())  # noqa: S311 - spreads the polls
