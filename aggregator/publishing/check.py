"""Whether a document may replace the last good one: well-formed, and by our own rules; it mends nothing.

Our renderers are meant to make only sound documents. This is the net below them: a fault in them, or a source that
found a way through, costs a topic its newest state and not its readers their feed.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from aggregator.model import Document

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TAG = re.compile(r"<([A-Za-z][^\s/>]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
_BLANKS = re.compile(r"[\x00-\x20]+")
_HEAD = frozenset({"meta", "link"})  # ours in a page's own head, nobody's in content
_ACTIVE = _HEAD | {"script", "style", "iframe", "frame", "object", "embed", "applet", "base", "form", "svg", "math"}
_LINKING = frozenset({"href", "src", "srcset", "action", "formaction", "data", "poster", "background", "cite"})
_RUNNING = re.compile(r"(?:javascript|vbscript|livescript|file|data(?!:image/(?:png|jpe?g|gif|webp|avif))):")


class FaultError(Exception):
    """What is wrong with a document, as a sentence for a person."""


def fault(document: Document) -> str:
    """Why the document must not be published, or "" where it may."""
    try:
        text = document.body.decode("utf-8")
        if not text.strip():
            return "it is empty"
        _rules(document.path)(text)
    except (FaultError, ParseError, LookupError, ValueError, TypeError, AttributeError) as trouble:
        return str(trouble) or type(trouble).__name__
    return ""


def _rules(path: str) -> Callable[[str], None]:
    if path == "status.json":
        return _status
    suffix = path.rsplit(".", 1)[-1]
    return {"atom": _atom, "rss": _rss, "json": _json, "html": _page, "opml": _opml}.get(suffix, _anything)


def _anything(text: str) -> None:
    del text  # a style sheet or an icon of ours: that it is UTF-8 and not empty is all there is to check


def _xml(text: str, root: str) -> Element:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise FaultError("it has a document type declaration")
    tree = fromstring(text.encode())  # noqa: S314  our own bytes, and no entity can be declared in them
    _demand(tree.tag == root, f"its root is {tree.tag}")
    return tree


def _atom(text: str) -> None:
    feed = _xml(text, f"{_ATOM}feed")
    _once(feed, "id", "title", "updated")
    _demand(any(link.get("rel") == "self" for link in feed.iter(f"{_ATOM}link")), "it has no link to itself")
    entries = feed.findall(f"{_ATOM}entry")
    for entry in entries:
        _once(entry, "id", "title", "updated", "published", "source")
        _demand(entry.findtext(f"{_ATOM}title"), "an entry has no title")
        _demand(_texts(entry, f"{_ATOM}content", f"{_ATOM}summary"), "an entry has neither content nor summary")
        _safe(entry.findtext(f"{_ATOM}content") or "")
    _distinct(entry.findtext(f"{_ATOM}id") for entry in entries)
    _absolute(link.get("href") for link in feed.iter(f"{_ATOM}link"))


def _rss(text: str) -> None:
    channel = _xml(text, "rss").find("channel")
    if channel is None:
        raise FaultError("it has no channel")
    for name in ("title", "link", "description"):
        _demand(channel.findtext(name), f"its channel has no {name}")
    items = channel.findall("item")
    for item in items:
        for name in ("title", "link", "guid", "pubDate"):
            _demand(item.findtext(name), f"an item has no {name}")
        _demand(len(item.findall("enclosure")) <= 1, "an item has more than one enclosure")
        _safe(item.findtext("description") or "")
        _safe(item.findtext(_CONTENT) or "")
    _distinct(item.findtext("guid") for item in items)
    _absolute(item.findtext("link") for item in items)


def _json(text: str) -> None:
    feed = _object(text)
    _demand(str(feed["version"]).startswith("https://jsonfeed.org/version/1"), "its version is not JSON Feed's")
    _demand(feed["title"] and feed["feed_url"], "it has no title or no address of its own")
    for item in feed["items"]:
        _demand(item.get("content_html") or item.get("content_text"), "an item has no content")
        _demand(item["date_published"] <= item["date_modified"], "an item changed before it was published")
        _safe(item.get("content_html", ""))
    _distinct(item["id"] for item in feed["items"])
    _absolute(item["url"] for item in feed["items"])


def _status(text: str) -> None:
    status = _object(text)
    _demand(isinstance(status["sources"], list) and isinstance(status["topics"], list), "it lists nothing")


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise FaultError("it is no JSON object")
    return value


def _opml(text: str) -> None:
    _absolute(
        outline.get(name)
        for outline in _xml(text, "opml").iter("outline")
        for name in ("xmlUrl", "htmlUrl")
        if name in outline.attrib
    )


def _page(text: str) -> None:
    _demand(text.startswith("<!doctype html>\n"), "it is no HTML document")
    head, found, body = text.partition("</head>")
    _demand(found and text.rstrip().endswith("</html>"), "it breaks off")
    _demand('http-equiv="Content-Security-Policy"' in head, "it has no Content-Security-Policy")
    _safe(head, _ACTIVE - _HEAD)
    _safe(body, _ACTIVE - {"svg"})  # the charts are ours


def _safe(html: str, active: frozenset[str] = _ACTIVE) -> None:
    """Refuses whatever could act in a reader or a page: elements, event handlers, styles, addresses."""
    for tag in _TAG.finditer(html):
        name = tag[1].lower()
        _demand(name not in active, f"its content has a <{name[:20]}> element")
        for attribute, value in _attributes(tag[2]):
            _demand(not attribute.startswith("on") and attribute != "srcdoc", f"its content has {attribute[:20]}=")
            if attribute in _LINKING:
                _demand(_harmless(value), f"its content links to {value[:40]!r}")


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    for found in _ATTRIBUTE.finditer(text):
        yield found[1].lower(), unescape(found[2] or found[3] or found[4] or "")


def _harmless(address: str) -> bool:
    """Whether following or loading the address runs nothing; browsers ignore blanks within a scheme."""
    return not _RUNNING.match(_BLANKS.sub("", address).lower())


def _once(parent: Element, *names: str) -> None:
    for name in names:
        _demand(len(parent.findall(_ATOM + name)) == 1, f"<{name}> is missing or there twice")


def _texts(parent: Element, *names: str) -> bool:
    return any(parent.findtext(name) for name in names)


def _distinct(ids: Iterable[str | None]) -> None:
    seen: set[str] = set()
    for identity in ids:
        if not identity or identity in seen:
            raise FaultError(f"two items have the id {identity!r}" if identity else "an item has no id")
        seen.add(identity)


def _absolute(addresses: Iterable[str | None]) -> None:
    for address in addresses:
        _demand(address and _ABSOLUTE.match(address), f"the address {address!r} is not absolute")


def _demand(condition: object, sentence: str) -> None:
    if not condition:
        raise FaultError(sentence)
