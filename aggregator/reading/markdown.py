"""A Markdown file as an `Item`: rendered by markdown-it-py, sanitised, and without leftovers where it is a pasted page.

The only module that imports markdown-it-py.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from aggregator.model import Item, Unreadable
from aggregator.reading.article import compose, read_article
from aggregator.reading.frontmatter import read_front_matter
from aggregator.reading.html import clean_html, clean_text, plain_text
from aggregator.reading.signals import Line
from aggregator.reading.wraps import Block, Form

_LONGEST = 300_000  # characters: what is longer is read as plain text, since no Markdown parser is linear on everything
# What makes a text Markdown: headings, fences, links, emphasis, code, tables, HTML. Lists and quotations do not: pasted
# text has them too, and `wraps` knows them.
_SYNTAX = re.compile(
    r"^ {0,3}#{1,6} \S|^ {0,3}(?:```|~~~)|\]\([^\s)]|^ {0,3}\[[^\]\n]{1,99}\]:\s|\*\*\S"
    r"|(?<!\w)[*_]\w[^*_\n]{0,200}[*_](?!\w)|`[^`\n]+`|^\|.*\|[ \t]*$"
    r"|</?(?:p|a|b|i|em|strong|img|br|div|span|h[1-6]|ul|ol|li|blockquote|table|code|pre)\b[^>\n]{0,999}>",
    re.MULTILINE | re.IGNORECASE,
)


def read_markdown(
    text: str, *, url: str = "", name: str = "", shared_lines: frozenset[str] = frozenset()
) -> Item | Unreadable:
    """Return the article in a Markdown text, or why there is none.

    `url` is the address that relative links are resolved against (the front matter's own comes first). A text without
    any Markdown in it is a pasted one, and is read as such.
    """
    front = read_front_matter(text)
    if len(front.body) > _LONGEST or not _SYNTAX.search(front.body):
        return read_article(text, name=name, shared_lines=shared_lines)
    rendered = dict(_rendered(clean_text(front.body)))

    def render(lines: tuple[Line, ...]) -> str:
        return clean_html("\n".join(rendered[line.block] for line in lines), front.url, url)

    return compose(list(rendered), front, render, name=name, shared_lines=shared_lines)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _rendered(text: str) -> Iterator[tuple[Block, str]]:
    """Each top-level block of the text as a block of plain text, and its HTML, which is not sanitised yet."""
    parser = _parser()
    environment: dict[str, object] = {}
    for tokens in _top_level(parser.parse(text, environment)):
        html = parser.renderer.render(tokens, parser.options, environment).strip()
        line = (tokens[0].map or [0])[0] + 1
        if html:
            yield (
                Block(
                    plain_text(html),
                    line,
                    _form(tokens),
                    tokens[0].markup + " " if tokens[0].type == "heading_open" else "",
                ),
                html,
            )


def _top_level(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    start = depth = 0
    for place, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield tokens[start : place + 1]
            start = place + 1


def _form(tokens: Sequence[Token]) -> Form:
    """How the block counts where leftovers are looked for: whatever Markdown was written for is the author's."""
    kind = tokens[0].type
    if kind == "paragraph_open":
        children = tokens[1].children or []
        return "quote" if all(child.type in {"image", "softbreak"} for child in children) else "plain"
    return (
        "heading"
        if kind == "heading_open"
        else "bullet"
        if kind in {"bullet_list_open", "ordered_list_open"}
        else "quote"
    )
