"""The item that was named on the command line."""

from sqlite_utils import Database

from aggregator.errors import ArgumentError
from aggregator.storage.lookup import item_of


def must_find(db: Database, text: str) -> int:
    """Return the number of the item that a number, published id, URL or guid means. Raises ArgumentError for none."""
    found = item_of(db, text)
    if found is None:
        raise ArgumentError(
            f'no item has the number, id or URL "{text}"; "aggregator search" finds items by their words'
        )
    return found
