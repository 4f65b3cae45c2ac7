"""What most commands begin with: feeds.toml read, the database opened and brought in step with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.pipeline.resync import resync
from aggregator.storage.database import StoreError, open_database


def now() -> datetime:
    """Return the time, as precisely as it is stored."""
    return datetime.now(UTC).replace(microsecond=0)


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """Open the database for writing, in step with feeds.toml: its sources, and its topics over all that is stored."""
    db = open_database(config.site.database)
    try:
        resync(db, config, now())
        yield db
    finally:
        db.close()


def must_exist(config: Config) -> None:
    """Raise StoreError where nothing was ever fetched: a command that only looks makes no database."""
    if not config.site.database.exists():
        raise StoreError(f'{config.site.database}: there is no database yet; "aggregator fetch" makes one')
