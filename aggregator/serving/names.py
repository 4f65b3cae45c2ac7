"""Which path is what: the files that are published, topics under an old name, topics that are no more; pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aggregator.config.values import Config
from aggregator.publishing.pages import CONTENT_SECURITY_POLICY

# What the publisher may write, and so all that is ever looked for below the output folder: no dots but one, no way up.
_PATH = re.compile(r"(?:[a-z0-9-]{1,64}/){0,2}[a-z0-9-]{1,64}\.(atom|rss|json|html|opml|css|svg)")
_ARCHIVE = re.compile(r"[a-z0-9-]{1,64}/archive/\d{4}-\d\d\.atom")
_TOPIC = re.compile(r"([a-z0-9-]{1,64})(\.(?:atom|rss|json|html)|/archive/\d{4}-\d\d\.atom)")
_TYPES = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
    "html": "text/html",
    "opml": "text/x-opml",
    "css": "text/css",
    "svg": "image/svg+xml",
}
# Seconds for which a copy may be shown without asking. A reader comes every hour and a hub right after its ping, so
# feeds are kept short; an archive document that is closed does not change again.
_FEED, _PAGE, _ASSET = 300, 60, 3600
CLOSED = 365 * 24 * 3600
# A feed that is opened in a browser is text to look at: nothing in it may load or run.
_INERT = "default-src 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is said of a published file: `feed` is one of a topic's own three, `shared` is for any page to read."""

    media_type: str
    max_age: int
    policy: str
    feed: bool
    shared: bool


def kind(path: str) -> Kind | None:
    """Return what a path below the output folder is, or None where nothing of that name is ever published."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    suffix = found[1]
    page = suffix == "html"
    data = suffix in ("atom", "rss", "json", "opml")
    media_type = "application/json" if path == "status.json" else _TYPES[suffix]
    age = _PAGE if page or path == "status.json" else _FEED if data else _ASSET
    return Kind(
        media_type=f"{media_type}; charset=utf-8",
        max_age=age,
        policy=CONTENT_SECURITY_POLICY if page else _INERT,
        feed=data and "/" not in path and path not in ("status.json", "topics.opml"),
        shared=data,
    )


def is_archive(path: str) -> bool:
    """Whether a path is that of an archive document."""
    return _ARCHIVE.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class Names:
    """The names of topics: those there are, new ones by their old, and those that are no more. `root` ends with "/"."""

    topics: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()
    root: str = "/"

    def moved_to(self, path: str) -> str | None:
        """Return where a document of a renamed topic is now, as a path on our host, or None."""
        found = _TOPIC.fullmatch(path)
        new = self.renamed.get(found[1]) if found else None
        return f"{self.root}{new}{found[2]}" if found and new else None

    def is_gone(self, path: str) -> bool:
        """Whether a path is that of a topic that feeds.toml had once."""
        found = _TOPIC.fullmatch(path)
        return found is not None and found[1] in self.retired and found[1] not in self.topics

    def is_coming(self, path: str) -> bool:
        """Whether a path that holds nothing yet will: a topic's or the front's, before the first publication."""
        found = _TOPIC.fullmatch(path)
        return path in ("index.html", "status.html", "status.json", "topics.opml") or (
            found is not None and "/" not in path and found[1] in self.topics
        )


def names(config: Config, retired: Iterable[str]) -> Names:
    """Return the names that a feeds.toml gives, beside those that it once had."""
    renamed = {old: topic.name for topic in config.topics.values() for old in topic.renamed_from}
    root = urlsplit(config.site.base_url).path or "/"
    return Names(frozenset(config.topics), renamed, frozenset(retired), root)
