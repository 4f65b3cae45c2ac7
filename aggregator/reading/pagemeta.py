"""What a web page says of itself: headline, address, authors, date, language. Parses nothing: it takes a tree."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.reading.html import one_line
from aggregator.reading.phrases import fold
from aggregator.reading.urls import web_url

_TITLES = {
    "og:title": "//meta[@property='og:title']/@content",
    "twitter:title": "//meta[@name='twitter:title']/@content",
    "title": "//head/title/text()",
}
_LANGUAGES = (
    "//html/@lang",
    "//meta[@http-equiv='content-language']/@content",
    "//meta[@property='og:locale']/@content",
)
_PUBLISHED = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//time[@itemprop='datePublished']/@datetime",
)
_HEADINGS = 30
_LONGEST_HEADLINE = 300
_PARTS = re.compile(r"\s+(?:[|–—»·•-]|::)\s+")  # what stands between a title and the site's name


@dataclass(frozen=True, slots=True)
class PageMeta:
    """A page's own account of itself; `how` is where its title stands."""

    title: str = ""
    how: str = ""
    url: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    language: str = ""
    image: str = ""
    categories: tuple[str, ...] = ()


def page_meta(tree: Any, found: Any, url: str) -> PageMeta:
    """Return what the page says of itself.

    `tree` is the parsed page (lxml), `found` the metadata trafilatura found in it, `url` where it was fetched from.
    """
    title, how = _headline(tree, one_line(found.title or ""), one_line(found.sitename or ""))
    address = web_url(found.url or "", page_base(tree, url), url) or web_url(url)
    return PageMeta(
        title=title,
        how=how,
        url=address,
        authors=_several((found.author or "").split(";")),
        published=_published(tree, found.date or ""),
        language=one_line(_first(tree, _LANGUAGES)).replace("_", "-")[:35],
        image=web_url(found.image or "", address),
        categories=_several(",".join([*found.categories, *found.tags]).split(",")),
    )


def page_base(tree: Any, url: str) -> str:
    """The address that the page's links are relative to, where it names one; else ""."""
    return web_url(_first(tree, ("//base/@href",)), url)


def _first(tree: Any, paths: tuple[str, ...]) -> str:
    return next((str(value).strip() for path in paths for value in tree.xpath(path) if str(value).strip()), "")


def _several(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in map(one_line, values) if value))


def _published(tree: Any, day: str) -> datetime | None:
    """The day that trafilatura found, to the second where the page's own metadata names the same day."""
    try:
        date = datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        return None
    try:
        moment = datetime.fromisoformat(_first(tree, _PUBLISHED))
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return date
    return moment if abs(moment - date) < timedelta(days=2) else date


def _headline(tree: Any, found: str, site: str) -> tuple[str, str]:
    """The page's headline, and where it stands: the heading that says what the page's title says, else that title."""
    titles = [(one_line(_first(tree, (path,))), how) for how, path in _TITLES.items()]
    labels = [(_without_site(title, site), how) for title, how in [*titles, (found, "the page's metadata")] if title]
    for tag in ("h1", "h2"):
        for element in tree.xpath(f"//{tag}")[:_HEADINGS]:
            heading = one_line(element.text_content())
            if len(heading) <= _LONGEST_HEADLINE and any(_same_headline(heading, label) for label, _ in labels):
                return heading, tag
    return labels[0] if labels else ("", "")


def _same_headline(heading: str, label: str) -> bool:
    """Whether most words of either are the other's; a site's name alone, of a word or two, says nothing."""
    one, other = set(fold(heading).split()), set(fold(label).split())
    both = len(one & other)
    return len(one) > 2 and both >= 0.6 * min(len(one), len(other)) and both >= 0.4 * max(len(one), len(other))


def _without_site(title: str, site: str) -> str:
    """A page's title without the site's name before or behind it."""
    parts, name = _PARTS.split(title), fold(site)
    if not name:
        return title
    while len(parts) > 1 and (last := fold(parts[-1])) and (last in name or name in last):
        parts.pop()
    if len(parts) > 1 and fold(parts[0]) == name:
        parts.pop(0)
    return title[title.index(parts[0]) : title.rindex(parts[-1]) + len(parts[-1])]
