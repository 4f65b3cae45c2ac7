"""The database in step with an edited feeds.toml: sources, which copies are shown, how they are named, topics."""

from datetime import datetime

from sqlite_utils import Database

from aggregator.config.values import Config
from aggregator.pipeline.routing import reroute
from aggregator.storage import items, sources, topics
from aggregator.storage.database import writing
from aggregator.storage.sources import Synced

_CHUNK = 500


def resync(db: Database, config: Config, now: datetime) -> None:
    """Make what is stored as if the present feeds.toml had always stood; sends nothing, and writes what differs."""
    with writing(db):
        synced = sources.sync(db, config.sources)
        for name in synced.renamed:
            topics.touch_topics_of_source(db, name, now)
    if synced.folding or synced.ranked:
        _sort_copies(db, config, synced, now)
    reroute(db, config, now)


def _sort_copies(db: Database, config: Config, synced: Synced, now: datetime) -> None:
    """Fold copies anew where `dedupe` was changed, and choose anew which is shown where `priority` was."""
    from aggregator.pipeline.folding import Folder
    from aggregator.pipeline.refolding import refold

    folder = Folder(db, config, now)
    for name in synced.folding:
        refold(folder, name)
    shared = items.with_several_copies(db, synced.ranked)
    for start in range(0, len(shared), _CHUNK):
        with writing(db):
            for item_id in shared[start : start + _CHUNK]:
                folder.choose_shown(item_id)
