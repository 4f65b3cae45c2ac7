"""Reads every feed of a folder with our reader, with feedparser alone and with fastfeedparser, and prints what differs.

    python -m benchmarks.reading FOLDER [-v]

A difference is counted by what differs (items, title, link, date); with -v each is shown.
"""

import argparse
import calendar
import io
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import fastfeedparser
import feedparser

from aggregator.model import Unreadable
from aggregator.reading.read import read_body

URL = "https://feed.example/feed.xml"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a parser makes of one item."""

    title: str
    link: str
    date: int | None


def ours(body: bytes) -> list[Seen] | str:
    """Return the items as the product reads them, or why it does not."""
    read = read_body(body, "", URL, frozenset(), datetime.now(UTC))
    if isinstance(read, Unreadable):
        return read.reason
    return [Seen(item.title, item.url, _seconds(item.published or item.updated)) for item in read.items]


def with_feedparser(body: bytes) -> list[Seen] | str:
    """Return the items as feedparser reads them, left to itself but for the base of links."""
    headers = {"content-location": URL, "content-type": "application/xml"}
    parsed = feedparser.parse(io.BytesIO(body), response_headers=headers)
    if not parsed.get("version"):
        return "no version"
    return [Seen(entry.get("title", ""), entry.get("link", ""), _parsed(entry)) for entry in parsed.entries]


def with_fastfeedparser(body: bytes) -> list[Seen] | str:
    """Return the items as fastfeedparser reads them."""
    try:
        parsed = fastfeedparser.parse(body)
    except Exception as error:  # noqa: BLE001 - whatever it cannot read
        return f"{type(error).__name__}: {error}"[:80]
    return [Seen(entry.get("title") or "", entry.get("link") or "", _iso(entry)) for entry in parsed.entries]


def differences(mine: list[Seen] | str, theirs: list[Seen] | str) -> Iterator[tuple[str, object, object]]:
    """Yield (what differs, ours, theirs)."""
    if isinstance(mine, str) or isinstance(theirs, str):
        if type(mine) is not type(theirs):
            yield ("unread by us" if isinstance(mine, str) else "unread by them"), _brief(mine), _brief(theirs)
        return
    if len(mine) != len(theirs):
        yield "items", len(mine), len(theirs)
        return
    for one, other in zip(mine, theirs, strict=True):
        if _words(one.title) != _words(other.title):
            yield "title", one.title, other.title
        if one.link != other.link:
            yield "link", one.link, other.link
        if one.date != other.date:
            yield "date", one.date, other.date


def _brief(seen: list[Seen] | str) -> str:
    return seen if isinstance(seen, str) else f"{len(seen)} items"


def _words(title: str) -> str:
    return " ".join(unescape(unescape(title)).split())


def _seconds(when: datetime | None) -> int | None:
    return int(when.timestamp()) if when else None


def _parsed(entry: Any) -> int | None:
    found = entry.get("published_parsed") or entry.get("created_parsed") or entry.get("updated_parsed")
    return calendar.timegm(found) if found else None


def _iso(entry: Any) -> int | None:
    text = entry.get("published") or entry.get("updated")
    return int(datetime.fromisoformat(text).timestamp()) if text else None


def main() -> None:
    """Compare, and print a table of counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    totals: Counter[tuple[str, str]] = Counter()
    for path in sorted(options.folder.iterdir()):
        body = path.read_bytes()
        mine = ours(body)
        totals["items", "ours"] += 0 if isinstance(mine, str) else len(mine)
        for name, other in (("feedparser", with_feedparser), ("fastfeedparser", with_fastfeedparser)):
            theirs = other(body)
            totals["items", name] += 0 if isinstance(theirs, str) else len(theirs)
            for what, one, two in differences(mine, theirs):
                totals[what, name] += 1
                if options.verbose:
                    print(f"{path.name}  {name}  {what}\n    ours   {one}\n    theirs {two}")
    for (what, name), count in sorted(totals.items()):
        print(f"{what:16} {name:16} {count}")


if __name__ == "__main__":
    main()
