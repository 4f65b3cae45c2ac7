"""A copy of an article as JSON and back: every copy but the shown one is kept whole, so that it can take over."""

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from aggregator.model import Enclosure, Item, Origin
from aggregator.storage.times import from_text, to_text

_FIELDS = tuple(field.name for field in fields(Item) if field.name not in ("digest", "text"))


def to_json(item: Item) -> str:
    """Return the item as JSON, without what is empty and what can be worked out again."""
    values = {name: _plain(getattr(item, name)) for name in _FIELDS}
    return json.dumps({name: value for name, value in values.items() if value}, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, Origin):
        return [value.title, value.url]
    if isinstance(value, tuple):
        return [[part.url, part.type, part.length] if isinstance(part, Enclosure) else part for part in value]
    return value


def from_json(text: str) -> Item:
    """Return the item that was kept."""
    values = json.loads(text)
    for name in ("published", "updated"):
        if name in values:
            values[name] = from_text(values[name])
    for name in ("authors", "categories"):
        values[name] = tuple(values.get(name, ()))
    values["enclosures"] = tuple(Enclosure(*part) for part in values.get("enclosures", ()))
    values["evidence"] = tuple((name, how) for name, how in values.get("evidence", ()))
    values["origin"] = Origin(*values["origin"]) if "origin" in values else None
    return Item(**values)
