"""An item as a page shows it: whole or folded under its first words, with which picture and files; renders nothing."""

import unicodedata
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote, urlsplit

from markupsafe import Markup

from aggregator.model import Enclosure
from aggregator.publishing.content import for_page
from aggregator.publishing.shown import Shown
from aggregator.publishing.wording import excerpt, one_line, shortened, text_of

_OUTRIGHT = 600  # a text of so many characters is shown whole, a longer one folded under its first words
_TEASER = 280
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Article:
    """An item on a page. `body` is its HTML or ""; `folded` says that only `teaser` shows until it is opened.

    `files` are its enclosures without the one that is shown as `picture`.
    """

    item: Shown
    teaser: str
    body: Markup
    folded: bool
    picture: str
    files: tuple[Enclosure, ...]


def article(item: Shown, *, top: int, whole: bool = False) -> Article:
    """An item made ready for a page; the highest headings of its text become h`top`; `whole` folds no text."""
    text = text_of(item.body, _OUTRIGHT)
    teaser = item.summary if 0 < len(item.summary) <= _OUTRIGHT else excerpt(item.body, _TEASER)
    folded = not whole and len(text) > _OUTRIGHT
    picture = item.image if folded or escape(item.image) not in item.body else ""
    body = Markup(for_page(item.body, top))  # noqa: S704  sanitised when it was read; see content.py
    files = tuple(file for file in item.enclosures if file.url != item.image)
    return Article(item, teaser, body, folded, picture, files)


def is_rtl(item: Shown) -> bool:
    """Whether an item is written from the right: by its language, and without one by its title's first letter."""
    if item.language:
        return item.language.lower().partition("-")[0] in _RIGHT_TO_LEFT
    directions = (unicodedata.bidirectional(character) for character in item.title)
    return next((direction for direction in directions if direction in {"L", "R", "AL"}), "L") != "L"


def file_name(url: str) -> str:
    """What a file is called, as far as its address tells."""
    return shortened(one_line(unquote(urlsplit(url).path.rpartition("/")[2])), 60)
