"""The author, the date and the address in the lines about an article, where they are clear, and how each was found."""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from aggregator.reading.dateline import Dated, dates_in
from aggregator.reading.phrases import BETWEEN_NAMES, BY, NOBODY, PUBLISHED, SOURCE, WIDE, fold, kind_of
from aggregator.reading.urls import web_url
from aggregator.reading.wraps import Block

_LONGEST = 160  # characters of a line about the article
_TOP = 12  # lines
_SENTENCE = 10  # words
_STOPS = (".", "!", "?", "…", "。", "！", "？", "؟")
# Words that a date line may hold beside its dates: more where one says what the date is, or whose the article.
_OTHER_WORDS, _NAMED_WORDS = 4, 8
_NEXT = 4  # lines behind an article
# What ends the names of a by-line: a date, a role, an address, the next field.
_STOP = re.compile(
    r"\s+[-–—•·/@]|\s*[|(\[<;:•·]|[\s,]+\d|\s(?:in|on|at|for|für|pour|para|per|am|um|vom)\s", re.IGNORECASE
)
_FIELD = re.compile(r"\s*(?:[|•·/]|\s[-–—]\s)\s*")
_AND = re.compile(rf"\s*[,、，]\s*|\s+(?:{'|'.join(sorted(map(re.escape, BETWEEN_NAMES)))})\s+", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][^\W\d_.’'´`-]*(?:[.’'´`-][^\W\d_]*)*")
_PARTICLES = frozenset((
    "al", "bin", "da", "de", "degli", "dei", "del", "della", "der", "di", "do", "dos", "du", "e", "el", "ibn", "la",
    "le", "of", "san", "st", "ten", "ter", "und", "van", "vom", "von", "y", "zu", "zum", "zur",
))  # fmt: skip
_WIDE_FIELD = re.compile(rf"(?P<by>{WIDE.pattern}+)\s?[:：/／]\s?(?P<name>\S{{2,10}})")  # "文／王小明"
_URL_LINE = re.compile(r"(?:(?P<label>[^\W\d_][^:：]{0,30}?)\s*[:：]\s*)?<?(?P<url>https?://[^\s<>]+)>?")
_ARTICLES = frozenset({"The", "Der", "Die", "Das", "Le", "La", "Les", "El", "Los", "Il"})
_GLUED = re.compile(r"[a-z][A-Z]{3}")  # "Jo DoeREUTERS", where the page had no space to paste
_READING_TIME = re.compile(r"\d+\s?-?\s?min", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Credits:
    """Who wrote an article, when it was published and where; `evidence` holds (field, how it was found) pairs."""

    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    url: str = ""
    evidence: tuple[tuple[str, str], ...] = ()


def read_credits(blocks: list[Block], title: str) -> Credits:
    """What the lines just below the headline say. Never a relative day, never a guess."""
    top = _top(blocks)
    authors, by = _authors(top, fold(title))
    dates, dated = _dates(top)
    evidence = [("author", f"by-line on {_where(by)}")] if by else []
    evidence += [("published", f"date line on {_where(dated)}")] if dated else []
    first = next((date for date in dates if not date.update), dates[0] if dates else None)
    change = next((date for date in dates if date.update), None)
    return Credits(authors, first.when if first else None, change.when if change else None, evidence=tuple(evidence))


def published_below(blocks: list[Block]) -> Credits:
    """The date in the lines just behind an article, where a word says that it is that of publication."""
    for block in blocks[:_NEXT]:
        dates = dates_in(block.text)
        if dates and len(block.text) <= _LONGEST and not PUBLISHED.isdisjoint(fold(block.text).split()):
            found = next((date for date in dates if not date.update), dates[0])
            return Credits(published=found.when, evidence=(("published", f"date line on {_where(block)}"),))
    return Credits()


def source_line(blocks: list[Block]) -> tuple[str, Block | None]:
    """The address in a line such as "Source: https://…", and that line; "" where there is none or more than one."""
    found = {}
    for block in blocks:
        match = _URL_LINE.fullmatch(block.text) if len(block.text) < 4000 else None
        if match and fold(match["label"] or "") in SOURCE and (url := web_url(match["url"])):
            found[url] = block
    return next(iter(found.items())) if len(found) == 1 else ("", None)


def _where(block: Block) -> str:
    return f"line {block.line}: {block.text[:_LONGEST]}"


def _top(blocks: list[Block]) -> list[Block]:
    """The lines among which a by-line stands: the first few, and none behind the second paragraph."""
    paragraphs = [place for place, block in enumerate(blocks[:_TOP]) if _is_paragraph(block.text)]
    top = blocks[: paragraphs[1] if len(paragraphs) > 1 else _TOP]
    return [block for block in top if len(block.text) <= _LONGEST]


def _is_paragraph(text: str) -> bool:
    words = len(text) / 2 if WIDE.search(text) else len(text.split())
    return len(text) > _LONGEST or (words >= _SENTENCE and text.rstrip('"”’»)')[-1:] in _STOPS)


def _dates(top: list[Block]) -> tuple[list[Dated], Block | None]:
    """The dates of the first line that is a date line, and of the line below it where that is one too."""
    for place, block in enumerate(top):
        if dates := _date_line(block):
            below = _date_line(top[place + 1]) if place + 1 < len(top) else []
            return dates + [date for date in below if date.update], block
    return [], None


def _date_line(block: Block) -> list[Dated]:
    """The dates of a line that holds little else; a caption, a sentence or the span of an event is no date line."""
    text = block.whole
    dates = dates_in(text)
    if not dates or "©" in text:
        return []
    rest = text
    for date in reversed(dates):
        rest = rest[: date.start] + " " + rest[date.end :]
    other = fold(rest).split()
    named = any(date.update for date in dates) or not PUBLISHED.isdisjoint(other) or not BY.isdisjoint(other)
    if len(other) > (_NAMED_WORDS if named else _OTHER_WORDS) or (len(dates) > 1 and not named):
        return []
    return dates


def _authors(top: list[Block], title: str) -> tuple[tuple[str, ...], Block | None]:
    for block in top:
        if not block.text.endswith(("!", "?", ":")) and (names := _by_line(block.text)):
            return names, block
    for block, below in pairwise(top):
        if _is_bare_name(block.text, title) and _tells_of_author(below):
            return (_tidy(block.text),), block
    return (), None


def _by_line(text: str) -> tuple[str, ...]:
    """The names behind a by-line's word, at the start of the line or of a field of it ("9 May 2019 | by Jo Doe")."""
    for field in (text, *_FIELD.split(text)[1:]):
        words = field.replace(":", ": ").replace("：", ": ").split()
        folded = [fold(word) for word in words]
        for count in (3, 2, 1):
            if len(words) > count and " ".join(folded[:count]) in BY:
                return _names(" ".join(words[count:]))
        labelled = _WIDE_FIELD.fullmatch(field)
        if labelled and fold(labelled["by"]) in BY:
            return (labelled["name"],)
    return ()


def _names(text: str) -> tuple[str, ...]:
    """The names before whatever else a by-line says; none at all where the first is no name."""
    names: list[str] = []
    for part in _AND.split(_STOP.split(text, maxsplit=1)[0]):
        # "Jo Doe, CNN": one word behind a full name is where the author works.
        if not _is_name(part) or (names and " " in names[0] and " " not in part.strip()):
            break
        names.append(_tidy(part))
    return tuple(dict.fromkeys(names))


def _is_name(text: str) -> bool:
    """Whether the text is one to five words as names are written, and not somebody's office."""
    words = text.split()
    if not 0 < len(words) <= 5 or words[0].islower() or _GLUED.search(text):
        return False
    return NOBODY.isdisjoint(map(fold, words)) and all(map(_is_part_of_name, words))


def _is_part_of_name(word: str) -> bool:
    return bool(_NAME.fullmatch(word)) and (not word[0].islower() or word in _PARTICLES)


def _is_bare_name(text: str, title: str) -> bool:
    """Whether the line is two to four capitalised words, no menu's and not the headline's, as a person is called."""
    words = text.split()
    if not 2 <= len(words) <= 4 or text.isupper() or words[0] in _ARTICLES or not _is_name(text):
        return False
    return not kind_of(fold(text)) and not set(fold(text).split()) <= set(title.split())


def _tells_of_author(below: Block) -> bool:
    return bool(_date_line(below) or _READING_TIME.match(below.text) or re.fullmatch(r"@\w{2,20}", below.text))


def _tidy(name: str) -> str:
    name = " ".join(name.split()).strip(",;")
    return name.title() if name.isupper() and len(name) > 5 else name
