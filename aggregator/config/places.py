"""Where in the text of a TOML file a key stands, so that an error can name its line."""

import re
from collections.abc import Iterator

Path = tuple[str, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]\]?")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=(.*)", re.DOTALL)
_PART = re.compile(_KEY)
# A value's strings and comments, which may hold brackets that are no brackets.
_OPAQUE = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*')


def line_of(text: str, path: Path) -> int:
    """Return the line (from 1) of the key at `path`, or of the nearest table above it that is written out."""
    best, depth = 1, 0
    for line, found in _keys(text):
        shared = _shared(found, path)
        if shared == len(found) and shared > depth:
            best, depth = line, shared
    return best


def _shared(found: Path, path: Path) -> int:
    return next((number for number, (one, other) in enumerate(zip(found, path, strict=False)) if one != other),
                min(len(found), len(path)))  # fmt: skip


def _keys(text: str) -> Iterator[tuple[int, Path]]:
    """Every header and key of the file with its line."""
    table: Path = ()
    quote, brackets = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if quote or brackets:
            quote, brackets = _inside(line, quote, brackets)
        elif header := _HEADER.match(line):
            table = _parts(header[1])
            yield number, table
        elif assignment := _ASSIGNMENT.match(line):
            yield number, table + _parts(assignment[1])
            quote, brackets = _inside(assignment[2], "", 0)


def _inside(line: str, quote: str, brackets: int) -> tuple[str, int]:
    """Whether a multi-line string (its quotes) or array (how deep) is still open at the end of the line."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return quote, brackets
            quote, position = "", end + 3
            continue
        opaque = _OPAQUE.search(line, position)
        plain = line[position : opaque.start() if opaque else len(line)]
        brackets += sum(plain.count(mark) for mark in "[{") - sum(plain.count(mark) for mark in "]}")
        if not opaque:
            break
        quote = opaque[0] if opaque[0] in ('"""', "'''") else ""
        position = opaque.end()
    return quote, max(brackets, 0)


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
