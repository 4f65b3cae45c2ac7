"""What feedparser found, field by field, as our own values. It does not parse, and decides nothing about meaning."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from aggregator.model import Enclosure, FeedInfo, Origin, Rhythm
from aggregator.reading.html import one_line, plain_text
from aggregator.reading.normalise import MAX_LIST, MAX_TITLE, RawItem, Text
from aggregator.reading.urls import web_url

# feedparser reads "2024-13-99" as a day in 2025.
_IMPOSSIBLE_DATE = re.compile(r"\s*\d{4}-(?:(?:00|1[3-9]|[2-9]\d)-|\d\d-(?:00|3[2-9]|[4-9]\d))")
_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MAILBOX = re.compile(
    r"^\s*(?:[^\s@()<>]+@[^\s@()<>]+\s*\((?P<a>[^()]+)\)|(?P<b>[^@<>]+?)\s*<[^\s@<>]+@[^\s@<>]+>)\s*$"
)
_BARE_HOST = re.compile(r"(?:[a-z0-9-]+\.)+(?!html?|php|xml|aspx?|json|txt|rss|atom)[a-z]{2,}/?", re.IGNORECASE)
_HTML_TYPES = ("text/html", "application/xhtml+xml")


def feed_info(parsed: Any, url: str, skips: tuple[str, ...]) -> FeedInfo:
    """Return what the feed says of itself; `url` is the one it is configured under."""
    feed = parsed.feed
    links = _dicts(feed.get("links"))
    base = _text(feed.get("title_detail")).base
    return FeedInfo(
        format=str(parsed.get("version", "")),
        id=_string(feed, "id"),
        title=_plain(feed, "title")[:MAX_TITLE],
        url=web_url(_with_scheme(_string(feed, "link")), base, url),
        language=_string(feed, "language"),
        rights=_plain(feed, "rights")[:MAX_TITLE],
        self_url=_rel(links, "self", url),
        hub=_rel(links, "hub", url),
        rhythm=_rhythm(feed, skips),
    )


def raw_item(entry: Any, info: FeedInfo) -> RawItem:
    """Return one entry as it stands; what the feed says for all its entries is filled in where an entry is silent."""
    title = _own_text(entry, "title")
    content = _longest(_dicts(entry.get("content")))
    summary = _own_text(entry, "summary")
    return RawItem(
        guid=_string(entry, "id"),
        title=title,
        link=_string(entry, "link"),
        base=content.base or summary.base or title.base,
        authors=tuple(_authors(entry)),
        summary=summary,
        content=content,
        language=_entry_language(entry) or info.language,
        published=_date(entry, "published") or _date(entry, "created") or _rss_updated(entry, info),
        updated=_date(entry, "updated"),
        categories=tuple(str(tag.get("label") or tag.get("term") or "") for tag in _dicts(entry.get("tags"))),
        enclosures=tuple(_enclosures(entry)),
        image=_image(entry),
        comments=_string(entry, "comments"),
        rights=_string(entry, "rights"),
        origin=_origin(entry),
    )


def _with_scheme(link: str) -> str:
    """The link, with a scheme where someone wrote their host alone ("example.org/")."""
    return f"https://{link}" if _BARE_HOST.fullmatch(link) else link


def _dicts(given: Any) -> list[Any]:
    """The list; nothing where feedparser puts there what stands in an element of that very name."""
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _string(thing: Any, field: str) -> str:
    return str(thing.get(field) or "").strip()


def _plain(thing: Any, field: str) -> str:
    text = _text(thing.get(f"{field}_detail"))
    return one_line(plain_text(text.value) if text.html else text.value)


def _text(detail: Any) -> Text:
    if not isinstance(detail, dict):
        return Text()
    return Text(str(detail.get("value") or ""), detail.get("type") in _HTML_TYPES, str(detail.get("base") or ""))


def _own_text(entry: Any, field: str) -> Text:
    """The entry's own text: feedparser files the details of a title inside its `<author>` in the same place."""
    detail, value = entry.get(f"{field}_detail"), entry.get(field)
    if isinstance(detail, dict) and value and detail.get("value") != value:
        return Text(str(value), html=True, base=str(detail.get("base") or ""))
    return _text(detail)


