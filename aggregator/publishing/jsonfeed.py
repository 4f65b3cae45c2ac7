"""JSON Feed 1.1 (jsonfeed.org/version/1.1), from what is ready to show; no clock, no file."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any

from aggregator.model import Copy, Enclosure
from aggregator.publishing.head import Head
from aggregator.publishing.shown import Attribution, Shown

VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(head: Head, feed_url: str, hub: str, items: Iterable[Shown]) -> bytes:
    """A JSON Feed document; `hub` is a WebSub hub or ""."""
    feed = {
        "version": VERSION,
        "title": head.title,
        "home_page_url": head.page,
        "feed_url": feed_url,
        "description": head.description,
        "language": head.language,
        "authors": [{"name": head.author, "url": head.author_url}],
        "hubs": [{"type": "WebSub", "url": hub}] if hub else [],
        "items": [_item(item) for item in items],
    }
    return to_bytes(_stated(feed) | {"items": feed["items"]})


def to_bytes(document: dict[str, Any]) -> bytes:
    """A JSON document as it is published: UTF-8, a value a line so that a diff shows what changed."""
    return (_written(document, "\n") + "\n").encode()


@cache
def _encoder(line: str) -> Callable[[Any], str]:
    """What writes a value within a line, or, of one that holds no other, each part in a line of its own."""
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(f",{line}", ": ")).encode


def _written(value: Any, line: str) -> str:
    """What `json.dumps` writes with `indent=1`, for which it leaves its fast encoder; `line` begins a line."""
    inner = f"{line} "
    encoded = _encoder(inner)
    if not value or not isinstance(value, dict | list):
        return encoded(value)
    parts = value.values() if isinstance(value, dict) else value
    if not any(isinstance(part, dict | list) for part in parts):
        flat = encoded(value)
        return f"{flat[0]}{inner}{flat[1:-1]}{line}{flat[-1]}"
    if isinstance(value, dict):
        lines = [f"{encoded(name)}: {_written(part, inner)}" for name, part in value.items()]
        return f"{{{inner}{f',{inner}'.join(lines)}{line}}}"
    return f"[{inner}{f',{inner}'.join([_written(part, inner) for part in value])}{line}]"


def timestamp(moment: datetime) -> str:
    """A UTC time as RFC 3339 writes it."""
    return f"{moment.isoformat()[:19]}Z"  # strftime takes three times as long


def _item(item: Shown) -> dict[str, Any]:
    return _stated(
        {
            "id": item.uid,
            "url": item.link,
            "title": item.title,
            # One of the two must be there; the summary stands in as text where it is all there is.
            "content_html": item.html,
            "content_text": "" if item.html else item.summary,
            "summary": item.summary,
            "image": item.image,
            "date_published": timestamp(item.published),
            "date_modified": timestamp(item.updated),
            "authors": [{"name": name} for name in item.credited],
            "tags": list(item.categories),
            "language": item.language,
            "attachments": [_attachment(enclosure) for enclosure in item.enclosures],
            "_source": _source(item.source, item.rights),
            "_also": [_copy(copy) for copy in item.also],
            "_story": [_copy(copy) for copy in item.story],
            "_comments": {"url": item.comments} if item.comments else {},
        }
    )


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    return _stated({"url": enclosure.url, "mime_type": enclosure.type, "size_in_bytes": enclosure.length})


def _source(source: Attribution, rights: str) -> dict[str, Any]:
    return _stated(
        {
            "about": "https://www.rfc-editor.org/rfc/rfc4287#section-4.2.11",
            "id": source.id,
            "title": source.title,
            "home_page_url": source.url,
            "feed_url": source.feed_url,
            "rights": rights or source.rights,
        }
    )


def _copy(copy: Copy) -> dict[str, Any]:
    return _stated({"title": copy.source.title, "url": copy.url})


def _stated(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that say something: JSON Feed asks for absent ones to be left out, not empty."""
    return {name: value for name, value in fields.items() if value}
