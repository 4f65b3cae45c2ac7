"""A saved HTML page as an `Item`: the article by trafilatura, its metadata, images and links, all sanitised.

The only module that imports trafilatura (on first use: it takes a second). It fetches nothing.
"""

import logging
import re
from typing import Any
from unicodedata import normalize

from aggregator.model import Item, Unreadable
from aggregator.reading.article import read_article
from aggregator.reading.encoding import decode
from aggregator.reading.html import clean_html, first_words, plain_text
from aggregator.reading.pagemeta import PageMeta, page_base, page_meta
from aggregator.reading.phrases import fold

MAX_BYTES = 10_000_000
_SUMMARY = 299  # and the ellipsis
_TITLE = 100
# Where trafilatura has so much less or more than a person would have pasted, it took a part only, or the comments too.
_LESS, _MORE = 0.75, 3.0
_ENOUGH = 1000  # characters of an article that leave no doubt
_EXTRACT = {"include_images": True, "include_links": True, "include_formatting": True, "include_comments": False}
_FIRST_HEADING = re.compile(r"\s*<h1[^>]*>(.*?)</h1>\s*", re.DOTALL)
_BLOCKS = re.compile(
    r"</?(?:address|article|aside|blockquote|br|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]"
    r"|header|hr|img|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul)\b[^>]*>",
    re.IGNORECASE,
)


def read_page(body: bytes, *, url: str = "", name: str = "") -> Item | Unreadable:
    """Return the article of a saved page, or why there is none.

    `url` is the address the page was fetched from, where that is known: its canonical one goes first. `name` is the
    file's, for the reason. The item's `guid` is empty. Dates are judged by htmldate, for which the future is none.
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
    meta = page_meta(tree, trafilatura.extract_metadata(tree, url or None), url)
    base = page_base(tree, url)
    extracted = trafilatura.extract(tree, output_format="html", **_EXTRACT) or ""
    content = _without_title(clean_html(extracted, base, meta.url, url), meta.title)
    seen = _visible_article(text, meta.title)
    content, how = _chosen(content, seen)
    return _item(meta, seen, content, how) or Unreadable(f"{name or 'the page'} holds no article")


def _library() -> Any:
    import trafilatura  # a heavy import, of use to saved pages alone

    # They tell the log what they gave up on; here that is a value.
    for logger in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    return trafilatura


def _without_title(content: str, title: str) -> str:
    first = _FIRST_HEADING.match(content)
    return content[first.end() :] if first and fold(plain_text(first[1])) == fold(title) else content


def _visible_article(text: str, title: str) -> Item | Unreadable:
    """What a person would have pasted of the page, from the headline on, read as such."""
    lines = [line for line in map(plain_text, _BLOCKS.split(clean_html(text))) if line]
    headline = fold(title)
    start = next((place for place, line in enumerate(lines) if headline and fold(line) == headline), None)
    return read_article("\n\n".join([title, *lines] if start is None else lines[start:]))


def _chosen(content: str, seen: Item | Unreadable) -> tuple[str, str]:
    """Trafilatura's article, or the one that the page's visible text shows, and which of them it is."""
    if isinstance(seen, Unreadable):
        return content, "trafilatura"
    length, expected = len(plain_text(content)), len(seen.text)
    if length < _LESS * expected or (length > _MORE * expected and expected > _ENOUGH):
        return seen.content, "the visible text of the page"
    return content, "trafilatura"


def _item(meta: PageMeta, seen: Item | Unreadable, content: str, how: str) -> Item | None:
    """The item of what the page says of itself; where it says nothing of author or date, of what its text says."""
    plain = plain_text(content)
    if not plain and not meta.title:
        return None
    said = Item("") if isinstance(seen, Unreadable) else seen
    return Item(
        guid="",
        title=meta.title or first_words(plain, _TITLE),
        url=meta.url,
        authors=meta.authors or said.authors,
        summary=first_words(plain, _SUMMARY),
        content=content,
        text=normalize("NFKC", plain),
        language=meta.language,
        published=meta.published or said.published,
        categories=meta.categories,
        image=meta.image,
        evidence=_evidence(meta, said, how),
    )


def _evidence(meta: PageMeta, said: Item, how: str) -> tuple[tuple[str, str], ...]:
    stated = (("author", meta.authors), ("published", meta.published), ("url", meta.url))
    pairs = {"title": meta.how or "the first words of the text", "content": how}
    pairs |= {field: found for field, found in said.evidence if field in {"author", "published"}}
    pairs |= {field: "the page's metadata" for field, value in stated if value}
    return tuple(pairs.items())
