"""Sanitised HTML fitted into a page: headings below the page's own, lazy pictures, wide things in a scrolling box.

It works on the tags of what nh3 wrote, in which every `<` outside a tag is escaped; it makes nothing safe that was not.
"""

import re

_ATTRIBUTES = r"((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)"
_HEADING = re.compile(r"<(/?)h([1-6])\b", re.IGNORECASE)
_IMAGE = re.compile(rf"(<a\b{_ATTRIBUTES}>\s*)?<img\b{_ATTRIBUTES}>", re.IGNORECASE)
_EMPTY = re.compile(rf"<(a|b|em|i|span|strong|h[1-6])\b{_ATTRIBUTES}>(\s*)</\1>", re.IGNORECASE)
_NESTED = 3  # empty elements within empty elements: as deep as icons within links go
_WIDE = re.compile(r"<(table|pre)\b", re.IGNORECASE)
_WIDE_END = re.compile(r"</(table|pre)>", re.IGNORECASE)
_LOADING = re.compile(r"\s(?:loading|decoding)\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*)", re.IGNORECASE)
_NO_WORDS = re.compile(r"\salt\s*(?:=\s*(?:\"\s*\"|'\s*')|(?=[\s/]|$))", re.IGNORECASE)
_ALT = re.compile(r"\salt\b", re.IGNORECASE)
_NAMES = {"table": "Table", "pre": "Code"}


def for_page(html: str, top: int) -> str:
    """`html` as it stands in a page; its highest headings become h`top`, the lower ones follow without a gap."""
    for _ in range(_NESTED):
        html = _EMPTY.sub(r"\3", html)  # a link without a name is nothing to click, and a riddle to a screen reader
    levels = sorted({found[2] for found in _HEADING.finditer(html)})
    html = _HEADING.sub(lambda found: f"<{found[1]}h{min(top + levels.index(found[2]), 6)}", html)
    html = _IMAGE.sub(_picture, html)
    html = _WIDE.sub(_box, html)
    return _WIDE_END.sub(lambda found: f"</{found[1]}></div>", html)


def _picture(found: re.Match[str]) -> str:
    """A picture that loads when it is reached, and that has an alt: without one, its file name is read aloud."""
    link, attributes = found[1] or "", _LOADING.sub("", found[3]).rstrip(" /")
    if link and (_NO_WORDS.search(attributes) or not _ALT.search(attributes)):
        attributes = _NO_WORDS.sub("", attributes) + ' alt="Linked picture"'
    elif not _ALT.search(attributes):
        attributes += ' alt=""'
    return f'{link}<img loading="lazy" decoding="async"{attributes}>'


def _box(found: re.Match[str]) -> str:
    """A box that scrolls on its own instead of the page, by keyboard too."""
    return f'<div class="wide" role="group" aria-label="{_NAMES[found[1].lower()]}" tabindex="0"><{found[1]}'
