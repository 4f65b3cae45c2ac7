"""Entries made ready to show: the one place that decides what of an entry is published; the formats only write it.

Because Atom, RSS, JSON and the pages are all written from these values, they carry the same items, ids and dates.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from html import escape

from aggregator.config.values import Share, Site
from aggregator.model import Copy, Enclosure, Entry, Origin, SourceInfo
from aggregator.publishing import links
from aggregator.publishing.wording import excerpt, headline, language_tag, one_line, permitted, shortened

_STRICTNESS: tuple[Share, ...] = ("full", "summary", "link")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_SUMMARY_LIMIT = 500
_EXCERPT_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Attribution:
    """The source of an entry as it is named: `id` is an IRI, the addresses may be linked or are ""."""

    name: str
    id: str
    title: str
    url: str
    feed_url: str
    rights: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as every format shows it: clean text on one line, one link, ordered dates, no more than may be shown.

    `html` is the content of the feeds, with the other sources named at its end; it is "" where `summary` says it all.
    `body` is the same without them and without words of ours, for the pages. `digest` is what RSS calls description.
    """

    number: int
    uid: str
    title: str
    link: str
    own_page: bool
    source: Attribution
    published: datetime
    updated: datetime
    authors: tuple[str, ...]
    summary: str
    html: str
    body: str
    language: str
    categories: tuple[str, ...]
    enclosures: tuple[Enclosure, ...]
    image: str
    comments: str
    rights: str
    via: Origin | None
    also: tuple[Copy, ...]
    story: tuple[Copy, ...]

    @property
    def digest(self) -> str:
        """The item in a few plain words; never empty."""
        return self.summary or excerpt(self.html, _EXCERPT_LIMIT) or self.title

    @property
    def credited(self) -> tuple[str, ...]:
        """Whom the feeds name as authors: its own, else its source.

        Of an item without any JSON Feed says that the feed's authors, which is us, wrote it; rss2email does so in Atom.
        """
        return self.authors or (self.source.title,)


def stricter(topic: Share, source: Share) -> Share:
    """How much of an item is republished: the stricter of what its topic and its source allow."""
    return max(topic, source, key=_STRICTNESS.index)


def shown(site: Site, topic_share: Share, entries: Iterable[Entry], shares: Mapping[str, Share]) -> tuple[Shown, ...]:
    """The entries in their order, ready to show; `shares` holds each source's `content` by name ("full" if absent).

    No id is shown twice in one document: the first entry that has it stays (RSS validators call a second an error).
    """
    distinct: dict[str, Entry] = {}
    for entry in entries:
        distinct.setdefault(permitted(entry.uid), entry)
    return tuple(
        show(site, entry, stricter(topic_share, shares.get(entry.source.name, "full"))) for entry in distinct.values()
    )


def show(site: Site, entry: Entry, share: Share) -> Shown:
    """One entry ready to show, with as much of its content as `share` allows."""
    published = _to_the_second(entry.published)
    own, summary, body = links.web_url(entry.url), _summary(entry, share), _body(entry, share)
    link = own or links.page_url(site, entry)
    source, enclosures = attribution(site, entry.source), _enclosures(entry.enclosures)
    also, story = _others(entry.also), _told(entry.story)
    return Shown(
        number=entry.id,
        uid=permitted(entry.uid),
        title=headline(entry.title, entry.summary, entry.content),
        link=link,
        own_page=not own,
        source=source,
        published=published,
        updated=max(published, _to_the_second(entry.updated)),
        authors=_names(entry.authors),
        summary=summary,
        html=_html(body, summary, link, source, _also(also) + _more(story)),
        body=body or (f"<p>{escape(summary)}</p>" if summary else ""),
        language=language_tag(entry.language),
        categories=_names(entry.categories),
        enclosures=enclosures,
        image="" if share == "link" else links.web_url(entry.image) or _pictured(enclosures),
        comments=links.web_url(entry.comments),
        rights=one_line(entry.rights),
        via=_via(entry.origin),
        also=also,
        story=story,
    )


def last_change(items: Iterable[Shown], created: datetime) -> datetime:
    """When a feed last changed: the latest of its items' changes, `created` where it has none; never the clock."""
    return max((item.updated for item in items), default=_to_the_second(created))


