"""A pasted text as an `Item`: headline, by-line, date and the article itself, without what the site put round it.

Pure: the same text gives the same item. What is the article's is decided in `leftovers`, its mark-up in `markup`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from unicodedata import normalize

from aggregator.model import Item, Unreadable
from aggregator.reading.byline import published_below, read_credits, source_line
from aggregator.reading.frontmatter import FrontMatter, read_front_matter
from aggregator.reading.html import first_words, plain_text
from aggregator.reading.leftovers import Article, find_article
from aggregator.reading.markup import to_html
from aggregator.reading.phrases import fold
from aggregator.reading.signals import Line, look
from aggregator.reading.wraps import Block, blocks

_TITLE = 100  # characters of a title that is made of an article's first words
_FIRST_SENTENCE = re.compile(r".{10,98}?(?:[.!?؟](?=\s|$)|[。！？])")
_LONGEST_HEADLINE, _HEADLINE_WORDS, _SENTENCE_WORDS = 300, 40, 14
_INNER_STOP = re.compile(r"[.!?]\s+\S")
_SUMMARY = 299  # and the ellipsis
_MANY = 3  # files that can have something in common
# What may stand above a headline: menus, dates, the section's name, a line that every file of the folder has.
_ABOVE = frozenset({"menu", "tools", "share", "date", "ago", "advert", "pointer", "box", "plea", "shared"})
_MOST_ABOVE = 6
_NEAR = 12  # lines at either end among which the address of the article may stand

Evidence = tuple[tuple[str, str], ...]


def read_article(text: str, *, name: str = "", shared_lines: frozenset[str] = frozenset()) -> Item | Unreadable:
    """Return the article in a pasted text, or why there is none.

    `name` is the file's, for the reason; `shared_lines` are those that most files of its folder have
    (`lines_in_common`). The item's `guid` is empty: whoever keeps the file gives it one.
    """
    front = read_front_matter(text)
    return compose(blocks(front.body), front, to_html, name=name, shared_lines=shared_lines)


def lines_in_common(texts: Iterable[str]) -> frozenset[str]:
    """Return the lines that more than half of a folder's texts have: its site's menus and footers."""
    counts: Counter[str] = Counter()
    files = 0
    for text in texts:
        files += 1
        counts.update({block.text for block in blocks(read_front_matter(text).body)})
    return frozenset(line for line, count in counts.items() if files >= _MANY and count > files / 2)


def compose(
    found: list[Block],
    front: FrontMatter,
    render: Callable[[tuple[Line, ...]], str],
    *,
    name: str = "",
    shared_lines: frozenset[str] = frozenset(),
) -> Item | Unreadable:
    """Return the item that blocks of text make; `render` turns those that are the article's into sanitised HTML."""
    if not found and not front.title:
        return Unreadable(f"{name or 'the text'} holds no text")
    title, below, how = _headline(found, front, shared_lines)
    said = read_credits(below, title)
    url, source = source_line(below[:_NEAR] + below[_NEAR:][-_NEAR:])
    headline = title if len(below) < len(found) else ""
    article = find_article([block for block in below if block is not source], headline, said.authors, shared_lines)
    behind = published_below(_behind(below, article))
    content = render(article.lines)
    plain = plain_text(content)
    return Item(
        guid="",
        title=title,
        url=front.url or url,
        authors=front.authors or said.authors,
        summary=first_words(front.summary or plain, _SUMMARY),
        content=content,
        text=normalize("NFKC", plain),
        language=front.language,
        published=front.published or said.published or behind.published,
        updated=front.updated or said.updated,
        categories=front.tags,
        evidence=_evidence(front.evidence, how, said.evidence, source, behind.evidence, article),
    )


def _headline(found: list[Block], front: FrontMatter, shared: frozenset[str]) -> tuple[str, list[Block], str]:
    """The title, the blocks below it, and where it was found.

    A text without a headline is titled by its first words, and keeps them.
    """
    place = _place_of_headline(found, shared)
    if front.title:
        repeated = place is not None and fold(found[place].text) == fold(front.title)
        return front.title, found[(place or 0) + 1 :] if repeated else found, "front matter"
    if place is None:
        return _first_sentence(found[0].text), found, "the first words of the text"
    return found[place].text, found[place + 1 :], f"line {found[place].line}"


def _place_of_headline(found: list[Block], shared: frozenset[str]) -> int | None:
    """The first block that can be a headline, over which nothing but leftovers stand; None where the text has none."""
    if len(found) < 2:
        return None
    above = (place for place, block in enumerate(found[:_MOST_ABOVE]) if _ABOVE.isdisjoint(look(block, shared).signals))
    place = next(above, 0)
    return next((place for place in (place, 0) if _can_be_headline(look(found[place]))), None)


def _can_be_headline(line: Line) -> bool:
    """Whether a first line is a headline: short, not marked as something else, and no more than a brief sentence."""
    text = line.block.text
    if line.block.form not in {"plain", "heading"} or len(text) > _LONGEST_HEADLINE or line.words > _HEADLINE_WORDS:
        return False
    if line.signals[0] == "sentence25" or len(_INNER_STOP.findall(text)) > 1:
        return False
    return line.words <= _SENTENCE_WORDS or not text.rstrip("\"'”’»)").endswith((".", "。"))


def _first_sentence(text: str) -> str:
    """The text's first sentence where it is short, else its first words."""
    sentence = _FIRST_SENTENCE.match(text)
    return sentence[0].rstrip(".。") if sentence else first_words(text, _TITLE)


def _behind(below: list[Block], article: Article) -> list[Block]:
    if article.end is None:
        return []
    return [block for block in below if block.line >= article.end.block.line]


def _evidence(
    front: Evidence, how: str, said: Evidence, source: Block | None, behind: Evidence, article: Article
) -> Evidence:
    """How each field was found: the best source of each, front matter first."""
    pairs = [("title", how), *front, *said, *behind]
    if source:
        pairs.append(("url", f"line {source.line}: {source.text}"))
    if article.lines:
        pairs.append(("content", _span(article)))
    found: dict[str, str] = {}
    for field, where in pairs:
        found.setdefault(field, where)
    return tuple(found.items())


def _span(article: Article) -> str:
    first, last = article.lines[0].block.line, article.lines[-1].block.line
    span = f"line {first}" if first == last else f"lines {first} to {last}"
    if article.end is None:
        return span
    return f"{span}; left out from line {article.end.block.line} on: {article.end.block.text[:80]}"
