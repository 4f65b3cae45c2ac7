"""Narrows a rule for SQLite's FTS5: the text that is to be indexed, and a MATCH expression over it.

For a table `items_fts(title, author, categories, content)` tokenised `unicode61 remove_diacritics 2`, in which every
column holds `index_text` of the item's text and `content` that of its summary and content.
"""

import unicodedata
from typing import NamedTuple

from aggregator.curation.rules.folding import fold, words
from aggregator.curation.rules.tree import And, Node, Or, Rule, Term
from aggregator.model import Item

_COLUMNS = {
    "title": "title",
    "author": "author",
    "categories": "categories",
    "summary": "content",
    "content": "content",
}


def index_text(text: str) -> str:
    """Return plain text as it is to be indexed: folded, a space between two words.

    SQLite alone would take "AI技術" for one word, tear a Hebrew word at its points, and know nothing of ß or ł.
    """
    return " ".join(words(fold(text)))


class Indexed(NamedTuple):
    """What of an item is searched, folded as rules fold it, by the columns of the index."""

    title: str
    author: str
    categories: str
    content: str


def indexed(item: Item) -> Indexed:
    """Return what of an item is indexed. A summary that only repeats the first words is not indexed twice."""
    repeated = item.text.startswith(item.summary.rstrip("…"))
    return Indexed(
        title=index_text(item.title),
        author=index_text(", ".join(item.authors)),
        categories=index_text("\n".join(item.categories)),
        content=index_text(item.text if repeated else f"{item.summary}\n{item.text}"),
    )


def candidates(rule: Rule) -> str | None:
    """Return a MATCH expression that finds at least every item that `rule` takes; None where that is every item.

    None stands for regular expressions, scripts without spaces, symbols, and fields that are no column.
    """
    return _expression(rule.root)


def _expression(node: Node) -> str | None:
    match node:
        case And(parts):
            found = [f"({inner})" if isinstance(part, Or) else inner for part in parts if (inner := _expression(part))]
            return " AND ".join(found) or None
        case Or(parts):
            either = [_expression(part) for part in parts]
            return None if None in either else " OR ".join(filter(None, either))
        case Term():
            return _phrase(node)
    return None


def _phrase(term: Term) -> str | None:
    wanted = term.needle
    columns = dict.fromkeys(_COLUMNS.get(name, "") for name in term.scope)
    if "" in columns or not any(map(_surely_indexed, " ".join(wanted.words))):
        return None
    quoted = '"{}"'.format(" ".join(wanted.words))
    return f"{{{' '.join(columns)}}} : {quoted}{' *' if wanted.prefix else ''}"


def _surely_indexed(character: str) -> bool:
    """Whether SQLite takes it for part of a word: its tables are older than Python's, and hold at least Unicode 3.2."""
    return unicodedata.ucd_3_2_0.category(character)[0] in "LN"
