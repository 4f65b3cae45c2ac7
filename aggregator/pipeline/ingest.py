"""One reading into the store: which items are new, which have changed, which are copies of what is there.

It runs inside the transaction of its poll; what it decides is decided by `identity` and by curation, from values.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.curation.canonical import canonical_url
from aggregator.curation.same_page import Linked, same_article
from aggregator.curation.showing import FULL_TEXT, showing_rank
from aggregator.model import Item, Reading
from aggregator.pipeline import identity
from aggregator.pipeline.routing import Router
from aggregator.storage import items as store
from aggregator.storage import topics
from aggregator.storage.items import Appearance, Evidence


@dataclass(slots=True)
class Ingested:
    """What a poll brought: items that were not known, items that have changed, copies folded into others."""

    new: int = 0
    changed: int = 0
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Ingest:
    """What taking in the items of one poll needs."""

    db: Database
    config: Config
    router: Router
    now: datetime

    def take(self, source: Source, reading: Reading) -> Ingested:
        """Store every item of a reading; the oldest first, so that numbers in the database follow time."""
        done = Ingested()
        shared = identity.shared_keys(reading.items)
        for item in reversed(reading.items):
            self._take_one(source, item, shared, reading.digests, done)
        return done

    def _take_one(
        self, source: Source, item: Item, shared: frozenset[str], digests: frozenset[bytes], done: Ingested
    ) -> None:
        key = identity.guid_key(item.guid)
        apart = identity.told_apart(item)
        found = store.appearance_of(self.db, source.name, apart)
        if found is None:
            same_id = store.appearance_of(self.db, source.name, key)
            is_shared = key in shared or (same_id is not None and store.is_told_apart(self.db, source.name, key))
            if same_id and _is_same(same_id, item, digests, is_shared=is_shared):
                found = same_id
            elif same_id or is_shared:
                key = apart
        if found:
            done.changed += self._update(source, found, item)
        elif self._add(source, item, key):
            done.new += 1
        else:
            done.folded += 1

    def _update(self, source: Source, found: Appearance, item: Item) -> bool:
        """Write what has changed in a copy; whether that is a change a reader would see."""
        digest = identity.content_digest(item)
        if digest == found.content_digest:
            if item.digest != found.digest:
                store.mark_digest(self.db, found, item.digest)
            return False
        store.write_appearance(self.db, found, item, _keys(item, found.guid_key, digest))
        if found.shown:
            updated = identity.changed_at(item, store.updated(self.db, found.item_id), self.now)
            store.write_item(self.db, found.item_id, item, source.name, updated)
            topics.touch_topics_of(self.db, found.item_id, self.now)
        self.router.route(self.db, found.item_id, self.now)
        return found.shown

    def _add(self, source: Source, item: Item, key: str) -> bool:
        """Store a copy that was not known; whether it is an article of its own."""
        original = self._original(source, item)
        keys = _keys(item, key, identity.content_digest(item))
        if original is None:
            item_id = self._add_item(source, item, key)
            store.add_appearance(self.db, item_id, source.name, item, keys, self.now, Evidence(), shown=True)
        else:
            before, evidence = original
            item_id = before.item_id
            store.add_appearance(self.db, item_id, source.name, item, keys, self.now, evidence, shown=False)
            self.choose_shown(item_id)
        self.router.route(self.db, item_id, self.now)
        return original is None

    def _add_item(self, source: Source, item: Item, key: str) -> int:
        taken = store.uid_is_taken(self.db, item.guid)
        uid = identity.published_id(item.guid, source.name, key, self.config.site.base_url, taken=taken)
        published, updated = identity.dates(item, self.now)
        return store.add_item(self.db, item, source.name, uid, published, updated, self.now)

    def _original(self, source: Source, item: Item) -> tuple[Appearance, Evidence] | None:
        """The copy that this one repeats, and by which rule, if there is one."""
        url_key = canonical_url(item.url)
        if not url_key:
            return None
        there = [found for found in store.appearances_at(self.db, url_key) if self._takes_part(found.source, source)]
        place = same_article(Linked(source.name, item.title), (Linked(found.source, found.title) for found in there))
        return None if place is None else (there[place], Evidence("url", 1.0, f"the same page: {url_key}"))

    def _takes_part(self, name: str, source: Source) -> bool:
        other = self.config.sources.get(name)
        return name == source.name or (source.dedupe and (other is None or other.dedupe))

    def choose_shown(self, item_id: int) -> None:
        """Show the best copy of an item; the published id and date stay, and nothing counts as a change."""
        copies = store.appearances(self.db, item_id)
        best = max(copies, key=self._rank)
        if not best.shown:
            store.show(self.db, item_id, best, store.updated(self.db, item_id))
        topics.touch_topics_of(self.db, item_id, self.now)

    def _rank(self, found: Appearance) -> tuple[bool, int, bool, bool, float]:
        item = store.load_copy(self.db, found)
        source = self.config.sources.get(found.source)
        return showing_rank(
            priority=source.priority if source else 0,
            original=item.origin is None,
            full_text=len(item.text) >= FULL_TEXT,
            current=source is not None,
            first_seen=found.first_seen,
        )


def _is_same(found: Appearance, item: Item, digests: frozenset[bytes], *, is_shared: bool) -> bool:
    """Whether an item with the id of a stored one is that item, changed, and not another that has its id too."""
    if is_shared:
        return found.url == item.url
    still_there = bool(found.digest) and found.digest in digests and found.digest != item.digest
    return not still_there


def _keys(item: Item, guid_key: str, digest: bytes) -> dict[str, Any]:
    return {"guid_key": guid_key, "url_key": canonical_url(item.url), "content_digest": digest}
