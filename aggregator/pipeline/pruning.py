"""What is too old leaves the database: items by `keep`, rows of polls and copies' fingerprints after a fixed time.

It works in short transactions; when it is done, `upkeep` decides.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.polling.files import find_files
from aggregator.storage import appearances as copies
from aggregator.storage import fingerprints, retention
from aggregator.storage.database import writing
from aggregator.storage.files import known_files
from aggregator.storage.retention import Listed, OldItem

_POLLS_KEPT = timedelta(days=40)  # the charts show thirty
# How long a copy is found by those that come after it. Feeds that are added later go back some weeks; beyond that the
# index of fingerprints would grow with the archive, for what hardly ever comes.
FINDABLE = timedelta(days=60)
_AT_ONCE = 100


def take_away(db: Database, config: Config, now: datetime, end: float) -> tuple[bool, int]:
    """Take away what is too old until it is `end` by the monotonic clock: whether that was all, and how many items."""
    with writing(db):
        retention.forget_polls(db, now - _POLLS_KEPT)
    done, taken = _Pruning(db, config, now).go(end)
    return _expire(db, now, end) and done, taken


def _expire(db: Database, now: datetime, end: float) -> bool:
    """Let the oldest copies be found no more until it is `end` by the monotonic clock; whether that was all of them."""
    before = copies.first_since(db, now - FINDABLE)
    while monotonic() < end:
        with writing(db):
            if fingerprints.expire(db.conn, before, _AT_ONCE) < _AT_ONCE:
                return True
    return False


def keeps(config: Config, sources: Mapping[str, object]) -> dict[str, timedelta | None]:
    """Return how long the items of each source are kept; for those that have left feeds.toml its default holds."""
    return {
        name: config.sources[name].keep if name in config.sources else config.polling.keep
        for name in {*config.sources, *sources}
    }


class _Pruning:
    """One time of taking away."""

    def __init__(self, db: Database, config: Config, now: datetime) -> None:
        self._db = db
        self._config = config
        self._listed: dict[str, Listed] = {}
        names = {name: None for (name,) in db.execute("SELECT name FROM sources").fetchall()}
        self._before = {name: now - keep for name, keep in keeps(config, names).items() if keep is not None}

    def go(self, end: float) -> tuple[bool, int]:
        """Take away what may go until it is `end` by the monotonic clock: whether that was all, and how many."""
        after = taken = 0
        while monotonic() < end:
            with writing(self._db):
                found = retention.old_items(self._db, self._before, after, _AT_ONCE)
                gone = [item.id for item in found if not self._is_listed(item)]
                retention.bury(self._db, gone)
            taken += len(gone)
            if len(found) < _AT_ONCE:
                return True, taken
            after = found[-1].id
        return False, taken

    def _is_listed(self, item: OldItem) -> bool:
        return any(self._list(source).has(guid, digest) for source, guid, digest in item.copies)

    def _list(self, name: str) -> Listed:
        if name not in self._listed:
            source = self._config.sources.get(name)
            local = source is not None and bool(source.path)
            self._listed[name] = _files(self._db, source) if source and local else retention.listed(self._db, name)
        return self._listed[name]


def _files(db: Database, source: Source) -> Listed:
    """What the files of a path source hold. Of a saved feed only the file is known, not what is in it."""
    known = known_files(db, source.name)
    try:
        missing = find_files(source.path, known, source.max_bytes).missing
    except OSError:  # a folder that is not mounted today
        return Listed(unknown=True)
    present = [file for path, file in known.items() if path not in missing and not file.error]
    return Listed(guids=frozenset(file.guid for file in present), unknown=any(not file.guid for file in present))
