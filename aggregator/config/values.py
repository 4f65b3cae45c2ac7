"""feeds.toml as frozen values: what the rest of the program is given. No reading, no checking here."""

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from aggregator.curation.rules import Rule

Share = Literal["full", "summary", "link"]


@dataclass(frozen=True, slots=True)
class Site:
    """`[site]`. `base_url` ends with a slash; the paths are absolute."""

    title: str
    base_url: str
    output: Path
    database: Path
    contact: str = ""
    language: str = "en"
    hub: str = ""


@dataclass(frozen=True, slots=True)
class Polling:
    """`[polling]`. `keep` is None for ever; `allow_private` is true, false, or the networks let through."""

    every: timedelta = timedelta(hours=1)
    timeout: timedelta = timedelta(seconds=30)
    max_bytes: int = 10_000_000
    concurrency: int = 64
    host_delay: timedelta = timedelta(seconds=1)
    allow_private: bool | tuple[IPv4Network | IPv6Network, ...] = False
    keep: timedelta | None = None
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """`[sources.NAME]`: exactly one of `url` and `path` is set (`path` absolute, perhaps a glob)."""

    name: str
    url: str = ""
    path: str = ""
    title: str = ""
    every: timedelta = timedelta(hours=1)
    timeout: timedelta = timedelta(seconds=30)
    max_bytes: int = 10_000_000
    tags: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    priority: int = 0
    content: Share = "full"
    full_text: bool = False
    dedupe: bool = True
    enabled: bool = True
    keep: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """`[topics.NAME]`: `rule` is None where every item of its sources is taken; `sources` are resolved names."""

    name: str
    title: str
    rule: Rule | None = None
    sources: frozenset[str] = frozenset()
    description: str = ""
    languages: tuple[str, ...] = ()
    limit: int = 100
    max_per_source: int = 0
    max_age: timedelta | None = None
    content: Share = "full"
    duplicates: Literal["fold", "show"] = "fold"
    stories: Literal["none", "group"] = "none"
    archive: bool = True
    renamed_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """The whole of one feeds.toml; sources and topics keep the order of the file."""

    path: Path
    site: Site
    polling: Polling = Polling()
    sources: dict[str, Source] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
