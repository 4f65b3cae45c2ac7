"""From what a feed says to an `Item`: plain titles, safe HTML, absolute links, bounded lists, a lasting guid.

Pure, and idempotent: normalising what was normalised changes nothing. Readers of a format fill a `RawItem`; what the
fields mean is decided here, once for all formats.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from html import unescape

from aggregator.model import AHEAD, Enclosure, Item, Origin
from aggregator.reading.html import clean_html, clean_text, first_words, one_line, paragraphs, plain_text
from aggregator.reading.urls import web_url

MAX_TITLE = 1_000
MAX_NAME = 200
MAX_LIST = 50
MAX_GUID = 2_000
MAX_SUMMARY = 2_000
OLDEST_YEAR = 1990


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text as a feed gives it: plain or HTML, and the base that its own xml:base sets, if any."""

    value: str = ""
    html: bool = False
    base: str = ""


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item as its format has it; `link` and the other URLs may be relative to `base`."""

    guid: str = ""
    title: Text = Text()
    link: str = ""
    base: str = ""
    authors: tuple[str, ...] = ()
    summary: Text = Text()
    content: Text = Text()
    language: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str = ""
    comments: str = ""
    rights: str = ""
    origin: Origin | None = None


def normalise(raw: RawItem, site: str, feed: str, now: datetime) -> Item:
    """Return the item as we keep it.

    `site` is the feed's own page and `feed` the URL it is configured under: the last two bases for a relative link,
    after xml:base and the item's link (a reader resolves against neither, so it is done once and for all).
    """
    link = web_url(_with_host(raw.link, site), raw.base, site, feed)
    title = one_line(plain_text(raw.title.value) if raw.title.html else raw.title.value)[:MAX_TITLE]
    content = _html(raw.content, link, site, feed) or _html(raw.summary, link, site, feed)
    text = plain_text(content)
    return Item(
        guid=_guid(raw.guid, link, title, content),
        title=title,
        url=link,
        authors=_names(raw.authors),
        summary=_summary(raw, text),
        content=content,
        text=text,
        language=_language(raw.language),
        published=_believable(raw.published, now),
        updated=_believable(raw.updated, now),
        categories=_names(raw.categories),
        enclosures=_enclosures(raw.enclosures, (raw.base, link, site, feed)),
        image=web_url(raw.image, raw.base, link, site, feed),
        comments=web_url(raw.comments, raw.base, link, site, feed),
        rights=one_line(plain_text(raw.rights))[:MAX_TITLE],
        origin=_origin(raw.origin),
    )


def _with_host(link: str, site: str) -> str:
    """The link, with its scheme where it begins with the site's own host ("example.org/a" beside "https://example.org/")."""
    scheme, _, rest = site.partition("://")
    return f"{scheme}://{link}" if rest and link.startswith(rest.partition("/")[0] + "/") else link


def _html(text: Text, link: str, site: str, feed: str) -> str:
    if not text.value.strip():
        return ""
    if not text.html:
        return paragraphs(text.value)
    return clean_html(text.value, text.base, link, site, feed)


def _summary(raw: RawItem, text: str) -> str:
    """The given summary as plain text, else the first words of the content."""
    given = raw.summary.value if raw.content.value.strip() else ""
    summary = one_line(plain_text(given) if raw.summary.html else given)
    return first_words(summary, MAX_SUMMARY) or first_words(text)


def _guid(guid: str, link: str, title: str, content: str) -> str:
    """The source's id, else the link, else a hash: never the place in the list, never the clock."""
    given = clean_text(guid).strip()
    if len(given) > MAX_GUID:
        return "hash:" + _hash(given)
    return given or link or "hash:" + _hash(title + "\n" + content)


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    """Names without mark-up or repetition, in order."""
    names = (one_line(unescape(value) if "&" in value else value)[:MAX_NAME] for value in values[: 4 * MAX_LIST])
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_LIST]


def _language(tag: str) -> str:
    """A BCP 47 tag in its usual case ("en", "en-GB"), or "" for what cannot be one."""
    parts = tag.strip().replace("_", "-").split("-")
    if not (2 <= len(parts[0]) <= 3 and all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts)):
        return ""
    rest = (part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part.lower() for part in parts[1:])
    return "-".join([parts[0].lower(), *rest])


def _believable(when: datetime | None, now: datetime) -> datetime | None:
    """The date to the second, or None where no item can have it (before feeds, or more than a day ahead)."""
    if when is None or when.year < OLDEST_YEAR or when > now + AHEAD:
        return None
    return when.replace(microsecond=0)


def _enclosures(enclosures: tuple[Enclosure, ...], bases: tuple[str, ...]) -> tuple[Enclosure, ...]:
    found = {}
    for given in enclosures[: 4 * MAX_LIST]:
        url = web_url(given.url, *bases)
        if url and url not in found:
            found[url] = Enclosure(url, _media_type(given.type), given.length)
    return tuple(found.values())[:MAX_LIST]


def _media_type(text: str) -> str:
    kind = text.strip().lower().partition(";")[0]
    main, slash, sub = kind.partition("/")
    return kind if slash and main.isalnum() and sub and sub.isascii() and not set(sub) & set(' "<>') else ""


def _origin(origin: Origin | None) -> Origin | None:
    if origin is None:
        return None
    cleaned = Origin(one_line(plain_text(origin.title))[:MAX_TITLE], web_url(origin.url))
    return cleaned if cleaned.title or cleaned.url else None


def bounded(item: Item, now: datetime) -> Item:
    """Return an item that a reader of articles made, within the bounds that hold for all; its guid is given later."""
    return replace(
        item,
        title=one_line(item.title)[:MAX_TITLE],
        url=web_url(item.url),
        authors=_names(item.authors),
        categories=_names(item.categories),
        summary=item.summary[:MAX_SUMMARY],
        text=plain_text(item.content),
        language=_language(item.language),
        published=_believable(item.published, now),
        updated=_believable(item.updated, now),
        image=web_url(item.image),
    )
