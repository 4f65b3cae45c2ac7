"""A saved HTML page as an `Item`: the article by trafilatura, its metadata, images and links, all sanitised.

The only module that imports trafilatura (on first use: it takes a second). It fetches nothing.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import normalize

from aggregator.model import Item, Unreadable
from aggregator.reading.article import read_article
from aggregator.reading.encoding import decode
from aggregator.reading.html import clean_html, first_words, one_line, plain_text
from aggregator.reading.phrases import fold
from aggregator.reading.urls import web_url

MAX_BYTES = 10_000_000
_SUMMARY = 299  # and the ellipsis
# Where trafilatura has so much less or more than a person would have pasted, it took a part of the article or the comments too.
_LESS, _MORE = 0.75, 3.0
_ENOUGH = 1000  # characters of an article that leave no doubt
_BLOCKS = re.compile(
    r"</?(?:address|article|aside|blockquote|br|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|img"
    r"|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)\b[^>]*>",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\s+(?:[|–—»·•-]|::)\s+")
_FIRST_HEADING = re.compile(r"^\s*<h1[^>]*>(.*?)</h1>\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Meta:
    """What a page says of itself."""

    title: str = ""
    how: str = ""
    url: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    language: str = ""
    image: str = ""
    categories: tuple[str, ...] = ()


def read_page(body: bytes, *, url: str = "", name: str = "") -> Item | Unreadable:
    """Return the article of a saved page, or why there is none.

    `url` is the address the page was fetched from, where that is known: its canonical one goes first. `name` is the
    file's, for the reason. The item's `guid` is empty.
    """
    if len(body) > MAX_BYTES:
        return Unreadable(f"{name or 'the page'} is larger than {MAX_BYTES:,} bytes")
    text = decode(body, html=True)
    if isinstance(text, Unreadable):
        return text
    try:
        return _read(text, url, name)
    except Exception as error:  # noqa: BLE001  # lxml, trafilatura and htmldate raise what they please on hostile pages
        return Unreadable(f"{name or 'the page'} cannot be read as HTML ({type(error).__name__})")


def _read(text: str, url: str, name: str) -> Item | Unreadable:
    trafilatura = _library()
    tree = trafilatura.load_html(text)
    if tree is None:
        return Unreadable(f"{name or 'the page'} holds no HTML")
    meta = _meta(trafilatura, tree, url)
    content = clean_html(trafilatura.extract(
        tree, output_format="html", include_comments=False, include_images=True, include_links=True, include_formatting=True,
    ) or "", _base(tree, meta.url), meta.url, url)  # fmt: skip
    seen = _visible_article(text, meta.title)
    content, how = _chosen(_without_title(content, meta.title), seen)
    return _item(meta, seen, content, how) or Unreadable(f"{name or 'the page'} holds no article")


def _chosen(content: str, seen: Item | Unreadable) -> tuple[str, str]:
    """Trafilatura's article, or the one that the page's visible text shows, and which of them it is."""
    length, expected = len(plain_text(content)), 0 if isinstance(seen, Unreadable) else len(seen.text)
    if not isinstance(seen, Unreadable) and (
        length < _LESS * expected or (length > _MORE * expected and expected > _ENOUGH)
    ):
        return seen.content, "the visible text of the page"
    return content, "trafilatura"


def _library() -> Any:
    """The trafilatura package, which says what it gave up to whoever logs; here it is a value."""
    import trafilatura  # noqa: PLC0415  # a heavy import, of use to saved pages alone

    for logger in ("trafilatura", "htmldate", "courlan", "charset_normalizer"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    return trafilatura


def _item(meta: _Meta, seen: Item | Unreadable, content: str, how: str) -> Item | None:
    """The item of what the page says of itself; where it says nothing of author or date, of what its text says."""
    plain = plain_text(content)
    if not plain and not meta.title:
        return None
    said = Item("") if isinstance(seen, Unreadable) else seen
    evidence = [("title", meta.how), ("content", how)]
    stated = (("author", meta.authors), ("published", meta.published), ("url", meta.url))
    evidence += [(field, "the page's metadata") for field, value in stated if value]
    evidence += [pair for pair in said.evidence if pair[0] in {"author", "published"} and pair[0] not in dict(evidence)]
    return Item(
        guid="",
        title=meta.title or first_words(plain, 100),
        url=meta.url,
        authors=meta.authors or said.authors,
        summary=first_words(plain, _SUMMARY),
        content=content,
        text=normalize("NFKC", plain),
        language=meta.language,
        published=meta.published or said.published,
        categories=meta.categories,
        image=meta.image,
        evidence=tuple(pair for pair in evidence if pair[1]),
    )


def _meta(trafilatura: Any, tree: Any, url: str) -> _Meta:
    found = trafilatura.extract_metadata(tree, url or None)
    title, how = _headline(tree, one_line(found.title or ""), one_line(found.sitename or ""))
    address = web_url(found.url or "", _base(tree, url), url) or web_url(url)
    return _Meta(
        title=title,
        how=how,
        url=address,
        authors=tuple(dict.fromkeys(filter(None, map(one_line, (found.author or "").split(";"))))),
        published=_published(tree, found.date or ""),
        language=one_line(
            _first(
                tree,
                "//html/@lang",
                "//meta[@http-equiv='content-language']/@content",
                "//meta[@property='og:locale']/@content",
            )
        ).replace("_", "-")[:35],
        image=web_url(found.image or "", address),
        categories=tuple(
            dict.fromkeys(filter(None, map(one_line, ",".join([*found.categories, *found.tags]).split(","))))
        ),
    )


def _first(tree: Any, *paths: str) -> str:
    return next((str(value).strip() for path in paths for value in tree.xpath(path) if str(value).strip()), "")


def _base(tree: Any, url: str) -> str:
    return web_url(_first(tree, "//base/@href"), url)


def _published(tree: Any, day: str) -> datetime | None:
    """The day that trafilatura found, to the minute where the page's own metadata names the same day."""
    try:
        date = datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        return None
    stated = _first(
        tree,
        "//meta[@property='article:published_time']/@content",
        "//meta[@itemprop='datePublished']/@content",
        "//time[@itemprop='datePublished']/@datetime",
    )
    try:
        moment = datetime.fromisoformat(stated)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return date
    return moment.replace(microsecond=0) if abs(moment - date) < timedelta(days=2) else date


