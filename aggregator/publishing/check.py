"""Whether a document may replace the last good one: well-formed, and by our own rules; it mends nothing.

Our renderers are meant to make only sound documents. This is the net below them: a fault in them, or a source that
found a way through, costs a topic its newest state and not its readers their feed.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from aggregator.model import Document
from aggregator.publishing.safety import danger, danger_in_page

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

Element = Any  # lxml's, which ships no types
Parts = dict[str, list[Element]]  # what is right under an element, by its tag


class FaultError(Exception):
    """What is wrong with a document, as a sentence for a person."""


def fault(document: Document) -> str:
    """Why the document must not be published, or "" where it may."""
    if not document.body.strip():
        return "it is empty"
    try:
        _rules(document.path)(document.body)
    except (FaultError, LookupError, ValueError, TypeError, AttributeError) as trouble:
        return str(trouble) or type(trouble).__name__
    return ""


def _rules(path: str) -> Callable[[bytes], object]:
    if path == "status.json":
        return _status
    suffix = path.rsplit(".", 1)[-1]
    return {"atom": _atom, "rss": _rss, "json": _json, "html": _page, "opml": _opml}.get(suffix, _text_of)


def _text_of(body: bytes) -> str:
    """The text; of a style sheet or an icon of ours, that it is UTF-8 is all there is to check."""
    return body.decode("utf-8")


def _xml(body: bytes, root: str) -> Element:
    from lxml import etree

    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise FaultError("it has a document type declaration")
    try:
        tree = etree.fromstring(body, etree.XMLParser(encoding="utf-8", resolve_entities=False, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise FaultError(f"it is not well-formed: {error.msg}") from None
    _demand(tree.tag == root, f"its root is {tree.tag}")
    return tree


def _atom(body: bytes) -> None:
    feed = _xml(body, f"{_ATOM}feed")
    parts = _parts(feed)
    _once(parts, "id", "title", "updated")
    _distinct(map(_atom_entry, parts.get(f"{_ATOM}entry", ())))
    links = [(link.get("rel"), link.get("href")) for link in feed.iter(f"{_ATOM}link")]
    _demand(any(rel == "self" for rel, _ in links), "it has no link to itself")
    _absolute(address for _, address in links)


def _atom_entry(element: Element) -> str:
    """The id of an entry that may be published."""
    entry = _parts(element)
    _once(entry, "id", "title", "updated", "published", "source")
    content = _text(entry, f"{_ATOM}content")
    _demand(_text(entry, f"{_ATOM}title"), "an entry has no title")
    _demand(content or _text(entry, f"{_ATOM}summary"), "an entry has neither content nor summary")
    _safe(content)
    return _text(entry, f"{_ATOM}id")


def _rss(body: bytes) -> None:
    channel = _xml(body, "rss").find("channel")
    if channel is None:
        raise FaultError("it has no channel")
    parts = _parts(channel)
    for name in ("title", "link", "description"):
        _demand(_text(parts, name), f"its channel has no {name}")
    _distinct(map(_rss_item, parts.get("item", ())))


def _rss_item(element: Element) -> str:
    """The guid of an item that may be published."""
    item = _parts(element)
    for name in ("title", "link", "guid", "pubDate"):
        _demand(_text(item, name), f"an item has no {name}")
    _demand(len(item.get("enclosure", ())) <= 1, "an item has more than one enclosure")
    _absolute([_text(item, "link")])
    _safe(_text(item, "description"))
    _safe(_text(item, _CONTENT))
    return _text(item, "guid")


def _json(body: bytes) -> None:
    feed = _object(body)
    _demand(str(feed["version"]).startswith("https://jsonfeed.org/version/1"), "its version is not JSON Feed's")
    _demand(feed["title"] and feed["feed_url"], "it has no title or no address of its own")
    for item in feed["items"]:
        _demand(item.get("content_html") or item.get("content_text"), "an item has no content")
        _demand(item["date_published"] <= item["date_modified"], "an item changed before it was published")
        _safe(item.get("content_html", ""))
    _distinct(item["id"] for item in feed["items"])
    _absolute(item["url"] for item in feed["items"])


def _status(body: bytes) -> None:
    status = _object(body)
    _demand(isinstance(status["sources"], list) and isinstance(status["topics"], list), "it lists nothing")


def _object(body: bytes) -> dict[str, Any]:
    value = json.loads(_text_of(body))
    if not isinstance(value, dict):
        raise FaultError("it is no JSON object")
    return value


def _opml(body: bytes) -> None:
    _absolute(
        outline.get(name)
        for outline in _xml(body, "opml").iter("outline")
        for name in ("xmlUrl", "htmlUrl")
        if name in outline.attrib
    )


def _page(body: bytes) -> None:
    text = _text_of(body)
    _demand(text.startswith("<!doctype html>\n"), "it is no HTML document")
    head, found, content = text.partition("</head>")
    _demand(found and text.rstrip().endswith("</html>"), "it breaks off")
    _demand('http-equiv="Content-Security-Policy"' in head, "it has no Content-Security-Policy")
    sentence = danger_in_page(head, content)
    _demand(not sentence, sentence)


def _safe(html: str) -> None:
    sentence = danger(html)
    _demand(not sentence, sentence)


def _parts(parent: Element) -> Parts:
    found: Parts = {}
    for child in parent:
        found.setdefault(child.tag, []).append(child)
    return found


def _text(parts: Parts, name: str) -> str:
    return parts[name][0].text or "" if name in parts else ""


def _once(parts: Parts, *names: str) -> None:
    for name in names:
        _demand(len(parts.get(_ATOM + name, ())) == 1, f"<{name}> is missing or there twice")


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
