"""An entry in the making, and the rules of feedparser for whatever an element says in it."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import struct_time
from typing import Any
from urllib.parse import urljoin

TEXT, HTML = "text/plain", "text/html"
_TYPES = {"text": TEXT, "plain": TEXT, "html": HTML, TEXT: TEXT, HTML: HTML}
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)/+")
_CONTROL = re.compile("[\x80-\x9f]")


class OddError(Exception):
    """An element, or a whole document, that is left to feedparser."""


@dataclass(frozen=True, slots=True)
class Feedparser:
    """What is asked of feedparser, so that it is said only there.

    `handled` are the elements that it treats in some way of its own, and `namespaces` is the prefix that it gives to
    each namespace, by URI in small letters.
    """

    handled: frozenset[str]
    namespaces: dict[str, str]
    looks_like_html: Callable[[str], bool]
    parse_date: Callable[[str], struct_time | None]


@dataclass(slots=True)
class Element:
    """An element that holds text only, or a person; `base` and `language` are what hold within it, or ""."""

    attributes: dict[str, str]
    base: str
    language: str
    depth: int
    text: str = ""
    parts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """An entry in the making."""

    feedparser: Feedparser
    atom: bool
    entry: dict[str, Any] = field(default_factory=dict)
    depths: dict[str, int] = field(default_factory=dict)
    title_depth: int = -1
    has_content: bool = False


def put(draft: Draft, key: str, text: str, element: Element) -> None:
    """Put down what an element says; what lies deeper (in a media:group) does not take the place of the item's own."""
    if element.depth <= draft.depths.get(key, element.depth):
        draft.depths[key] = element.depth
        draft.entry[key] = text


def mended(text: str) -> str:
    """Return the text, mended where it is UTF-8 taken for Latin-1, or has Windows-1252 for control characters."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode("utf-8")
    return _CONTROL.sub(_from_windows, text)


def _from_windows(found: re.Match[str]) -> str:
    return found[0].encode("iso-8859-1").decode("windows-1252", "ignore") or found[0]


def resolved(text: str, base: str) -> str:
    """Return an address as feedparser resolves it, "" where it is none."""
    text = _SLASHES.sub(r"\1", text)
    try:
        return urljoin(base, text)
    except ValueError:
        return ""


def detail(draft: Draft, element: Element, kind: str) -> dict[str, str]:
    """Return a text with what is known of it; `kind` is its media type where the element does not give one."""
    kind = _TYPES.get(element.attributes.get("type", kind), "")
    if not kind or "mode" in element.attributes:  # mark-up in XML, base64
        raise OddError
    text = element.text.strip()
    if kind == TEXT and not draft.atom and ("<" in text or "&" in text) and draft.feedparser.looks_like_html(text):
        kind = HTML
    return {"type": kind, "language": element.language, "base": element.base, "value": mended(text)}
