"""What most commands begin with: feeds.toml read, the database opened and brought in step with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.pipeline.resync import resync
from aggregator.storage import times
from aggregator.storage.database import open_database
from aggregator.storage.errors import DamagedError, StoreError, told
from aggregator.storage.recovery import put_right


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """Open the database for writing, in step with feeds.toml: its sources, and its topics over all that is stored.

    Raises StoreError for whatever befalls it while it is open; one that shows itself damaged is put right on the way.
    """
    path = config.site.database
    db = open_database(path)
    try:
        with told(path):
            resync(db, config, times.now())
            yield db
    except DamagedError as damage:
        db.close()
        raise put_right(path, damage) from damage
    finally:
        db.close()


def must_exist(config: Config) -> None:
    """Raise StoreError where nothing was ever fetched: a command that only looks makes no database."""
    if not config.site.database.exists():
        raise StoreError(f'{config.site.database}: there is no database yet; "aggregator fetch" makes one')
