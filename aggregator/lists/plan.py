"""What of a list is to be added to a feeds.toml: plain web addresses, none that is there already; pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from aggregator.config.edit import NewSource
from aggregator.config.naming import NAME, feed_key, source_name, subscribed
from aggregator.config.schema import SourceTable
from aggregator.config.values import Source
from aggregator.lists.values import Listing, Remark, Subscription
from aggregator.reading.urls import web_url

_PROGRAM = re.compile(r"\||exec:|filter:", re.IGNORECASE)
_MALFORMED = re.compile(r"[\x00-\x1f\\]")  # where parsers of URLs disagree on what the host is
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Plan:
    """What to add; how many feeds of the list are sources already, or stand on it twice; what is left out, and why."""

    new: tuple[NewSource, ...] = ()
    known: int = 0
    repeated: int = 0
    left_out: tuple[Remark, ...] = ()


def plan(listing: Listing, sources: Mapping[str, Source]) -> Plan:
    """Return what to add to these sources. A feed that stands in several folders has the tags of all."""
    keys = subscribed(sources)
    known = repeated = 0
    left_out = list(listing.skipped)
    wanted: dict[str, Subscription] = {}
    for entry in listing.subscriptions:
        url = plain_url(entry.url)
        if not url:
            left_out.append(Remark(entry.line, f"{entry.title or 'a feed'}: {_why_not(entry.url)}"))
            continue
        key = feed_key(url)
        if key in keys:
            known += 1
        else:
            repeated += key in wanted
            wanted[key] = _merged(wanted.get(key), replace(entry, url=url))
    left_out.sort(key=lambda remark: remark.line)
    return Plan(_named(wanted.values(), sources), known, repeated, tuple(left_out))


def plain_url(text: str) -> str:
    """Return the http(s) URL that a list means, or "" where it means none; `feed:` is what browsers once said."""
    for prefix in ("feed://", "feed:"):
        if text.lower().startswith(prefix):
            rest = text[len(prefix) :]
            text = rest if "://" in rest[:8] else f"http://{rest}"
    if _usable(text) or _MALFORMED.search(text):
        return text if _usable(text) else ""
    url = web_url(text)
    return url if _usable(url) else ""


def _usable(url: str) -> bool:
    try:
        SourceTable(url=url)
    except ValueError:
        return False
    return True


def _why_not(text: str) -> str:
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    if _PROGRAM.match(text):
        return f"a program to run, which is never done for a list: {shown}"
    return f"no web address: {shown}"


def _merged(first: Subscription | None, other: Subscription) -> Subscription:
    if first is None:
        return other
    return replace(
        first,
        title=first.title or other.title,
        tags=tuple(dict.fromkeys((*first.tags, *other.tags))),
        notes=tuple(dict.fromkeys((*first.notes, *other.notes))),
    )


def _named(wanted: Iterable[Subscription], sources: Mapping[str, Source]) -> tuple[NewSource, ...]:
    taken = set(sources)
    named = []
    for entry in wanted:
        given = entry.name if NAME.fullmatch(entry.name) and entry.name not in taken else ""
        name = given or source_name(entry.title, entry.url, taken)
        taken.add(name)
        named.append(
            NewSource(name, entry.url, entry.title, entry.tags, (), entry.full_text, entry.enabled, entry.notes)
        )
    return tuple(named)
