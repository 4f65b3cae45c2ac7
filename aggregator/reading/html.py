"""HTML made harmless and links in it absolute (nh3), and plain text out of HTML. The only module that imports nh3."""

import re
from contextvars import ContextVar
from html import escape, unescape

import nh3

from aggregator.reading.urls import link_url, web_url

# What a feed reader shows; beyond nh3's own list nothing, and without what no reader can use.
_TAGS = nh3.ALLOWED_TAGS - {"area", "map", "header", "footer", "nav", "aside", "article", "hgroup"}
_ATTRIBUTES = {
    "a": {"href", "title", "hreflang"},
    "img": {"src", "alt", "title", "width", "height"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "time": {"datetime"},
    "bdo": {"dir"},
    "*": {"dir", "lang"},
}
_LINKS = {"href", "src", "cite"}
_DROPPED_WHOLE = {
    "script",
    "style",
    "noscript",
    "template",
    "title",
    "select",
    "textarea",
    "iframe",
    "object",
    "svg",
    "math",
}
_BLOCKS = {
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "td",
    "th", "tr", "ul",
}  # fmt: skip

# XML 1.0 section 2.2 (Char), and the lone surrogates that Python strings can hold and UTF-8 cannot.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TAG = re.compile(r"<[^>]*>")
# What nests deeper than any page does becomes plain text: cleaning it takes a time that grows with the depth's square.
_NESTING = re.compile(
    r"<(/?)(?:address|article|aside|blockquote|center|details|dir|div|dl|fieldset|figure|footer|header|main|menu|nav|ol"
    r"|pre|section|summary|ul)\b",
    re.IGNORECASE,
)
_DEEPEST = 1_000
# An image whose source was refused; each attribute is matched whole, since a value may hold ">".
_LOST_IMAGE = re.compile(r'<img(?:\s+(?!src=)[a-z]+="[^"]*")*\s*/?>')

# What stood in a table where nothing can stand is put before it, a link within a link even, and links can leave a
# heading within a heading: read once more, as a browser will, they stand side by side, and stay so.
_RESHUFFLED = re.compile(
    r"<table|<h[1-6][ >][^<]*+(?:<(?!/?h[1-6][ >])[^<]*+)*+<h[1-6][ >]|<a[ >][^<]*+(?:<(?!/?a[ >])[^<]*+)*+<a[ >]"
)


_BASES: ContextVar[tuple[str, ...]] = ContextVar("bases")  # of the HTML that is being cleaned


def clean_text(text: str) -> str:
    """Return the text without the characters that XML 1.0 forbids."""
    return _ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    """Return the text with every run of white space as one space, and none around it."""
    return " ".join(clean_text(text).split())


def clean_html(html: str, *bases: str) -> str:
    """Return `html` as well-formed HTML without anything that runs, styles or submits, every link absolute.

    A relative link is resolved against the first of `bases` that is an http(s) URL; one that is no web address goes.
    """
    html = clean_text(html)
    if _is_too_deep(html):
        return paragraphs(_without_tags(html))
    _BASES.set(bases)
    cleaned = _CLEANER.clean(html)
    if _RESHUFFLED.search(cleaned):
        cleaned = _CLEANER.clean(cleaned)
    return _LOST_IMAGE.sub("", cleaned).strip()


def _kept(_tag: str, attribute: str, value: str) -> str | None:
    if attribute not in _LINKS:
        return clean_text(value)
    return (link_url if attribute == "href" else web_url)(value, *_BASES.get()) or None


# Made once: what they are told takes them longer to take in than most texts to clean.
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WHOLE,
    attributes=_ATTRIBUTES,
    attribute_filter=_kept,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
_BLOCKS_ONLY = nh3.Cleaner(tags=_BLOCKS, clean_content_tags=_DROPPED_WHOLE, attributes={}, link_rel=None)


def plain_text(html: str) -> str:
    """Return the words of `html` on one line: blocks end words, inline mark-up does not."""
    # Only block tags are left, and bare of attributes, so that the pattern below cannot be led astray.
    html = clean_text(html)
    if _is_too_deep(html):
        return _without_tags(html)
    return _without_tags(_BLOCKS_ONLY.clean(html))


def _is_too_deep(html: str) -> bool:
    if html.count("<") <= _DEEPEST:
        return False
    depth = 0
    for tag in _NESTING.finditer(html):
        depth = max(0, depth + (-1 if tag[1] else 1))
        if depth > _DEEPEST:
            return True
    return False


def _without_tags(html: str) -> str:
    return one_line(unescape(_TAG.sub(" ", html)))


def paragraphs(text: str) -> str:
    """Return plain text as HTML: blank lines part paragraphs, single line ends become `<br>`."""
    blocks = re.split(r"\n[ \t]*(?:\n[ \t]*)+", clean_text(text).replace("\r\n", "\n").strip())
    return "".join(
        f"<p>{escape(block.strip(), quote=False).replace(chr(10), '<br>')}</p>" for block in blocks if block.strip()
    )


def first_words(text: str, length: int = 300) -> str:
    """Return the start of plain text, cut at a word and marked with an ellipsis where it goes on."""
    if len(text) <= length:
        return text
    head = text[:length]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:.") + "…"
