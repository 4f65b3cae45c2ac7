"""How a source is named in what we publish; what may be secret in its fetch URL stays with us."""

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from sqlite_utils import Database

from aggregator.config.values import Config, Source
from aggregator.model import SourceInfo

_SECRET_NAME = re.compile(
    r"(?i)^(?!.*(page|cursor))(.*(token|secret|passw|signature|api_?key|credential|session).*|auth|key|k|sig|pwd|access|private|hash)$"
)
_PUBLIC_NAMES = frozenset({"channel_id", "playlist_id", "user_id", "feed_id", "id", "gid", "q", "query", "v"})
# What no person types: long, with digits among letters, no words of a path in it.
_RANDOM = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_~=-]{24,}")
# No name, no query, and no part of the path as long as what is looked for there.
_PUBLIC = re.compile(r"https?://[^/?#@]+(?:/[^/?#]{0,23})*+")
_WORDS = re.compile(r"[A-Za-z]{3,}[-_][A-Za-z]{3,}")


def source_infos(db: Database, config: Config) -> dict[str, SourceInfo]:
    """Return every source of feeds.toml under the name its readers know."""
    rows = db.execute("SELECT name, title, site_url, feed_id, rights FROM sources").fetchall()
    stored = {row[0]: row[1:] for row in rows}
    return {name: _info(source, *stored.get(name, ("", "", "", ""))) for name, source in config.sources.items()}


def _info(source: Source, title: str, site_url: str, feed_id: str, rights: str) -> SourceInfo:
    feed_url = public_url(source.url)
    return SourceInfo(
        name=source.name,
        title=source.title or title or source.name,
        url=public_url(site_url),
        feed_url=feed_url,
        feed_id=feed_id if feed_url or "://" not in feed_id else "",
        rights=rights,
    )


@lru_cache(maxsize=10_000)
def public_url(url: str) -> str:
    """Return the URL, or "" where it holds, or may hold, a password or a token: what is private is never published."""
    if not url or _PUBLIC.fullmatch(url):
        return url
    parts = urlsplit(url)
    if "@" in parts.netloc:
        return ""
    secret_query = any(_is_secret(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True))
    secret_path = any(_RANDOM.fullmatch(part) and not _WORDS.search(part) for part in parts.path.split("/"))
    return "" if secret_query or secret_path else url


def _is_secret(name: str, value: str) -> bool:
    if name.lower() in _PUBLIC_NAMES:
        return False
    return bool(value) and bool(_SECRET_NAME.match(name) or _RANDOM.fullmatch(value))
