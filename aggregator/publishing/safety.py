"""Whether HTML could act in a reader or a page: elements, event handlers, styles, addresses; it mends nothing.

Nearly all tags that we publish are plain ones as nh3 writes them, and are passed over in one step; only the others are
looked at one by one. What is passed over so is never a tag that would be refused.
"""

import re
from collections.abc import Iterator
from html import unescape

_TAG = re.compile(r"<([A-Za-z][^\s/>]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
_BLANKS = re.compile(r"[\x00-\x20]+")
_HEAD = frozenset({"meta", "link"})  # ours in a page's own head, nobody's in content
_ACTIVE = _HEAD | {"script", "style", "iframe", "frame", "object", "embed", "applet", "base", "form", "svg", "math"}
_LINKING = frozenset({"href", "src", "srcset", "action", "formaction", "data", "poster", "background", "cite"})
_RUNNING = re.compile(r"(?:javascript|vbscript|livescript|file|data(?!:image/(?:png|jpe?g|gif|webp|avif))):")

# Elements that do nothing, with attributes that do nothing or lead to a web page or a place of ours.
_IDLE = (
    "a|abbr|article|b|blockquote|body|br|caption|circle|cite|code|dd|del|details|div|dl|dt|em|figcaption|figure|footer"
    "|h[1-6]|head|header|hr|html|i|img|ins|li|main|nav|ol|p|path|pre|q|rect|s|section|small|span|strong|sub|summary|sup"
    "|table|tbody|td|th|thead|time|title|tr|u|ul"
)
_PLAIN = rf'(?!(?:{"|".join(_LINKING)})=|on|srcdoc)(?:[a-z-]++|viewBox|preserveAspectRatio)="[^"]*+"'
_LEADING = r'(?:href|src)="(?:https?://|[#/.])[^"]*+"'


def _passed(idle: str) -> re.Pattern[str]:
    """Text without a tag, and tags of these elements that need no look."""
    return re.compile(rf"(?:[^<]++|<(?![A-Za-z])|<(?:{idle})(?: (?:{_LEADING}|{_PLAIN}))*+ ?/?>)*+")


_CONTENT, _IN_HEAD, _IN_PAGE = _passed(_IDLE), _passed(f"{_IDLE}|link|meta"), _passed(f"{_IDLE}|svg")


def danger(html: str) -> str:
    """What in content could act in a reader, as a sentence, or ""."""
    return _danger(_CONTENT, _ACTIVE, html)


def danger_in_page(head: str, body: str) -> str:
    """What in a page of ours could act: its own head may have what belongs there, and its charts are ours."""
    return _danger(_IN_HEAD, _ACTIVE - _HEAD, head) or _danger(_IN_PAGE, _ACTIVE - {"svg"}, body)


def _danger(passed: re.Pattern[str], active: frozenset[str], html: str) -> str:
    at = 0
    while (found := passed.match(html, at)) and (at := found.end()) < len(html):
        tag = _TAG.match(html, at)
        if tag is None:  # a reader might see one in it, of which we see nothing
            return f"its content has a tag that is not whole: {html[at : at + 40]!r}"
        if fault := _fault(active, tag):
            return fault
        at = tag.end()
    return ""


def _fault(active: frozenset[str], tag: re.Match[str]) -> str:
    if (name := tag[1].lower()) in active:
        return f"its content has a <{name[:20]}> element"
    for attribute, value in _attributes(tag[2]):
        if attribute.startswith("on") or attribute == "srcdoc":
            return f"its content has {attribute[:20]}="
        if attribute in _LINKING and not _harmless(value):
            return f"its content links to {value[:40]!r}"
    return ""


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    for found in _ATTRIBUTE.finditer(text):
        yield found[1].lower(), unescape(found[2] or found[3] or found[4] or "")


def _harmless(address: str) -> bool:
    """Whether following or loading the address runs nothing; browsers ignore blanks within a scheme."""
    return not _RUNNING.match(_BLANKS.sub("", address).lower())
