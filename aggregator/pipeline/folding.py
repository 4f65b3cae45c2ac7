"""Copies folded into one item, items found to be one, and copies torn off again; which copy of each is shown.

What is a copy is decided in curation; here it is carried out, inside a transaction of the caller.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.curation.duplicates import Folding, dated, decide, gather
from aggregator.curation.fingerprints import Fingerprint
from aggregator.curation.showing import FULL_TEXT, showing_rank
from aggregator.curation.verdicts import Sighting
from aggregator.model import Item
from aggregator.pipeline import identity
from aggregator.pipeline.marks import Mark, mark_of
from aggregator.storage import appearances as copies
from aggregator.storage import fingerprints, topics, vetoes
from aggregator.storage import items as store
from aggregator.storage.appearances import Appearance, Evidence
from aggregator.storage.items import NewItem


@dataclass(frozen=True, slots=True)
class Arrival:
    """An article to be stored: `key` is its guid's, `age` says how many undated ones of its feed come before it."""

    item: Item
    mark: Mark
    source: str
    key: str
    age: int = 0


@dataclass(frozen=True, slots=True)
class Folder:
    """Folds and tears apart what is stored."""

    db: Database
    config: Config
    now: datetime

    def find(
        self,
        source: str,
        mark: Fingerprint,
        published: datetime | None,
        known: Appearance | None = None,
        among: Container[int] | None = None,
    ) -> Folding | None:
        """Return which item a copy belongs to, and which items it shows to be one; None where there is nothing to join.

        `known` is the copy itself where it is stored already, and has changed; `among` is as in `candidates`.
        """
        at = dated(published, known.first_seen if known else self.now)
        new = Sighting(known.id if known else 0, source, at, mark)
        verdicts = decide(new, fingerprints.candidates(self.db.conn, source, at, mark, among))
        if not verdicts:
            return None
        found = copies.with_numbers(self.db, (verdict.candidate for verdict in verdicts))
        item_of = {copy.id: copy.item_id for copy in found}
        own = known.item_id if known else None
        items = {*item_of.values()} | ({own} if own else set())
        members = {item: [copy.id for copy in copies.copies_of(self.db, item)] for item in items}
        split = vetoes.among(self.db, (number for numbers in members.values() for number in numbers))
        standing = (verdict for verdict in verdicts if verdict.candidate in item_of)
        return gather(standing, item_of, members, split, own=own)

    def enter(self, source: str, entered: Iterable[tuple[int, Fingerprint, datetime | None]], seen: datetime) -> None:
        """Let stored copies of a source be found by those that come later: (number, fingerprint, what dates it)."""
        sightings = [Sighting(number, source, dated(published, seen), mark) for number, mark, published in entered]
        fingerprints.add_all(self.db.conn, sightings)

    def fold_again(self, known: Appearance, mark: Fingerprint, published: datetime | None) -> int:
        """Join a stored copy to those that it has become a copy of; return the item that it then is in."""
        folding = self.find(known.source, mark, published, known)
        if folding is None:
            return known.item_id
        verdict = folding.verdict
        self.merge(folding.absorbed, folding.item, Evidence(verdict.rule, verdict.score, verdict.why))
        self.choose_shown(folding.item)
        return folding.item

    def merge(self, absorbed: Iterable[int], into: int, evidence: Evidence) -> None:
        """Make the copies of some items those of another; ids that readers know go on meaning something."""
        for item_id in absorbed:
            topics.touch_topics_of(self.db, item_id, self.now)
            copies.hide(self.db, item_id)
            for copy in copies.copies_of(self.db, item_id):
                copies.move(self.db, copy, into, copies.evidence_of(self.db, copy) if copy.rule else evidence)
            store.absorb(self.db, item_id, into)

    def split(self, torn: Appearance) -> int:
        """Tear a copy off its item, never to be folded into it again, and return the item that it becomes."""
        others = [copy.id for copy in copies.copies_of(self.db, torn.item_id) if copy.id != torn.id]
        item_id = self.tear(torn)
        vetoes.add(self.db, torn.id, others)
        return item_id

    def tear(self, torn: Appearance) -> int:
        """Make a copy, one of several of an item, an item of its own, and return that."""
        others = [copy for copy in copies.copies_of(self.db, torn.item_id) if copy.id != torn.id]
        item = copies.load_copy(self.db, torn)
        if torn.shown:
            self._show(torn.item_id, max(others, key=self._rank))
        (item_id,) = self.add_items([Arrival(item, mark_of(item), torn.source, torn.guid_key)], torn.first_seen)
        copies.move(self.db, torn, item_id, Evidence())
        copies.mark_shown(self.db, torn)
        return item_id

    def add_items(self, arrivals: Sequence[Arrival], first_seen: datetime) -> range:
        """Store articles of their own and return their numbers, which follow one another."""
        uids = self._uids(arrivals)
        news = []
        for arrival, uid in zip(arrivals, uids, strict=True):
            published, updated = identity.dates(arrival.item, first_seen, arrival.age)
            shown = arrival.mark.indexed
            news.append(NewItem(arrival.item, arrival.source, uid, published, updated, first_seen, shown))
        return store.add_items(self.db, news)

    def _uids(self, arrivals: Sequence[Arrival]) -> list[str]:
        """The first of its possible ids that each may have: no other's, and none of those before it."""
        possible = [
            identity.possible_ids(arrival.item.guid, arrival.source, arrival.key, self.config.site.base_url)
            for arrival in arrivals
        ]
        firsts = [next(ids) for ids in possible]
        given = store.taken_uids(self.db, firsts)
        uids = []
        for first, others in zip(firsts, possible, strict=True):
            free = (uid for uid in others if uid not in given and not store.taken_uids(self.db, [uid]))
            uids.append(next(free) if first in given else first)
            given.add(uids[-1])
        return uids

    def choose_shown(self, item_id: int) -> None:
        """Show the best copy of an item; the published id and date stay, and nothing counts as a change."""
        newest = {copy.source: copy for copy in copies.copies_of(self.db, item_id)}  # of one source, what it shows now
        self._show(item_id, max(newest.values(), key=self._rank))
        topics.touch_topics_of(self.db, item_id, self.now)

    def _show(self, item_id: int, best: Appearance) -> None:
        if not best.shown:
            copies.show(self.db, item_id, best, store.updated(self.db, item_id))

    def _rank(self, found: Appearance) -> tuple[bool, int, bool, bool, float]:
        item = copies.load_copy(self.db, found)
        source = self.config.sources.get(found.source)
        return showing_rank(
            priority=source.priority if source else 0,
            original=item.origin is None,
            full_text=len(item.text) >= FULL_TEXT,
            current=source is not None,
            since=found.published or found.first_seen,
        )


def date_of(item: Item) -> datetime | None:
    """Return what an item says of when it is from: many Atom feeds say only when it was updated."""
    return item.published or item.updated
