"""Whether copies that link to one page are one article. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from unicodedata import combining, normalize

ALIKE = 0.55


@dataclass(frozen=True, slots=True)
class Linked:
    """A copy that links to the page: which source shows it and under which title."""

    source: str
    title: str


def same_article(new: Linked, there: Iterable[Linked]) -> int | None:
    """Return the place in `there` of the copy that `new` repeats, or None.

    A source that gives one link several titles (a home page, a live blog) says nothing by it. A link blog's comment has
    the link of what it comments on: from another source the titles must be alike too.
    """
    copies = list(there)
    titles: dict[str, set[str]] = defaultdict(set)
    for copy in (*copies, new):
        titles[copy.source].add(_folded(copy.title))
    for place, copy in enumerate(copies):
        if len(titles[copy.source]) == len(titles[new.source]) == 1 and _alike(_folded(copy.title), _folded(new.title)):
            return place
    return None


def _folded(title: str) -> str:
    plain = "".join(letter for letter in normalize("NFKD", title.casefold()) if not combining(letter))
    return " ".join(re.findall(r"\w+", plain))


def _alike(one: str, other: str) -> bool:
    return one == other or SequenceMatcher(None, one[:300], other[:300], autojunk=False).ratio() >= ALIKE
