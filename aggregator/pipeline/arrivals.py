"""New articles of one poll, written together: that is a fraction of the work, of the full-text index above all.

Whoever asks the database for what one of those that wait here could be has them written before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from aggregator.config.values import Source
from aggregator.curation.fingerprints import Fingerprint, page_keys, title_keys
from aggregator.model import Item
from aggregator.pipeline import identity
from aggregator.pipeline.folding import Arrival, Folder, date_of
from aggregator.pipeline.marks import Marks
from aggregator.pipeline.routing import Router
from aggregator.storage import appearances as copies
from aggregator.storage import fingerprints, pages, retention
from aggregator.storage.appearances import Appearance, Evidence, NewCopy


@dataclass(slots=True)
class Arrivals:
    """Articles of one source, each of its own, in the order in which they get their numbers.

    `keys` are those of their guids, also once they are written.
    """

    db: Database
    folder: Folder
    router: Router
    source: Source
    now: datetime
    keys: set[str] = field(default_factory=set)
    _waiting: list[Arrival] = field(default_factory=list)
    _found_by: set[int] = field(default_factory=set)

    def add(self, arrival: Arrival) -> None:
        """Let an article wait."""
        found_by = arrival.mark.fingerprint
        self.keys.add(arrival.key)
        self._waiting.append(arrival)
        self._found_by.update(title_keys(found_by), page_keys(found_by))

    def may_hold_a_copy(self, mark: Fingerprint) -> bool:
        """Whether one that waits could be a copy of another of its source: those are found by title and page alone."""
        return not self._found_by.isdisjoint((*title_keys(mark), *page_keys(mark)))

    def write(self) -> None:
        """Store all that wait, with what hangs on them."""
        if not self._waiting:
            return
        news, self._waiting, self._found_by = self._waiting, [], set()
        items = self.folder.add_items(news, self.now)
        shown = [
            NewCopy(item_id, new.source, new.item, new.mark.keys(new.key), self.now, Evidence(), shown=True)
            for item_id, new in zip(items, news, strict=True)
        ]
        numbers = copies.add_appearances(self.db, shown)
        for number, new in zip(numbers, news, strict=True):
            if self.source.full_text and new.item.url:
                pages.want(self.db, number, new.item.url)
        if self.source.dedupe:
            entered = (
                (number, new.mark.fingerprint, date_of(new.item)) for number, new in zip(numbers, news, strict=True)
            )
            self.folder.enter(self.source.name, entered, self.now)
        dates = (identity.dates(new.item, self.now, new.age)[0] for new in news)
        placed = zip(items, (new.item for new in news), dates, strict=True)
        self.router.route_new(self.db, self.source, placed, self.now)


class Stored:
    """What the database has of the items that a document of one source lists, asked for all at once.

    Once a poll has done more than bring articles of their own, `is_stale`, each is asked for anew. `hashes` has those
    of the fingerprints under which anything is found; those of titles and pages that the poll enters are to be added.
    """

    def __init__(self, db: Database, arrivals: Arrivals, items: Iterable[Item], marks: Marks) -> None:
        keys = [key for item in items for key in (identity.guid_key(item.guid), identity.told_apart(item))]
        self._db = db
        self._arrivals = arrivals
        self._source = arrivals.source.name
        self._copies = copies.with_keys(db, self._source, keys)
        self.buried = retention.buried(db, self._source, keys)
        known = (mark.fingerprint for mark in marks)
        self.hashes = fingerprints.present(db.conn, known) if arrivals.source.dedupe else set[int]()
        self.is_stale = False

    def copy(self, key: str) -> Appearance | None:
        """Return the copy that the source shows under an id."""
        if key in self._arrivals.keys:
            self._arrivals.write()
        elif not self.is_stale:
            return self._copies.get(key)
        return copies.appearance_of(self._db, self._source, key)

    def is_told_apart(self, key: str) -> bool:
        """Whether the source has given one id to several articles."""
        self._arrivals.write()
        return copies.is_told_apart(self._db, self._source, key)