def _longest(contents: list[Any]) -> Text:
    """Of several contents the longest: feeds give a short one beside the whole (content:encoded, xhtml:body)."""
    return max((_text(content) for content in contents[:MAX_LIST]), key=lambda text: len(text.value), default=Text())


def _authors(entry: Any) -> Iterable[str]:
    for author in _dicts(entry.get("authors"))[: 4 * MAX_LIST]:
        name = str(author.get("name") or author.get("email") or "")
        mailbox = _MAILBOX.match(name[:1000])
        yield (mailbox["a"] or mailbox["b"]) if mailbox else name


def _entry_language(entry: Any) -> str:
    details = _dicts([*_dicts(entry.get("content")), entry.get("summary_detail"), entry.get("title_detail")])
    return next((str(detail["language"]) for detail in details if detail.get("language")), "")


def _date(entry: Any, field: str) -> datetime | None:
    # Past feedparser's own look-up, which answers with the publication where an update is asked for.
    parsed = dict.get(entry, f"{field}_parsed")
    if not parsed or _IMPOSSIBLE_DATE.match(str(dict.get(entry, field) or "")):
        return None
    try:
        year, month, day, hour, minute, second = parsed[:6]
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (TypeError, ValueError):
        return None


def _rss_updated(entry: Any, info: FeedInfo) -> datetime | None:
    """RSS has no date of change: its dc:date, which feedparser files under "updated", is when the item appeared."""
    return None if info.format.startswith("atom") else _date(entry, "updated")


def _enclosures(entry: Any) -> Iterable[Enclosure]:
    # feedparser finds enclosures among the links, which have to be some.
    for given in _dicts(entry.get("enclosures")) if isinstance(entry.get("links", []), list) else ():
        yield Enclosure(_string(given, "href"), _string(given, "type"), whole(given.get("length")))
    for given in _dicts(entry.get("media_content")):
        kind = _string(given, "type") or _string(given, "medium")
        if kind.startswith(("audio", "video")):
            yield Enclosure(_string(given, "url"), _string(given, "type"), whole(given.get("filesize")))


def _image(entry: Any) -> str:
    """The picture that stands for the item: a thumbnail, an image in media:content, or an iTunes image."""
    for thumbnail in _dicts(entry.get("media_thumbnail")):
        if thumbnail.get("url"):
            return str(thumbnail["url"])
    for given in _dicts(entry.get("media_content")):
        if "image" in (_string(given, "medium"), _string(given, "type").partition("/")[0]):
            return _string(given, "url")
    image = entry.get("image")
    return _string(image, "href") if isinstance(image, dict) else ""


def _origin(entry: Any) -> Origin | None:
    source = entry.get("source")
    if not isinstance(source, dict):
        return None
    return Origin(
        _plain(source, "title") or _string(source, "title"), _string(source, "link") or _string(source, "href")
    )


def _rel(links: list[Any], rel: str, url: str) -> str:
    return next((web_url(_string(link, "href"), url) for link in links if link.get("rel") == rel), "")


def _rhythm(feed: Any, skips: tuple[str, ...]) -> Rhythm:
    period = _PERIODS.get(_string(feed, "sy_updateperiod").lower(), 0)
    words = [text.strip().lower() for text in skips]
    return Rhythm(
        ttl=max((whole(feed.get("ttl")) or 0) * 60, period // max(1, whole(feed.get("sy_updatefrequency")) or 1)),
        skip_hours=frozenset(int(word) % 24 for word in words if whole(word) is not None and int(word) <= 24),
        skip_days=frozenset(_DAYS.index(word) for word in words if word in _DAYS),
    )


def whole(value: object) -> int | None:
    """Return a whole number that is not negative and not absurd, or None."""
    text = str(value if value is not None else "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else None
