"""A document that XML refuses for a few characters, made well-formed: it is then read as any other, items and all.

What feeds get wrong most: HTML's entities, bare ampersands, references to characters that XML does not have, and
control characters. Anything else is left for a tolerant parser.
"""

import re
from html.entities import html5

_FORBIDDEN = bytes(code for code in range(32) if code not in b"\t\n\r\x1b")  # ESC shifts the letters of ISO 2022
_REFERENCE = re.compile(rb"&#(?:x([0-9a-f]+)|([0-9]+));?", re.IGNORECASE)
_AMPERSAND = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    rb"|&(?!(?:amp|lt|gt|quot|apos);)(?:(?P<number>#[0-9]+|#x[0-9a-fA-F]+);|(?P<name>\w+;))?",
    re.DOTALL,
)


def mend(body: bytes) -> bytes:
    """Return the document with what XML cannot hold replaced by what was meant, or left out."""
    if b"\0" in body:  # letters of more than a byte each
        return body
    return _AMPERSAND.sub(_escaped, body.translate(None, _FORBIDDEN))


def without_impossible(body: bytes) -> bytes:
    """Return the document without references to characters that XML does not have (feedparser raises for those)."""
    return _REFERENCE.sub(lambda found: found[0] if _is_possible(found) else b"", body)


def _escaped(found: re.Match[bytes]) -> bytes:
    if found[0][:1] == b"<":
        return found[0]
    if found["number"]:
        return without_impossible(found[0])
    meant = html5.get((found["name"] or b"").decode("ascii", "replace"))
    if meant:
        return "".join(f"&#{ord(letter)};" for letter in meant).encode()
    return b"&amp;" + found[0][1:]


def _is_possible(found: re.Match[bytes]) -> bool:
    digits = (found[1] or found[2]).lstrip(b"0") or b"0"
    number = int(digits, 16 if found[1] else 10) if len(digits) < 8 else 0x110000
    return number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0xFFFF < number < 0x110000
