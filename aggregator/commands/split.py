"""`aggregator split`: tears a wrongly folded copy off its item, for good."""

from argparse import Namespace

from sqlite_utils import Database

from aggregator.commands.finding import must_find
from aggregator.commands.opening import must_exist, opened
from aggregator.commands.publish import tell_refused
from aggregator.config.load import load
from aggregator.errors import ArgumentError
from aggregator.pipeline.folding import Folder
from aggregator.pipeline.publish import Publisher
from aggregator.pipeline.routing import Router
from aggregator.storage import appearances as copies
from aggregator.storage.appearances import Appearance
from aggregator.storage.database import writing
from aggregator.storage.lookup import copies_named
from aggregator.storage.times import now


def run(options: Namespace) -> int:
    """Make the named copy an item of its own, and publish."""
    config = load(options.config)
    must_exist(config)
    with opened(config) as db:
        torn = _copy(db, options.item, must_find(db, options.item))
        before, at = torn.item_id, now()
        router = Router(config, config.topics)
        with writing(db):
            after = Folder(db, config, at).split(torn)
            router.route(db, before, at)
            router.route(db, after, at)
        published = Publisher(db, config, at).publish()
    if not options.quiet:
        print(f"item {after} is “{torn.title}” from {torn.source}; item {before} keeps the other copies")
    return tell_refused(published)


def _copy(db: Database, text: str, item_id: int) -> Appearance:
    """The one copy that is meant. Raises ArgumentError where it cannot be told."""
    found = {copy.id: copy for copy in copies.copies_of(db, item_id)}
    if len(found) == 1:
        raise ArgumentError(f"item {item_id} has one copy only: there is nothing to split")
    named = copies_named(db, item_id, text)
    if len(named) == 1:
        return found[named[0]]
    folded = [copy for copy in found.values() if copy.rule is not None]
    if len(folded) == 1:
        return folded[0]
    lines = "\n".join(f"  {copy.guid}  ({copy.source}: {copy.title})" for copy in found.values())
    raise ArgumentError(f"item {item_id} has several copies; name one by its id:\n{lines}")