@lru_cache(maxsize=1_000)
def attribution(site: Site, source: SourceInfo) -> Attribution:
    """A source as it is named in what we publish: worked out once for its many entries."""
    return Attribution(
        name=source.name,
        id=links.source_id(site, source),
        title=one_line(source.title) or source.name,
        url=links.web_url(source.url),
        feed_url=links.web_url(source.feed_url),
        rights=one_line(source.rights),
    )


def _to_the_second(moment: datetime) -> datetime:
    if moment.tzinfo is UTC and not moment.microsecond:
        return moment
    return moment.astimezone(UTC).replace(microsecond=0)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in map(one_line, names) if name))


def _summary(entry: Entry, share: Share) -> str:
    if share == "link":
        return ""
    summary = one_line(entry.summary)
    if share == "full":
        return summary
    return shortened(summary, _SUMMARY_LIMIT) or one_line(excerpt(entry.content, _EXCERPT_LIMIT))


def _body(entry: Entry, share: Share) -> str:
    return permitted(entry.content).strip() if share == "full" else ""


def _html(body: str, summary: str, link: str, source: Attribution, also: str) -> str:
    """The content of the feeds. An entry with neither content nor summary is invalid: it gets a pointer."""
    if body or not summary:
        return (body or _pointer(link, source)) + also
    return f"<p>{escape(summary)}</p>{also}" if also else ""


def _pointer(link: str, source: Attribution) -> str:
    return f'<p><a href="{escape(link)}">Read it at {escape(source.title)}</a></p>'


def _others(copies: Iterable[Copy]) -> tuple[Copy, ...]:
    """The copies whose address may be linked, and the names of the rest; each source with each address once."""
    found: dict[tuple[str, str], Copy] = {}
    for copy in copies:
        source, url = one_line(copy.source.title) or copy.source.name, links.web_url(copy.url)
        found.setdefault((source, url), Copy(_named(copy.source, source), one_line(copy.title), url))
    return tuple(found.values())


def _named(source: SourceInfo, title: str) -> SourceInfo:
    return SourceInfo(source.name, title, links.web_url(source.url), links.web_url(source.feed_url))


def _also(copies: tuple[Copy, ...]) -> str:
    if not copies:
        return ""
    return f"<p>Also in: {', '.join(map(_linked, copies))}</p>"


def _told(copies: Iterable[Copy]) -> tuple[Copy, ...]:
    """The articles on the same event that may be linked, each with a title."""
    return tuple(_as_linked(copy) for copy in copies if links.web_url(copy.url))


def _as_linked(copy: Copy) -> Copy:
    url, name = links.web_url(copy.url), one_line(copy.source.title) or copy.source.name
    return Copy(_named(copy.source, name), one_line(copy.title) or url, url)


def _more(story: tuple[Copy, ...]) -> str:
    if not story:
        return ""
    lines = "".join(
        f'<li><a href="{escape(copy.url)}">{escape(copy.title)}</a> ({escape(copy.source.title)})</li>'
        for copy in story
    )
    return f"<p>More on this story:</p><ul>{lines}</ul>"


def _linked(copy: Copy) -> str:
    name = escape(copy.source.title)
    return f'<a href="{escape(copy.url)}">{name}</a>' if copy.url else name


def _via(origin: Origin | None) -> Origin | None:
    if origin is None:
        return None
    title, url = one_line(origin.title), links.web_url(origin.url)
    return Origin(title, url) if title or url else None


def _enclosures(enclosures: Iterable[Enclosure]) -> tuple[Enclosure, ...]:
    """Those that may be linked, each with a media type: RSS and JSON Feed both demand one."""
    found: dict[str, Enclosure] = {}
    for enclosure in enclosures:
        if url := links.web_url(enclosure.url):
            kind = enclosure.type.strip().lower()
            kind = kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"
            length = enclosure.length if enclosure.length and enclosure.length > 0 else None
            found.setdefault(url, Enclosure(url, kind, length))
    return tuple(found.values())


def _pictured(enclosures: Iterable[Enclosure]) -> str:
    """The first picture enclosed: news feeds often have theirs in no other place."""
    return next((enclosure.url for enclosure in enclosures if enclosure.type.startswith("image/")), "")
