"""The outlines of an OPML document, in order: by expat where it is XML, else by a scan that any text survives.

Of ten lists gathered from readers four were not XML: an ampersand as it is typed, quotes within quotes. Nothing is
expanded, nothing is loaded, and the depth of nesting costs nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from aggregator.model import Unreadable
from aggregator.reading.encoding import decode

_TOKEN = re.compile(r"<!--|<!\[CDATA\[|<!DOCTYPE|<(/?)outline(?=[\s/>])", re.IGNORECASE)
_ENDS = {"<!--": "-->", "<![cdata[": "]]>"}
_ATTRIBUTE = re.compile(r"\s([A-Za-z_][\w:.-]*)\s*=\s*([\"'])")
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9a-f]{1,6}));", re.IGNORECASE)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_DECLARED = re.compile(rb"^[^<]{0,8}<\?xml[^>]{0,200}\sencoding\s*=\s*[\"']([\w.:-]{1,40})")
_LONGEST_TAG = 1 << 16


@dataclass(frozen=True, slots=True)
class Outline:
    """An outline that opens: its attributes, their names in lower case, and the line it stands on."""

    line: int
    attributes: dict[str, str]


CLOSE = None  # an outline that closes
Event = Outline | None


@dataclass(slots=True)
class Outlines:
    """The events of a document; where it is not XML, `fault` says why and `fault_line` where."""

    events: list[Event] = field(default_factory=list)
    fault: str = ""
    fault_line: int = 0


class _DeclaresEntitiesError(Exception):
    pass


def outlines(body: bytes) -> Outlines:
    """Return the outlines of a document. Never raises, for any bytes."""
    found = Outlines()
    try:
        _strict(body, found.events)
    except expat.ExpatError as error:
        reason = f"this is no XML: {expat.ErrorString(error.code)}"
        found = Outlines(fault=reason, fault_line=error.lineno)
    except _DeclaresEntitiesError as error:
        found = Outlines(fault="this declares entities, which are not expanded", fault_line=int(str(error)))
    except (ValueError, LookupError, UnicodeError):  # an encoding that Python does not have, or cannot map
        found = Outlines(fault="the encoding that this names is not known", fault_line=1)
    if found.fault:
        found.events = list(_tolerant(_text(body)))
    return found


def _strict(body: bytes, events: list[Event]) -> None:
    parser = expat.ParserCreate()

    def opened(name: str, attributes: dict[str, str]) -> None:
        if name.lower() == "outline":
            lower = {key.lower(): value for key, value in attributes.items()}
            events.append(Outline(parser.CurrentLineNumber, lower))

    def closed(name: str) -> None:
        if name.lower() == "outline":
            events.append(CLOSE)

    def declared(*_declaration: object) -> None:
        raise _DeclaresEntitiesError(parser.CurrentLineNumber)

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.EntityDeclHandler = declared
    parser.Parse(body, True)


def _text(body: bytes) -> str:
    label = _DECLARED.match(body)
    for encoding in ("utf-8-sig", label[1].decode("ascii") if label else ""):
        try:
            return body.decode(encoding) if encoding else ""
        except (LookupError, UnicodeError):
            continue
    text = decode(body)
    return "" if isinstance(text, Unreadable) else text


def _tolerant(text: str) -> Iterator[Event]:
    """The outlines by their tags alone. One look at each letter, or nearly: the text may be of ten million."""
    line, counted, position = 1, 0, 0
    while found := _TOKEN.search(text, position):
        line += text.count("\n", counted, found.start())
        counted = position = found.start()
        kind = found[0].lower()
        if kind == "<!doctype":
            position = _end_of_doctype(text, found.end())
        elif kind in _ENDS:
            position = _behind(text, _ENDS[kind], found.end())
        elif found[1]:
            position = found.end()
            yield CLOSE
        else:
            following = _TOKEN.search(text, found.end())
            end = following.start() if following else len(text)
            attributes, closes = _tag(text[found.end() : min(end, found.end() + _LONGEST_TAG)])
            position = end
            yield Outline(line, attributes)
            if closes:
                yield CLOSE


def _end_of_doctype(text: str, start: int) -> int:
    """Behind a document type and what it declares in brackets, where an outline may stand in an entity's text."""
    end = text.find(">", start)
    if end < 0:
        return len(text)
    bracket = text.find("[", start, end)
    return end if bracket < 0 else _behind(text, "]", bracket)


def _behind(text: str, mark: str, start: int) -> int:
    end = text.find(mark, start)
    return end + len(mark) if end >= 0 else len(text)


def _tag(text: str) -> tuple[dict[str, str], bool]:
    """The attributes of a tag whose text goes on to the next tag, and whether it is closed in itself.

    A value ends at the last quote before the next attribute begins, so that it may hold quotes itself.
    """
    starts = list(_ATTRIBUTE.finditer(text))
    ends = [*(start.start() for start in starts), len(text)][1:] if starts else []
    attributes: dict[str, str] = {}
    last = 0
    for start, end in zip(starts, ends, strict=True):
        last = text.rfind(start[2], start.end(), end)
        last = end if last < 0 else last
        attributes.setdefault(start[1].lower(), _unescaped(text[start.end() : last]))
    return attributes, text[last : text.find(">", last)].strip("\"' \t\r\n") == "/"


def _unescaped(text: str) -> str:
    return _REFERENCE.sub(_referred, text)


def _referred(found: re.Match[str]) -> str:
    if found[1]:
        return _NAMED[found[1].lower()]
    number = int(found[2]) if found[2] else int(found[3], 16)
    return chr(number) if number < 0x110000 else ""
