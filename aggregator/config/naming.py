"""What a source is to be called, and whether two feed URLs are one subscription; pure."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from itertools import chain, count
from urllib.parse import urlsplit

from aggregator.config.values import Source
from aggregator.curation.canonical import canonical_url, site_of

NAME = re.compile(r"[a-z0-9-]{1,64}")
RESERVED = ("index", "status", "topics", "items")  # file names of our own, which no topic can have
_LONGEST = 40  # of a name made by us: people type it
_APOSTROPHES = re.compile(r"(?<=\w)['’](?=\w)")
_OTHER = re.compile(r"[^a-z0-9]+")
_HOST_PREFIX = re.compile(r"^(?:(?:www\d?|feeds?|rss|m)\.)+(?=[^.]+\.)")
_GENERIC = re.compile(r"\b(?:feeds?|rss\d?|atom|xml|index|default|posts|php|html)\b", re.IGNORECASE)
_FALLBACK = "feed"


def source_name(title: str, url: str, taken: Collection[str]) -> str:
    """Return a free name for a source: made of its title where that is in Latin letters, else of its host."""
    titled = "" if "://" in title else _slug(title)
    host = _slug(_HOST_PREFIX.sub("", _host(url)))
    wanted = [titled] if titled else [host, f"{host}-{_slug(_GENERIC.sub(' ', _path(url)))}"]
    wanted = [name for name in wanted if NAME.fullmatch(name) and name[-1] != "-"] or [_FALLBACK]
    numbers = chain(range(2, 100), count(len(taken)))  # a list may hold thousands of feeds of one title
    names = chain(wanted, (f"{wanted[-1]}-{number}" for number in numbers))
    return next(name for name in names if name not in taken)


def feed_key(url: str) -> str:
    """Return what a feed URL is recognised by: scheme, `www.` and a trailing slash make no other feed of it.

    The address of an item may not be the root of a site, that of a feed may.
    """
    return canonical_url(url) or site_of(url) or url


def subscribed(sources: Mapping[str, Source]) -> dict[str, str]:
    """Return the names of the sources that are feeds, by their keys."""
    return {feed_key(source.url): name for name, source in sources.items() if source.url}


def _slug(text: str) -> str:
    """The text in the letters that a name may have; "" where too little of it would be left to be recognised."""
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text).casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    letters = sum(letter.isalnum() for letter in plain)
    words = _OTHER.sub("-", plain).strip("-")
    if 2 * sum(letter != "-" for letter in words) < letters:
        return ""
    return words if len(words) <= _LONGEST else _cut(words)


def _cut(words: str) -> str:
    head = words[: _LONGEST + 1]
    at = head.rfind("-")
    return head[:at] if at > _LONGEST // 2 else words[:_LONGEST]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
