"""The parser that feedparser is given: expat as the standard library drives it, but text comes in one piece.

By itself expat tells of every line and every entity apart, which is ten calls of Python for one.
"""

from xml.sax.expatreader import ExpatParser

_PIECE = 64 * 1024  # bytes of text handed on at once


def create_parser() -> ExpatParser:
    """Return a parser: the name and shape that `xml.sax.make_parser` looks for in a module."""
    return _InPieces()


class _InPieces(ExpatParser):
    def reset(self) -> None:
        """Begin anew."""
        super().reset()
        expat = self._parser  # type: ignore[attr-defined]  # it has no public name, and the stubs leave it out
        expat.buffer_size = _PIECE
        expat.buffer_text = True
