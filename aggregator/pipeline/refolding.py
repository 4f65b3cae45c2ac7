"""What is stored of a source folded, or torn apart again, after its `dedupe` in feeds.toml was edited."""

from collections.abc import Callable

from aggregator.curation.fingerprints import fingerprint
from aggregator.pipeline.folding import Folder
from aggregator.pipeline.pruning import FINDABLE
from aggregator.pipeline.routing import Router
from aggregator.storage import appearances as copies
from aggregator.storage import fingerprints, items, sources
from aggregator.storage.database import writing

_AT_ONCE = 100


def refold(folder: Folder, name: str) -> None:
    """Make the copies of a source as if its `dedupe` had always been what it is now.

    It works in short transactions; cut off in the middle, it is done again. Copies that are too old to be found by new
    ones stay as they are.
    """
    router = Router(folder.config, folder.config.topics)
    wanted = folder.config.sources[name].dedupe
    if wanted:
        recent = copies.first_since(folder.db, folder.now - FINDABLE)
        _each(folder, copies.numbers_of(folder.db, name, recent), lambda number: _fold(folder, router, number))
    else:
        _each(folder, copies.numbers_of(folder.db, name), lambda number: fingerprints.remove(folder.db.conn, [number]))
        _each(folder, items.with_several_copies(folder.db, [name]), lambda item: _part(folder, router, name, item))
    with writing(folder.db):
        sources.update(folder.db, name, {"dedupe": wanted})


def _each(folder: Folder, numbers: list[int], do: Callable[[int], None]) -> None:
    for start in range(0, len(numbers), _AT_ONCE):
        with writing(folder.db):
            for number in numbers[start : start + _AT_ONCE]:
                do(number)


def _fold(folder: Folder, router: Router, number: int) -> None:
    for copy in copies.with_numbers(folder.db, [number]):
        item = copies.load_copy(folder.db, copy)
        mark, published = fingerprint(item), item.published or item.updated
        fingerprints.remove(folder.db.conn, [number])
        folder.enter(copy.source, [(number, mark, published)], copy.first_seen)
        router.route(folder.db, folder.fold_again(copy, mark, published), folder.now)


def _part(folder: Folder, router: Router, name: str, item_id: int) -> None:
    for number in [copy.id for copy in copies.copies_of(folder.db, item_id) if copy.source == name]:
        several = copies.copies_of(folder.db, item_id)
        if len(several) > 1:
            torn = next(copy for copy in several if copy.id == number)
            router.route(folder.db, folder.tear(torn), folder.now)
    router.route(folder.db, item_id, folder.now)
