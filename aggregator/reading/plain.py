"""Items of plain elements, straight from expat: the entries that feedparser would make, for a small part of its cost.

Most items hold text and attributes, one level deep. Those are read here; an item with anything else in it (mark-up as
XML, an Atom source, a name this module was not told of) is left to feedparser, and so is every item of a document that
declares its namespaces in a way of its own. In two things we differ: where an element has an xml:base and nothing
around it has, feedparser takes it for the base of all that follows; and where an author is named by text alone, for an
author by the name of the next one who is not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from aggregator.reading.drafts import Draft, Element, Feedparser, OddError, resolved
from aggregator.reading.fields import FIELDS

_BUFFER = 1 << 18  # bytes of text handed over in one piece
_ITEMS = ("item", "entry")
_ITEM_DEPTHS = (2, 3)
_XLINK = "http://www.w3.org/1999/xlink"
_USERLAND = "backend.userland.com/rss"
_PEOPLE = ("author", "contributor")
_OF_A_PERSON = ("name", "email", "uri", "url", "homepage")
_THROUGH = ("media_group", "media_content")  # what they hold counts as if it stood beside them
_SMALL = ("rel", "type")  # attributes whose values are read in small letters
_DRAWN = ("svg", "math")
_CONTENTS = ("content", "content_encoded", "fullitem")
_SUMMARIES = ("summary", "itunes_summary")
_DESCRIPTIONS = (*_SUMMARIES, "description", "dc_description", "media_description")
_Take = Callable[[Draft, Element], None]


def plain_entries(document: bytes, count: int, feedparser: Feedparser) -> tuple[bool, list[dict[str, Any] | None]]:
    """Return whether the document is Atom, and an entry for each of its `count` items, or None where it is not plain.

    The document is one that `scan` has found sound: in the encoding that it declares, or in UTF-8.
    """
    reader = _Reader(feedparser)
    try:
        reader.parser.Parse(document, True)
    except (OddError, expat.ExpatError):
        return False, [None] * count
    return reader.atom, reader.entries if len(reader.entries) == count else [None] * count


@dataclass(slots=True)
class _Reader:
    """The handlers of one pass. OddError leaves it where the whole document is odd; an odd item is put down as None."""

    feedparser: Feedparser
    entries: list[dict[str, Any] | None] = field(default_factory=list)
    atom: bool = False
    depth: int = 0
    base: str = ""
    language: str = ""
    outer: list[tuple[int, str, str]] = field(default_factory=list)
    item_depth: int = 0
    draft: Draft | None = None
    element: Element | None = None
    name: str = ""
    take: _Take | None = None
    part: str = ""
    pieces: list[str] = field(default_factory=list)
    summarised: bool = False
    with_content: bool = False
    meanings: dict[str, str] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[str, _Take | None]] = field(default_factory=dict)
    parser: expat.XMLParserType = field(init=False)

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_size = _BUFFER
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.StartNamespaceDeclHandler = self._declare
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        """Names mean something by URI in feedparser, and by prefix: a document is plain where both say the same."""
        small, prefix = (uri or "").lower(), prefix or ""
        known = self.feedparser.namespaces.get(small)
        means = small if known is None else known
        twice = any(self.meanings.setdefault(name, means) != means for name in (prefix, known) if name)
        renamed = known is None and self.prefixes.setdefault(uri or "", prefix) != prefix
        if twice or renamed or _USERLAND in small or (uri == _XLINK and self.depth):
            raise OddError

    def _open(self, name: str, given: dict[str, str]) -> None:
        self.depth += 1
        if self.item_depth and not self.draft:
            return
        known, take = self.names.get(name) or self._named(name)
        if self.item_depth:
            try:
                self._open_in_item(known, take, self._inherit(given) if given else given)
            except OddError:
                self._leave()
            return
        attributes = self._inherit(given) if given else given
        if self.depth in _ITEM_DEPTHS and known in _ITEMS:
            self._begin(attributes)
        else:
            self._pass(known)

    def _pass(self, known: str) -> None:
        """Outside of items only what feedparser carries over into the next item is of interest."""
        if self.depth == 1:
            self.atom = known == "feed"
        if known in _CONTENTS or (self.summarised and known in _DESCRIPTIONS):
            self.with_content = True
        self.summarised |= known in _SUMMARIES

    def _begin(self, attributes: dict[str, str]) -> None:
        self.item_depth = self.depth
        self.draft = Draft(self.feedparser, self.atom)
        if self.with_content or "lastmod" in attributes or "href" in attributes:
            self._leave()
        elif attributes.get("rdf:about"):
            self.draft.entry["id"] = attributes["rdf:about"]

    def _leave(self) -> None:
        """Leave the item to feedparser."""
        self.part = ""
        self.draft = self.element = self.parser.CharacterDataHandler = None

    def _open_in_item(self, known: str, take: _Take | None, attributes: dict[str, str]) -> None:
        if self.element:
            self._open_part(self.element, known, take)
        elif take and self.draft:
            element = Element(attributes, self.base, self.language.replace("_", "-"), self.depth)
            if known in _THROUGH:
                take(self.draft, element)
            else:
                self.element, self.name, self.take = element, known, take
                self._listen()

    def _open_part(self, element: Element, known: str, take: _Take | None) -> None:
        """Within an element there may only be the parts of a person, and names that nobody knows."""
        own = known in _OF_A_PERSON and self.depth == element.depth + 1
        if self.part or self.name not in _PEOPLE or (take and not own):
            raise OddError
        if own:
            self.part = known
            self._listen()
        else:
            element.parts.setdefault("", "")

    def _listen(self) -> None:
        self.pieces = []
        self.parser.CharacterDataHandler = self.pieces.append

    def _close(self, _name: str) -> None:
        if self.element:
            self._close_element(self.element)
        elif self.depth == self.item_depth:
            self.entries.append(self.draft.entry if self.draft else None)
            self.item_depth, self.draft, self.with_content = 0, None, False
        if self.outer and self.outer[-1][0] == self.depth:
            _, self.base, self.language = self.outer.pop()
        self.depth -= 1

    def _close_element(self, element: Element) -> None:
        self.parser.CharacterDataHandler = None
        if self.depth > element.depth:
            if self.part:
                element.parts[self.part], self.part = "".join(self.pieces).strip(), ""
            return
        element.text = "".join(self.pieces)
        self.element = None
        try:
            if self.take and self.draft:
                self.take(self.draft, element)
        except OddError:
            self._leave()

    def _inherit(self, given: dict[str, str]) -> dict[str, str]:
        """The attributes under feedparser's names; the base and language that they set hold until the element ends."""
        attributes = {self._attribute(name): value for name, value in given.items() if " " in name}
        attributes.update((name.lower(), value) for name, value in given.items() if " " not in name)
        for name in _SMALL:
            if name in attributes:
                attributes[name] = attributes[name].lower()
        base = attributes.get("xml:base", attributes.get("base"))
        language = attributes.get("xml:lang", attributes.get("lang"))
        if base or language is not None:
            self.outer.append((self.depth, self.base, self.language))
            self.base = _whole(base) if base else self.base
            self.language = self.language if language is None else language
        return attributes

    def _attribute(self, name: str) -> str:
        uri, _, local = name.rpartition(" ")
        prefix = self.feedparser.namespaces.get(uri.lower())
        return f"{prefix}:{local}".lower() if prefix else local.lower()

    def _named(self, name: str) -> tuple[str, _Take | None]:
        """The name under which feedparser knows an element, and what is done with it: nothing, where it knows none."""
        uri, _, local = name.rpartition(" ")
        prefix = self.feedparser.namespaces.get(uri.lower(), self.prefixes.get(uri, ""))
        known = f"{prefix}_{local}".lower() if prefix else local.lower()
        take = FIELDS.get(known)
        if not take and (local.lower() in _DRAWN or known in self.feedparser.handled):
            take = _refuse
        self.names[name] = known, take
        return known, take


def _refuse(*_what: object) -> None:
    raise OddError


def _whole(base: str) -> str:
    """The base as it is, where it is a whole address, which nothing around it changes."""
    if not base.startswith(("http://", "https://")) or resolved(base, base) != base:
        raise OddError
    return base
