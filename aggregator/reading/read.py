"""From a body to a `Reading`: which reader takes it. This is what runs in a worker process.

Each reader is imported where it is used: the process that only hands bodies to the workers needs none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from aggregator.model import FeedInfo, Item, Reading, Unreadable

_ARTICLE, _MARKDOWN, _PAGE, _FEED = "article", "markdown", "page", "feed"
_KINDS = {
    ".txt": _ARTICLE,
    ".text": _ARTICLE,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _PAGE,
    ".htm": _PAGE,
    ".xhtml": _PAGE,
    ".xml": _FEED,
    ".rss": _FEED,
    ".rdf": _FEED,
    ".atom": _FEED,
    ".json": _FEED,
}


@dataclass(frozen=True, slots=True)
class FileJob:
    """A file to read: its name below the source's folder, and its bytes."""

    name: str
    body: bytes = field(repr=False)


def read_body(body: bytes, content_type: str, url: str, known: frozenset[bytes], now: datetime) -> Reading | Unreadable:
    """Read what a feed URL answered, by what it is and not by what it is called; `url` is the configured one."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        from aggregator.reading.jsonfeed import read_jsonfeed

        return read_jsonfeed(body, url, known, now)
    from aggregator.reading.feed import read_feed

    return read_feed(body, content_type, url, known, now)


def read_files(jobs: Sequence[FileJob], shared: frozenset[str], now: datetime) -> dict[str, Reading | Unreadable]:
    """Read saved feeds, pages and articles, and return what each is, by name.

    `shared` are lines that stand in most articles of the folder: a site's, and no author's.
    """
    return {job.name: _read_file(job, shared, now) for job in jobs}


def read_page_at(body: bytes, url: str) -> Item | Unreadable:
    """Read the article of a page that was fetched from `url`."""
    from aggregator.reading.page import read_page

    return read_page(body, url=url)


def is_feed(reading: Reading) -> bool:
    """Whether what was read from a file is a feed, whose items have ids of their own."""
    return reading.feed.format != _ARTICLE


def shared_lines(jobs: Sequence[FileJob]) -> frozenset[str]:
    """Return the lines that most of these articles have in common."""
    articles = [job for job in jobs if _kind(job) == _ARTICLE]
    if not articles:
        return frozenset()
    from aggregator.reading.article import lines_in_common
    from aggregator.reading.encoding import decode

    texts = [decode(job.body) for job in articles]
    return lines_in_common([text for text in texts if isinstance(text, str)])


def _kind(job: FileJob) -> str:
    return _KINDS.get(PurePath(job.name).suffix.lower(), _ARTICLE)


def _read_file(job: FileJob, shared: frozenset[str], now: datetime) -> Reading | Unreadable:
    if not job.body.strip():
        return Unreadable("is empty")
    if _kind(job) == _FEED:
        return read_body(job.body, "", "", frozenset(), now)
    from aggregator.reading.normalise import bounded

    item = _read_article(job, shared)
    if isinstance(item, Unreadable):
        return item
    return Reading(FeedInfo(format=_ARTICLE), (bounded(item, now),))


def _read_article(job: FileJob, shared: frozenset[str]) -> Item | Unreadable:
    if _kind(job) == _PAGE:
        from aggregator.reading.page import read_page

        return read_page(job.body, name=job.name)
    from aggregator.reading.encoding import decode

    text = decode(job.body)
    if isinstance(text, Unreadable):
        return text
    if _kind(job) == _MARKDOWN:
        from aggregator.reading.markdown import read_markdown

        return read_markdown(text, name=job.name, shared_lines=shared)
    from aggregator.reading.article import read_article

    return read_article(text, name=job.name, shared_lines=shared)
