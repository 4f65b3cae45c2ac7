"""Where the feed of a site may be, from its address alone; pure, nobody is asked."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from aggregator.discovery.sites import ANYWHERE, BY_ADDRESS, BY_GENERATOR, COMMON

_FEED_PATH = re.compile(
    r"\.(?:rss|atom|rdf|xml)$|(?:^|[/._-])(?:rss|atom|feeds?)\d?\.(?:json|php|cgi)$|(?:^|/)(?:feeds?|rss|atom)(?:/|$)",
    re.IGNORECASE,
)
_FEED_QUERY = re.compile(
    r"(?:^|&)(?:feed|format|type|alt|output|mode|flav|flavor)=(?:rss|atom|feed|rdf|json)", re.IGNORECASE
)
_NO_FEED = re.compile(
    r"sitemap|opensearch|wlwmanifest|xmlrpc|wp-json|oembed|\.(?:html?|png|jpe?g|gif|svg|css|js)$", re.IGNORECASE
)
_COMMENTS = re.compile(r"comment|kommentar|comentari|commentaire|replies|комментари|コメント", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An address that may be a feed's; `title` is what the page calls it."""

    url: str
    title: str = ""


def by_address(url: str) -> tuple[Candidate, ...]:
    """Return the feeds of a site that is known, best first; none where it is not."""
    parts = urlsplit(url)
    address = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    for site in BY_ADDRESS:
        found = re.fullmatch(site.address, address) if is_on(parts.hostname or "", site.hosts) else None
        if found:
            return distinct(Candidate(urljoin(url, feed.format(*found.groups()))) for feed in site.feeds)
    return ()


def guesses(url: str, generator: str = "") -> tuple[Candidate, ...]:
    """Return where a feed may be that no page names, likelier first: by the site's software, then by custom."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    anywhere = (form.format(*found.groups()) for pattern, form in ANYWHERE if (found := re.fullmatch(pattern, path)))
    custom = [name for names in _of_software(generator) for name in names] + list(COMMON)
    folders = dict.fromkeys((_folder(parts.path), "/"))
    places = [*anywhere, *(folder + name for name in custom for folder in folders)]
    return distinct(Candidate(urljoin(url, place)) for place in places)


def looks_like_feed(url: str) -> bool:
    """Whether an address is, by its form, a feed's and not a page's."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address
        return False
    if _NO_FEED.search(parts.path):
        return False
    return bool(_FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query))


def best_first(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return them in their order, those of comments last: nobody who names a site means what is said below it."""
    return distinct(sorted(candidates, key=is_of_comments))


def is_of_comments(candidate: Candidate) -> bool:
    """Whether it is a feed of comments, by its title or its address."""
    parts = urlsplit(candidate.url)
    return bool(_COMMENTS.search(candidate.title) or _COMMENTS.search(f"{parts.path}?{parts.query}"))


def distinct(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Return them without those whose address came before."""
    found: dict[str, Candidate] = {}
    for candidate in candidates:
        found.setdefault(candidate.url, candidate)
    return tuple(found.values())


def is_on(host: str, hosts: tuple[str, ...]) -> bool:
    """Whether a host is one of a table's."""
    bare = re.sub(r"^(?:www|m)\.(?=[^.]+\.)", "", host.lower())
    return not hosts or any(bare.endswith(name[1:]) if name.startswith("*") else bare == name for name in hosts)


def _of_software(generator: str) -> Iterator[tuple[str, ...]]:
    lower = generator.lower()
    return (feeds for name, feeds in BY_GENERATOR.items() if lower.startswith(name))


def _folder(path: str) -> str:
    """The folder that a page is the front of, or lies in."""
    parent, _, last = path.rpartition("/")
    return f"{path}/" if last and "." not in last and parent in ("", "/") else f"{parent}/"
