"""What is worked out of an item where it is read, many at a time, so that the one process that writes need not."""

from typing import NamedTuple

from aggregator.curation.canonical import canonical_url
from aggregator.curation.fingerprints import Fingerprint, fingerprint
from aggregator.curation.rules import Indexed, indexed
from aggregator.model import Item, Reading
from aggregator.pipeline.identity import content_digest


class Mark(NamedTuple):
    """An item as it is compared and searched: `url_key` is its canonical URL, `content_digest` that of its words."""

    fingerprint: Fingerprint
    url_key: str
    content_digest: bytes
    indexed: Indexed

    def keys(self, guid_key: str) -> dict[str, object]:
        """Return what a copy is known by beside its source."""
        return {"guid_key": guid_key, "url_key": self.url_key, "content_digest": self.content_digest}


Marks = tuple[Mark, ...]


def mark_of(item: Item) -> Mark:
    """Return all that is worked out of an item."""
    page = canonical_url(item.url)
    return Mark(fingerprint(item, page), page, content_digest(item), indexed(item))


def marks_of(reading: Reading) -> Marks:
    """Return the marks of a reading's items in their order."""
    return tuple(map(mark_of, reading.items))
