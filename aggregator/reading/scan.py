"""One expat pass over a body before feedparser sees it: refuses bombs, and finds the bytes of every item.

What is refused here has crashed or stalled feed parsers (CVE-2024-8176, billion laughs, 80,000 attributes). A body
that is merely not well-formed is not refused: it has no ranges, and the tolerant parser is given the whole of it.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 200
MAX_ATTRIBUTES = 200
MAX_ITEMS = 5_000
MAX_PARTS = 5_000  # elements directly in an item, or in the feed: feedparser compares each category with all others
_ITEM_NAMES = ("item", "entry")
_SKIP_NAMES = ("hour", "day")
_FEED_DEPTH = 3  # rss/channel/category
_SKIP_DEPTH = 4  # rss/channel/skipHours/hour
_MAX_SKIPS = 31
_CHUNK = 1 << 16
_CUT_OFF = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
}
_EMPTY = re.compile(rb"<[^\s<>/\"']+\s*/>")
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)


class RefusedError(Exception):
    """A body that must not reach the parser; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What the pass found: the (start, end) bytes of the first items, and whether the document is whole.

    `items` is how many there are in all, and `surplus` the bytes from the first that is one too many to the last.

    `cut_off` is true where the document ends too soon; `ranges` then holds its complete items. Where it is not
    well-formed otherwise, `error` says why and `ranges` is empty. `skips` is the text of every `<hour>` and `<day>` of
    the channel (RSS skipHours, skipDays), of which feedparser keeps only the last.
    """

    ranges: tuple[tuple[int, int], ...] = ()
    items: int = 0
    surplus: tuple[int, int] = (0, 0)
    skips: tuple[str, ...] = ()
    cut_off: bool = False
    error: str = ""


def scan(body: bytes) -> Scan:
    """Scan an XML body. Raises RefusedError where it would harm the parser."""
    watch = _Watch(body)
    try:
        for start in range(0, len(body), _CHUNK):
            watch.parser.Parse(body[start : start + _CHUNK], False)
        watch.parser.Parse(b"", True)
    except expat.ExpatError as error:
        if _ENTITY.search(body):
            raise RefusedError("it declares entities, which can be used to exhaust a parser") from None
        if error.code in _CUT_OFF:
            return watch.found(cut_off=True, error=str(error))
        return Scan(error=str(error))
    except (ValueError, LookupError, UnicodeError) as error:  # an encoding that Python does not have, or cannot map
        return Scan(error=f"unknown encoding: {error}")
    return watch.found() if watch.spliceable else Scan(skips=tuple(watch.skips))


@dataclass(slots=True)
class _Watch:
    """The handlers of one pass and what they have seen so far."""

    body: bytes
    ranges: list[tuple[int, int]] = field(default_factory=list)
    items: int = 0
    surplus: tuple[int, int] = (0, 0)
    skips: list[str] = field(default_factory=list)
    depth: int = 0
    start: int = -1
    start_depth: int = 0
    parts: int = 0
    spliceable: bool = True
    parser: expat.XMLParserType = field(init=False)

    def __post_init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.EntityDeclHandler = _refuse_entity

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise RefusedError(f"its elements are nested more than {MAX_DEPTH} deep")
        if len(attributes) > MAX_ATTRIBUTES:
            raise RefusedError(f"one of its elements has more than {MAX_ATTRIBUTES} attributes")
        if self.start < 0 and 1 < self.depth < 4 and name.rpartition(":")[2] in _ITEM_NAMES:
            self.start, self.start_depth, self.parts = self.parser.CurrentByteIndex, self.depth, 0
        elif self.depth == self.start_depth + 1 if self.start >= 0 else self.depth <= _FEED_DEPTH:
            self.parts += 1
            if self.parts > MAX_PARTS:
                raise RefusedError(f"it, or one of its items, has more than {MAX_PARTS:,} parts")
        elif self.depth == _SKIP_DEPTH and name in _SKIP_NAMES and len(self.skips) < _MAX_SKIPS:
            self.skips.append("")
            self.parser.CharacterDataHandler = self._skip_text

    def _skip_text(self, text: str) -> None:
        self.skips[-1] += text[:20]

    def _close(self, name: str) -> None:
        if self.depth == _SKIP_DEPTH and name in _SKIP_NAMES:
            self.parser.CharacterDataHandler = None
        if self.start >= 0 and self.depth == self.start_depth:
            self._end_item(self.parser.CurrentByteIndex)
        self.depth -= 1

    def _end_item(self, index: int) -> None:
        if self.body[index : index + 2] == b"</":
            self._add(self.start, self.body.index(b">", index) + 1)
        elif empty := _EMPTY.match(self.body, self.start):
            self._add(self.start, empty.end())
        else:  # <item with="attributes"/>: nothing to read in it, but its end cannot be told from here
            self.spliceable = False
        self.start, self.parts = -1, 0

    def _add(self, start: int, end: int) -> None:
        self.items += 1
        if self.items <= MAX_ITEMS:
            self.ranges.append((start, end))
        else:
            self.surplus = (self.surplus[0] or start, end)

    def found(self, *, cut_off: bool = False, error: str = "") -> Scan:
        """What was seen."""
        return Scan(tuple(self.ranges), self.items, self.surplus, tuple(self.skips), cut_off, error)


def _refuse_entity(*_declaration: object) -> None:
    raise RefusedError("it declares entities, which can be used to exhaust a parser")
