"""Which item is which: keys that survive redirects and a move to https, the published id, and what a real change is.

Pure. The source's own id counts to the letter in what is published, and less its scheme in what is compared.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from itertools import count
from urllib.parse import urlsplit

from aggregator.model import Item

# The year in which this form of id was agreed on (RFC 4151 wants a date at which the name was ours): a constant, so
# that the same source and guid give the same id on every machine and at any time.
_TAG_YEAR = 2026
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+", re.IGNORECASE)
_SPECIAL = {
    "http": re.compile(r"https?://[^/?#@]+\.?[^/?#]*([/?#].*)?", re.IGNORECASE),
    "https": re.compile(r"https?://[^/?#@]+\.?[^/?#]*([/?#].*)?", re.IGNORECASE),
    "tag": re.compile(r"tag:[\w.@-]+,\d{4}(-\d\d(-\d\d)?)?:.*", re.IGNORECASE),
    "urn": re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:.+", re.IGNORECASE),
}


def guid_key(guid: str) -> str:
    """Return what a source's ids are compared by."""
    return _SCHEME.sub("//", guid, count=1) if _SCHEME.match(guid) else guid


def shared_keys(items: Iterable[Item]) -> frozenset[str]:
    """Return the keys that one document gives to articles with different links or titles: they identify nothing."""
    uses = {(guid_key(item.guid), _distinction(item)) for item in items}
    articles = Counter(key for key, _ in uses)
    return frozenset(key for key, number in articles.items() if number > 1)


def told_apart(item: Item) -> str:
    """Return the key of an item whose id another article of the same source has too."""
    return f"{guid_key(item.guid)} {_distinction(item)}"


def _distinction(item: Item) -> str:
    link = guid_key(item.url)
    return link if link and link != guid_key(item.guid) else _short(item.title)


def _short(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def possible_ids(guid: str, source: str, key: str, base_url: str) -> Iterator[str]:
    """Yield the ids an item may be published under, the first that no other item has being its own.

    The source's own where that is an IRI (RFC 4287 section 4.2.6), then a tag: URI (RFC 4151) made of our host, the
    source and its id; then, for an item torn off one that has that, others made so.
    """
    if _is_iri(guid):
        yield guid
    for number in count():
        yield minted_id(source, f"{key} {number}" if number else key, base_url)


def minted_id(source: str, key: str, base_url: str) -> str:
    """Return a tag: URI for a source's item."""
    digest = sha256(f"{source}\n{key}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"tag:{urlsplit(base_url).hostname},{_TAG_YEAR}:{source}/{digest}"


def _is_iri(guid: str) -> bool:
    scheme = guid.partition(":")[0].lower()
    special = _SPECIAL.get(scheme)
    return bool(
        _IRI.fullmatch(guid)
        and (special.fullmatch(guid) if special else scheme not in ("hash", "seed", "javascript", "data"))
    )


def content_digest(item: Item) -> bytes:
    """Return a digest of what a reader would call a change: the words, the link and the files, not the mark-up."""
    parts = (item.title, item.text, item.url, *(enclosure.url for enclosure in item.enclosures))
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def dates(item: Item, first_seen: datetime, age: int = 0) -> tuple[datetime, datetime]:
    """Return (published, updated) for a new item: what the source says, else when it was first seen.

    `age` is how many undated items of its feed come before it, when the whole feed is new.
    """
    published = item.published or item.updated or first_seen - timedelta(hours=age)
    return published, max(published, item.updated or published)


def changed_at(item: Item, stored: datetime, now: datetime) -> datetime:
    """Return the date of a real change: the source's, where it is later than the one we have, else now."""
    if item.updated and stored < item.updated <= now:
        return item.updated
    return max(stored, now)
