"""The values that travel from stage to stage: all frozen, small, picklable, and free of any library's types.

    PollJob ──polling──▶ Fetched | NotModified | Gone | Failed | Postponed ──reading──▶ Reading | Unreadable
    Item ──curation──▶ (which topics, which duplicates) ──storage──▶ Entry ──publishing──▶ Document

Times are aware UTC datetimes. Text that is absent is "", never None; a date or length that is absent is None.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

AHEAD = timedelta(days=1)  # by which an item may be dated later than it is first seen: clocks and time zones are off


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an item (RSS enclosure, Atom link rel=enclosure, JSON Feed attachment)."""

    url: str
    type: str = ""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The feed an item first came from, where the source that shows it is itself an aggregate (`atom:source`)."""

    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a source, normalised: what is stored, compared, routed and published.

    `guid` is the source's own id to the letter, else its link, else `hash:` and a digest of title and content.
    `title`, `summary` and `authors` are plain text; `content` is sanitised HTML whose links are all absolute, and
    `text` its words, worked out once for rules, search and the comparison of articles.
    `published` and `updated` are what the source says (None where it says nothing believable).
    `evidence` holds (field, how it was found) pairs where that is not plain from the feed: seeds, saved pages.
    `digest` is that of the item's own bytes in the body it was read from, by which the next reading passes it over.
    """

    guid: str
    title: str = ""
    url: str = ""
    authors: tuple[str, ...] = ()
    summary: str = ""
    content: str = ""
    text: str = field(default="", repr=False)
    language: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str = ""
    comments: str = ""
    rights: str = ""
    origin: Origin | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What a feed's body says of when to come again: seconds, UTC hours 0-23, weekdays Monday=0."""

    ttl: int = 0
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedInfo:
    """What a feed says of itself."""

    format: str = ""
    id: str = ""
    title: str = ""
    url: str = ""
    language: str = ""
    rights: str = ""
    self_url: str = ""
    hub: str = ""
    rhythm: Rhythm = Rhythm()


@dataclass(frozen=True, slots=True)
class Reading:
    """A body that was read: the feed and its items, newest as the source orders them.

    `digests` are those of every item's bytes in the body (16 bytes each), so that the next reading can pass over
    what is known. `complete` is false where the body broke off and only its whole items could be taken.
    """

    feed: FeedInfo
    items: tuple[Item, ...] = ()
    warnings: tuple[str, ...] = ()
    complete: bool = True
    digests: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body that is no feed, or one that is refused; `reason` is a sentence for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it was when it was last read; `modified` in nanoseconds; `guid` is its article's, if it is one."""

    path: str
    size: int
    modified: int
    digest: bytes
    guid: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Validators:
    """ETag and Last-Modified, opaque, to the byte (header bytes decoded as latin-1), and the URL that sent them."""

    etag: str = ""
    last_modified: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Caching:
    """What a response's headers say of when to come again, in seconds from the response; None where silent."""

    max_age: int | None = None
    expires: int | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class PollJob:
    """One visit to make. `timeout` in seconds, `max_bytes` decoded.

    `url` is what is asked for; `configured_url` is what feeds.toml says, where a permanent redirect has led us on: what
    is relative in the feed is resolved against that one, so that a redirect changes no link.
    """

    source: str
    url: str
    configured_url: str = ""
    validators: Validators = Validators()
    timeout: float = 30.0
    max_bytes: int = 10_000_000
    body_digest: bytes = b""
    known: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A 200 (or 226) with its whole decoded body. `moved_to` is where the leading permanent redirects lead, or "".

    `link` holds its Link headers, joined, as latin-1, and `digest` is that of the body.
    """

    url: str
    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    validators: Validators = Validators()
    caching: Caching = Caching()
    moved_to: str = ""
    link: str = ""
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class NotModified:
    """A 304, or a 200 whose body is to the byte the last one. `validators` are what to send from now on.

    `link` holds its Link headers, joined, as latin-1.
    """

    validators: Validators
    caching: Caching = Caching()
    status: int = 304
    moved_to: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """A 410 or 451: the publisher asks not to come again."""

    status: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A poll that brought nothing: `reason` is a sentence for a person; `status` is None where no answer came."""

    reason: str
    status: int | None = None
    caching: Caching = Caching()


@dataclass(frozen=True, slots=True)
class Postponed:
    """A poll that was not made, because its host asked to be left alone for `seconds` more; that is nobody's failure.

    `asked` is true where the source's own server was asked, and its redirect leads to such a host.
    """

    reason: str
    seconds: int
    asked: bool = False
    status: None = None


Answer = Fetched | NotModified | Gone | Failed
Response = Answer | Postponed


@dataclass(frozen=True, slots=True)
class Fields:
    """What a topic rule may look at: the plain text of one item."""

    title: str = ""
    summary: str = ""
    content: str = ""
    categories: tuple[str, ...] = ()
    author: str = ""
    source: str = ""
    language: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source as it is named in what we publish. `feed_url` is "" where the fetch URL must stay private."""

    name: str
    title: str
    url: str = ""
    feed_url: str = ""
    feed_id: str = ""
    rights: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """Another source's copy of an article, folded into an entry."""

    source: SourceInfo
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored item as it is published: ids and dates are final.

    `also` names the sources folded into it, `story` the other articles of its topic on the same event, newest first.

    `id` is the number in the database, `uid` the published id, an IRI that never changes.
    """

    id: int
    uid: str
    title: str
    url: str
    source: SourceInfo
    published: datetime
    updated: datetime
    authors: tuple[str, ...] = ()
    summary: str = ""
    content: str = ""
    language: str = ""
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str = ""
    comments: str = ""
    rights: str = ""
    origin: Origin | None = None
    also: tuple[Copy, ...] = ()
    story: tuple[Copy, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A file to publish: `path` below the output folder, with forward slashes."""

    path: str
    body: bytes = field(repr=False)
