"""Reads every feed of a folder with our reader and with others, and prints what differs, or how long each takes.

    python -m benchmarks.reading FOLDER [-v | --speed [--rounds 5] | --cut]

A difference is counted by what differs (items, title, link, date); with -v each is shown. `--speed` times feeds in
which all, one in twenty or none of the items are new, beside feedparser and the floors under all of them, lxml and
expat. `--cut` says of which feeds an item reads otherwise when items that are known are cut out before.
"""

import argparse
import calendar
import io
import random
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any
from xml.parsers import expat

import fastfeedparser
import feedparser
from lxml import etree

from aggregator.model import Reading, Unreadable
from aggregator.reading.read import read_body
from aggregator.reading.scan import RefusedError, scan
from benchmarks.measuring import markdown

URL = "https://feed.example/feed.xml"
_NEW = 20  # one item in so many is new
_TRIES = 5  # sets of known items for each feed


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


Timed = tuple[str, Callable[[], object]]


def speeds(bodies: list[bytes], rounds: int) -> str:
    """Return the table of milliseconds of CPU a feed, medians of some rounds in which all take turns.

    Only well-formed feeds count: of the others nothing can be cut, and all parsers but the tolerant ones give up.
    """
    now = datetime.now(UTC)
    bodies = [body for body in bodies if _is_sound(body)]
    read = [(body, read_body(body, "", URL, frozenset(), now)) for body in bodies]
    sound = [(body, first) for body, first in read if isinstance(first, Reading) and len(first.digests) > 1]
    totals: dict[str, list[float]] = {}
    for _ in range(rounds):
        taken: Counter[str] = Counter()
        for body, first in sound:
            for name, work in _timed(body, first, now):
                began = time.process_time()
                work()
                taken[name] += time.process_time() - began
        for name, seconds in taken.items():
            totals.setdefault(name, []).append(seconds * 1000 / len(sound))
    whole = median(totals["feedparser"])
    rows = [(name, median(times), whole / median(times)) for name, times in totals.items()]
    return markdown((f"{len(sound)} feeds", "CPU ms a feed", "times as fast as feedparser"), rows)


def _is_sound(body: bytes) -> bool:
    try:
        return bool(scan(body).ranges)
    except RefusedError:
        return False


def _timed(body: bytes, first: Reading, now: datetime) -> Iterator[Timed]:
    known = [item.digest for item in first.items]
    news = max(1, round(len(known) / _NEW))
    yield "feedparser", partial(with_feedparser, body)
    yield "ours, all new", partial(read_body, body, "", URL, frozenset(), now)
    yield "ours, 5 % new", partial(read_body, body, "", URL, frozenset(known[news:]), now)
    yield "ours, none new", partial(read_body, body, "", URL, frozenset(known), now)
    yield "fastfeedparser", partial(with_fastfeedparser, body)
    yield "lxml", partial(etree.fromstring, body, etree.XMLParser(recover=True, resolve_entities=False))
    yield "expat", partial(_with_expat, body)


def _with_expat(body: bytes) -> None:
    with suppress(expat.ExpatError):
        expat.ParserCreate().Parse(body, True)


def reads_otherwise(body: bytes, known: frozenset[bytes]) -> bool:
    """Whether an item reads otherwise, or is missing, when the items of these digests are cut out before.

    Of a feed that is not well-formed, or has items in items, nothing is cut: all of it is read each time.
    """
    now = datetime.now(UTC)
    whole, cut = (read_body(body, "", URL, digests, now) for digests in (frozenset(), known))
    if isinstance(whole, Unreadable) or isinstance(cut, Unreadable):
        return type(whole) is not type(cut)
    left = [item for item in whole.items if item.digest not in known]
    return list(cut.items) not in (left, list(whole.items)) or (cut.feed, cut.digests) != (whole.feed, whole.digests)


def cut(paths: list[Path]) -> None:
    """Print the feeds of which an item reads otherwise, and how many were tried."""
    chance = random.Random(1)
    tried = 0
    for path in paths:
        body = path.read_bytes()
        first = read_body(body, "", URL, frozenset(), datetime.now(UTC))
        digests = [] if isinstance(first, Unreadable) else sorted(first.digests)
        for _ in range(_TRIES):
            tried += 1
            if reads_otherwise(body, frozenset(chance.sample(digests, chance.randint(0, len(digests))))):
                print(f"{path.name} reads otherwise")
    print(f"{tried} readings of {len(paths)} feeds compared")


def main() -> None:
    """Compare, and print a table of counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cut", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    paths = sorted(path for path in options.folder.iterdir() if path.suffix != ".tsv")
    if options.cut:
        cut(paths)
        return
    if options.speed:
        print(speeds([path.read_bytes() for path in paths if path.suffix != ".json"], options.rounds))
        return
    totals: Counter[tuple[str, str]] = Counter()
    for path in paths:
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