def _headline(tree: Any, found: str, site: str) -> tuple[str, str]:
    """The page's headline, and where it stands: the heading that says what the page's title says, else that title."""
    labels = [(one_line(_first(tree, path)), how) for path, how in (
        ("//meta[@property='og:title']/@content", "og:title"), ("//meta[@name='twitter:title']/@content", "twitter:title"), ("//head/title/text()", "title"),
    )]  # fmt: skip
    labels = [(_without_site(label, site), how) for label, how in [*labels, (found, "the page's metadata")] if label]
    for tag in ("h1", "h2"):
        headings = [one_line(heading.text_content()) for heading in tree.xpath(f"//{tag}")[:30]]
        for heading in filter(None, headings):
            if len(heading) <= 300 and any(_same_headline(heading, label) for label, _ in labels):
                return heading, tag
    return labels[0] if labels else ("", "")


def _same_headline(heading: str, label: str) -> bool:
    """Whether most of the words of one are the other's; a site's name in both is too short to say so."""
    one, other = set(fold(heading).split()), set(fold(label).split())
    return (
        len(one) > 2
        and len(one & other) >= 0.6 * min(len(one), len(other))
        and len(one & other) >= 0.4 * max(len(one), len(other))
    )


def _without_site(label: str, site: str) -> str:
    """A page's title without the site's name behind or before it."""
    parts = _SUFFIX.split(label)
    name = fold(site)
    while len(parts) > 1 and name and fold(parts[-1]) and (fold(parts[-1]) in name or name in fold(parts[-1])):
        parts.pop()
    if len(parts) > 1 and name and fold(parts[0]) == name:
        parts.pop(0)
    return label[label.index(parts[0]) : label.rindex(parts[-1]) + len(parts[-1])]


def _without_title(content: str, title: str) -> str:
    first = _FIRST_HEADING.match(content)
    return content[first.end() :] if first and fold(plain_text(first[1])) == fold(title) else content


def _visible_article(text: str, title: str) -> Item | Unreadable:
    """What a person would have pasted of the page, from the headline on, read as such."""
    lines = _lines(text)
    heading = fold(title)
    start = next((place for place, line in enumerate(lines) if heading and fold(line) == heading), None)
    return read_article("\n\n".join(lines[start:] if start is not None else [title, *lines]))


def _lines(text: str) -> list[str]:
    parts: Iterable[str] = (plain_text(part) for part in _BLOCKS.split(clean_html(text)))
    return [part for part in parts if part]
