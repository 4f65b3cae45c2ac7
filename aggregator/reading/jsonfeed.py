"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), which feedparser does not read."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from aggregator.digest import digest
from aggregator.model import Enclosure, FeedInfo, Item, Reading, Unreadable
from aggregator.reading.entries import whole
from aggregator.reading.html import one_line
from aggregator.reading.normalise import MAX_LIST, MAX_TITLE, RawItem, Text, normalise
from aggregator.reading.scan import MAX_ITEMS
from aggregator.reading.urls import web_url

_VERSION = re.compile(r"https?://(www\.)?jsonfeed\.org/version/")


def read_jsonfeed(body: bytes, url: str, known: frozenset[bytes], now: datetime) -> Reading | Unreadable:
    """Read a JSON Feed; items whose bytes have a digest in `known` are passed over. Never raises for any body."""
    try:
        document = json.loads(body, strict=False)  # a raw line end in a text is common
    except (ValueError, RecursionError) as error:  # bad JSON, bad UTF-8, numbers beyond reason; a hundred thousand "["
        return Unreadable(f"the JSON could not be read: {one_line(str(error))[:200]}")
    if not isinstance(document, dict) or not _VERSION.match(str(document.get("version", ""))):
        return Unreadable("JSON, but not a JSON Feed: it has no version of jsonfeed.org")
    given = [item for item in _list(document, "items") if isinstance(item, dict)]
    info = _feed_info(document, url)
    digests = [_digest(item) for item in given[:MAX_ITEMS]]
    items = tuple(
        replace(_item(item, info, url, now), digest=mark)
        for item, mark in zip(given, digests, strict=False)
        if mark not in known
    )
    warning = f"only the first {MAX_ITEMS} of {len(given)} items were read"
    return Reading(info, items, (warning,) if len(given) > MAX_ITEMS else (), digests=frozenset(digests))


def _digest(item: dict[str, Any]) -> bytes:
    return digest(json.dumps(item, sort_keys=True).encode())


def _feed_info(document: dict[str, Any], url: str) -> FeedInfo:
    hubs = (hub for hub in _list(document, "hubs") if isinstance(hub, dict) and hub.get("type") == "WebSub")
    return FeedInfo(
        format="json " + _string(document, "version").rpartition("/")[2],
        id="",
        title=one_line(_string(document, "title"))[:MAX_TITLE],
        url=web_url(_string(document, "home_page_url"), url),
        language=_string(document, "language"),
        self_url=web_url(_string(document, "feed_url"), url),
        hub=next((web_url(_string(hub, "url"), url) for hub in hubs), ""),
    )


def _item(item: dict[str, Any], info: FeedInfo, url: str, now: datetime) -> Item:
    html = _string(item, "content_html")
    raw = RawItem(
        guid=_identity(item.get("id")),
        title=Text(_string(item, "title")),
        link=_string(item, "url") or _string(item, "external_url"),
        authors=tuple(_authors(item)),
        summary=Text(_string(item, "summary")),
        content=Text(html, html=True) if html else Text(_string(item, "content_text")),
        language=_string(item, "language") or info.language,
        published=_date(item, "date_published"),
        updated=_date(item, "date_modified"),
        categories=tuple(str(tag) for tag in _list(item, "tags") if isinstance(tag, str)),
        enclosures=tuple(_attachments(item)),
        image=_string(item, "image") or _string(item, "banner_image"),
    )
    return normalise(raw, info.url, url, now)


def _identity(value: object) -> str:
    """The id as a string; the format wants one, but readers must take a number (jsonfeed.org, "id")."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _authors(item: dict[str, Any]) -> Iterable[str]:
    for author in [*_list(item, "authors"), item.get("author")]:
        if isinstance(author, dict):
            yield _string(author, "name")


def _attachments(item: dict[str, Any]) -> Iterable[Enclosure]:
    for given in _list(item, "attachments")[: 4 * MAX_LIST]:
        if isinstance(given, dict):
            yield Enclosure(_string(given, "url"), _string(given, "mime_type"), whole(given.get("size_in_bytes")))


def _date(item: dict[str, Any], key: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(_string(item, key))
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _string(thing: dict[str, Any], key: str) -> str:
    value = thing.get(key)
    return value if isinstance(value, str) else ""


def _list(thing: dict[str, Any], key: str) -> list[Any]:
    value = thing.get(key)
    return value if isinstance(value, list) else []
