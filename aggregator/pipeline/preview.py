"""What a topic would gain and lose with the present feeds.toml, worked out without writing anything."""

from dataclasses import dataclass

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.pipeline.routing import Router
from aggregator.storage import appearances as copies
from aggregator.storage import items as store
from aggregator.storage import topics as topic_store


@dataclass(frozen=True, slots=True)
class Change:
    """An item that would enter or leave, with the terms by which it does."""

    id: int
    title: str
    source: str
    published: str
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """The items a topic would gain and lose, the newest first, and how many would stay."""

    gained: tuple[Change, ...]
    lost: tuple[Change, ...]
    stays: int


def preview(db: Database, config: Config, name: str) -> Preview:
    """Compare a topic as it is stored with what its rule takes of everything that is stored."""
    router = Router(config, {name: config.topics[name]})
    present = topic_store.members(db, name)
    gained, kept = [], set()
    for item_id in store.all_ids(db):
        terms = _terms(db, config, router, name, item_id)
        if terms is None:
            continue
        kept.add(item_id)
        if item_id not in present:
            gained.append(_change(db, item_id, terms))
    lost = [_change(db, item_id, present[item_id]) for item_id in present.keys() - kept]
    return Preview(_newest_first(gained), _newest_first(lost), len(kept & present.keys()))


def _terms(db: Database, config: Config, router: Router, name: str, item_id: int) -> tuple[str, ...] | None:
    for copy in copies.copies_of(db, item_id):
        source = config.sources.get(copy.source)
        if source is not None:
            found = router.topics_for(source, copies.load_copy(db, copy))
            if name in found:
                return found[name]
    return None


def _change(db: Database, item_id: int, terms: tuple[str, ...]) -> Change:
    row = store.row_of(db, item_id)
    return Change(item_id, row["title"], row["source"], row["published"], terms)


def _newest_first(changes: list[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: (change.published, change.id), reverse=True))
