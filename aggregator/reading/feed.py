"""RSS 0.9x, 1.0, 2.0 and Atom 0.3, 1.0, by feedparser. The only module that imports feedparser.

It runs in a worker process that may be killed: no library object leaves it. feedparser is given bytes (a string may
be taken for a path), no base URL (it would resolve guids against it, and mint new ids at every redirect), and its
sanitiser and resolver are off: `normalise` does that work better and in half the time.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Any

import feedparser
from feedparser import api, datetimes

from aggregator.digest import digest
from aggregator.model import Item, Reading, Unreadable
from aggregator.reading import sax
from aggregator.reading.drafts import Feedparser
from aggregator.reading.entries import feed_info, raw_item
from aggregator.reading.html import one_line
from aggregator.reading.mending import mend, without_impossible
from aggregator.reading.normalise import normalise
from aggregator.reading.plain import plain_entries
from aggregator.reading.scan import MAX_ITEMS, RefusedError, Scan, scan

api.PREFERRED_XML_PARSERS.insert(0, sax.__name__)

FEEDPARSER = Feedparser(
    handled=frozenset(re.sub("^_(start|end)_", "", name).lower() for name in dir(api.StrictFeedParser)),
    namespaces={uri.lower(): prefix for uri, prefix in api.StrictFeedParser.namespaces.items()},
    looks_like_html=api.StrictFeedParser.looks_like_html,
    parse_date=datetimes._parse_date,  # noqa: SLF001 - it has no public name, and must be the very same
)
_MAX_MENDED = 200_000  # tags of a document that is not well-formed: more take the tolerant parser too long
_LEADING = re.compile(rb"^(?:\xef\xbb\xbf)?\s+(?=<)")
_WIDE = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0?\0": "utf-16-le", b"\0<\0?": "utf-16-be"}
_ENCODING = re.compile(r"(?<=\s)encoding\s*=\s*[\"'][^\"']*[\"']")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"^(?:\xef\xbb\xbf)?<\?xml[^>]*\sencoding\s*=")
_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel)[\s/>]", re.IGNORECASE)


def read_feed(body: bytes, content_type: str, url: str, known: frozenset[bytes], now: datetime) -> Reading | Unreadable:
    """Read an XML feed; items whose bytes have a digest in `known` are passed over.

    `url` is the URL the feed is configured under. Never raises for any body.
    """
    body = _LEADING.sub(b"", _in_single_bytes(body), count=1)
    try:
        body, found = _scanned(body)
    except RefusedError as refused:
        return Unreadable(f"the feed was refused: {refused}")
    if not _ROOT.search(body):
        return Unreadable(_what_instead(body))  # at once: the tolerant parser takes ten seconds for ten megabytes
    if found.error and not found.ranges and body.count(b"<") > _MAX_MENDED:
        return Unreadable(f"the feed is not well-formed, and too large to be mended: {found.error}")
    digests = [digest(body[start:end]) for start, end in found.ranges]
    kept = [number for number, item in enumerate(digests) if item not in known]
    read = _read(body, found, kept, content_type)
    if isinstance(read, Unreadable):
        return read
    parsed, entries, matched = read
    info = feed_info(parsed, url, found.skips)
    items = tuple(normalise(raw_item(entry, info), info.url, url, now) for entry in entries[:MAX_ITEMS])
    marks = [digests[number] for number in kept] if matched else [_stand_in(item) for item in items]
    items = tuple(replace(item, digest=mark) for item, mark in zip(items, marks, strict=False))
    too_many = found.items if matched else len(entries)
    return Reading(
        info,
        items,
        (f"only the first {MAX_ITEMS} of {too_many} items were read",) if too_many > MAX_ITEMS else (),
        complete=not found.cut_off,
        digests=frozenset(digests if matched else marks),
    )


def _scanned(body: bytes) -> tuple[bytes, Scan]:
    """The document and what was seen in it; mended, where that makes it well-formed."""
    found = scan(body)
    if found.error and not found.cut_off and _ROOT.search(body):
        mended = mend(body)
        if mended != body and ((again := scan(mended)).ranges or not again.error):
            return mended, again
    return body, found


def _read(
    body: bytes, found: Scan, kept: Sequence[int], content_type: str
) -> tuple[feedparser.FeedParserDict, list[Any], bool] | Unreadable:
    """What feedparser says of the feed, its entries, and whether there is one for each range that is kept."""
    atom, plain = _plain(body, found, kept, content_type)
    odd = {number for number, entry in zip(kept, plain, strict=True) if entry is None}
    parsed = _parse(_splice(body, found, odd), content_type, well_formed=not found.error)
    if isinstance(parsed, Unreadable):
        return parsed
    matched = bool(found.ranges) and len(parsed.entries) == len(odd)
    if matched and (len(odd) == len(kept) or parsed.version.startswith("atom") == atom):
        rest = iter(parsed.entries)
        return parsed, [next(rest) if entry is None else entry for entry in plain], True
    if found.ranges and not found.cut_off:  # an item inside an item: no range stands for one entry
        parsed = _parse(body, content_type, well_formed=True)
    return parsed if isinstance(parsed, Unreadable) else (parsed, parsed.entries, False)


def _plain(
    body: bytes, found: Scan, kept: Sequence[int], content_type: str
) -> tuple[bool, Sequence[dict[str, Any] | None]]:
    """Whether the feed is Atom, and the items that are plain, of a document that is sound and knows its encoding."""
    charset = _CHARSET.search(content_type)
    foreign = charset and charset[1].lower() not in ("utf-8", "utf8") and not _DECLARED.match(body)
    if not kept or found.cut_off or foreign:
        return False, [None] * len(kept)
    return plain_entries(_splice(body, found, set(kept)), len(kept), FEEDPARSER)


def _stand_in(item: Item) -> bytes:
    """A digest for an item whose own bytes are not known: nothing is passed over by it, but it stands for the item."""
    return digest(b"\0item\0" + item.guid.encode("utf-8", "surrogatepass"))


def _in_single_bytes(body: bytes) -> bytes:
    """A body in UTF-16 as UTF-8: the ranges of its items are then what they seem, and feedparser reads it."""
    wide = next((name for start, name in _WIDE.items() if body.startswith(start)), "")
    if not wide:
        return body
    return _ENCODING.sub("", body.decode(wide, "replace"), count=1).encode("utf-8", "replace")


def _splice(body: bytes, found: Scan, kept: set[int]) -> bytes:
    """The document without the items that are not kept; of one that broke off, only its whole items."""
    if not found.ranges or (len(kept) == found.items and not found.cut_off):
        return body
    pieces = []
    position = 0
    for number, (start, end) in enumerate(found.ranges):
        pieces.append(body[position : end if number in kept else start])
        position = end
    if found.surplus[1]:
        pieces.append(body[position : found.surplus[0]])
        position = found.surplus[1]
    return b"".join(pieces) + (b"" if found.cut_off else body[position:])


def _parse(body: bytes, content_type: str, *, well_formed: bool) -> feedparser.FeedParserDict | Unreadable:
    headers = {"content-type": "application/xml"}
    charset = _CHARSET.search(content_type)
    if charset and not _DECLARED.match(body):  # the document knows its own encoding better than the server does
        headers["content-type"] += f"; charset={charset[1]}"
    if not well_formed:
        body = without_impossible(body)
    try:
        parsed = feedparser.parse(
            BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except MemoryError:
        raise  # the worker is at its limit: what that means is known there
    except Exception as error:  # noqa: BLE001 - feedparser raises ValueError, UnicodeError, LookupError, AttributeError ... on hostile input
        return Unreadable(f"the feed could not be parsed: {one_line(str(error))[:200] or type(error).__name__}")
    return parsed if parsed.get("version") else Unreadable(_what_instead(body))


def _what_instead(body: bytes) -> str:
    start = body[:2000].lstrip().lower()
    if not start:
        return "the body is empty, not a feed"
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return "an HTML page, not a feed"
    return "not a feed in any format we know (RSS, Atom, JSON Feed)"
