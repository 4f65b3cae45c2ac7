"""What is done once a day: what is too old leaves the database (`pruning`), and a backup is made."""

from datetime import datetime, timedelta
from time import monotonic

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.storage import chores, recovery
from aggregator.storage.backup import back_up_daily
from aggregator.storage.database import writing
from aggregator.storage.errors import DamagedError, StoreError

_DAY = timedelta(days=1)
# Longer than any computer sleeps that is in use. After more, it may be the clock that is wrong, and a wrong clock must
# not empty the database: that day nothing is taken away.
_BELIEVED = timedelta(days=40)
_PRUNE = "prune"


def prune(db: Database, config: Config, now: datetime, seconds: float = 10.0) -> int:
    """Take away what is older than its sources' `keep` and what none of them lists; return how many items that were.

    At most once a day, in short transactions, for about so many seconds; what is left over is for the next time.
    """
    last = chores.last_done(db, _PRUNE)
    if last is not None and timedelta(0) <= now - last < _DAY:
        return 0
    if last is None or not timedelta(0) <= now - last < _BELIEVED:
        with writing(db):
            chores.note_done(db, _PRUNE, now)
        return 0
    from aggregator.pipeline.pruning import take_away

    done, taken = take_away(db, config, now, monotonic() + seconds)
    if done:
        with writing(db):
            chores.note_done(db, _PRUNE, now)
    return taken


def back_up(config: Config, now: datetime) -> str:
    """Make today's backup where there is none; return why it could not be made, or ""."""
    database = config.site.database
    try:
        back_up_daily(database, now)
    except DamagedError as damage:  # the copy is read whole, and so shows what nobody has come upon yet
        recovery.mark(database)
        return f"{damage}; the next command puts it right"
    except StoreError as error:
        return str(error)
    return ""
