"""One reading into the store: which items are new, which have changed, which are copies of what is there.

It runs inside the transaction of its poll; what it decides is decided by `identity` and by curation, from values.
"""

from datetime import datetime

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.curation.fingerprints import page_keys, title_keys
from aggregator.model import Item, Reading
from aggregator.pipeline import identity
from aggregator.pipeline.arrivals import Arrivals, Stored
from aggregator.pipeline.folding import Arrival, Folder, date_of
from aggregator.pipeline.ingested import Ingested
from aggregator.pipeline.marks import Mark, Marks
from aggregator.pipeline.routing import Router
from aggregator.storage import appearances as copies
from aggregator.storage import fingerprints, pages, topics
from aggregator.storage import items as store
from aggregator.storage.appearances import Appearance, Evidence, NewCopy


class Ingest:
    """Takes in what polls of one time brought."""

    def __init__(self, db: Database, config: Config, router: Router, now: datetime) -> None:
        self._db = db
        self._router = router
        self._now = now
        self._folder = Folder(db, config, now)

    def take(self, source: Source, reading: Reading, marks: Marks, *, first: bool = False) -> Ingested:
        """Store every item of a reading, whose marks these are.

        The oldest goes first, so that numbers in the database follow time. At the `first` poll of a feed its undated
        items are an hour apart, lest a feed of hundreds be all of them news.
        """
        done = Ingested()
        shared = identity.shared_keys(reading.items)
        undated = [item.guid for item in reading.items if not (item.published or item.updated)] if first else []
        ages = {guid: age for age, guid in enumerate(undated)}
        arrivals = Arrivals(self._db, self._folder, self._router, source, self._now)
        stored = Stored(self._db, arrivals, reading.items, marks)
        for item, mark in zip(reversed(reading.items), reversed(marks), strict=True):
            key, found = _known(stored, item, shared, reading.digests)
            if found:
                arrivals.write()
                stored.is_stale = True
                done.changed += self._update(source, found, item, mark)
            elif key in stored.buried:
                continue
            elif self._add(Arrival(item, mark, source.name, key, ages.get(item.guid, 0)), arrivals, stored):
                done.new += 1
            else:
                done.folded += 1
            # By its text only a copy of another source is found.
            stored.hashes.update(title_keys(mark.fingerprint), page_keys(mark.fingerprint))
        arrivals.write()
        return done

    def _update(self, source: Source, found: Appearance, item: Item, mark: Mark) -> bool:
        """Write what has changed in a copy; whether that is a change a reader would see."""
        keys = mark.keys(found.guid_key)
        if mark.content_digest == found.content_digest:
            if item.digest != found.digest:
                copies.mark_digest(self._db, found, item.digest)
            return False
        copies.write_appearance(self._db, found, item, keys)
        fingerprints.replace(self._db.conn, found.id, mark.fingerprint)
        if source.full_text and item.url:
            pages.want(self._db, found.id, item.url)
        if found.shown:
            updated = identity.changed_at(item, store.updated(self._db, found.item_id), self._now)
            store.write_item(self._db, found.item_id, item, source.name, updated)
            topics.touch_topics_of(self._db, found.item_id, self._now)
        item_id = self._folder.fold_again(found, mark.fingerprint, date_of(item)) if source.dedupe else found.item_id
        self._router.route(self._db, item_id, self._now)
        return found.shown

    def _add(self, new: Arrival, arrivals: Arrivals, stored: Stored) -> bool:
        """Take in a copy that was not known; whether it is an article of its own."""
        source, mark = arrivals.source, new.mark.fingerprint
        if arrivals.may_hold_a_copy(mark):
            arrivals.write()
        dated = date_of(new.item)
        folding = self._folder.find(source.name, mark, dated, among=stored.hashes) if source.dedupe else None
        if folding is None:
            arrivals.add(new)
            return True
        arrivals.write()
        stored.is_stale = True
        evidence = Evidence(folding.verdict.rule, folding.verdict.score, folding.verdict.why)
        self._folder.merge(folding.absorbed, folding.item, evidence)
        keys = new.mark.keys(new.key)
        copy = NewCopy(folding.item, source.name, new.item, keys, self._now, evidence, shown=False)
        (number,) = copies.add_appearances(self._db, [copy])
        if source.full_text and new.item.url:
            pages.want(self._db, number, new.item.url)
        self._folder.enter(source.name, [(number, mark, dated)], self._now)
        self._folder.choose_shown(folding.item)
        self._router.route(self._db, folding.item, self._now)
        return False


def _known(
    stored: Stored, item: Item, shared: frozenset[str], digests: frozenset[bytes]
) -> tuple[str, Appearance | None]:
    """The key of an item among its source's, and the stored copy that it is, if it is one."""
    key, apart = identity.guid_key(item.guid), identity.told_apart(item)
    found = stored.copy(apart)
    if found:
        return apart, found
    same_id = stored.copy(key)
    is_shared = key in shared or (same_id is not None and stored.is_told_apart(key))
    if same_id and _is_same(same_id, item, digests, is_shared=is_shared):
        return key, same_id
    return apart if same_id or is_shared else key, None


def _is_same(found: Appearance, item: Item, digests: frozenset[bytes], *, is_shared: bool) -> bool:
    """Whether an item with the id of a stored one is that item, changed, and not another that has its id too."""
    if is_shared:
        return found.url == item.url
    still_there = bool(found.digest) and found.digest in digests and found.digest != item.digest
    return not still_there
