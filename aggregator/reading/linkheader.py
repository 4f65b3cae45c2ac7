"""Link headers (RFC 8288) as values; pure. What a relation means is not known here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A target, and whatever stands behind it up to the next comma that is in no quoted text.
_LINK = re.compile(r'<([^<>]*)>((?:[^,"<]|"(?:[^"\\]|\\.)*")*)')
_PARAMETER = re.compile(r';\s*([\w!#$&+.^`|~*-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*)))?')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class HeaderLink:
    """One link: `target` as it stands there, mostly relative; `rel` in lower case."""

    target: str
    rel: frozenset[str]
    type: str = ""
    title: str = ""


def header_links(header: str) -> Iterator[HeaderLink]:
    """Yield the links of all Link headers of an answer, joined by commas, as latin-1; what cannot be read is skipped.

    A link with an anchor speaks of something else than what was asked for (section 3.2), and is left out.
    """
    for found in _LINK.finditer(_text(header)):
        parameters: dict[str, str] = {}
        for name, quoted, token in _PARAMETER.findall(found[2]):
            parameters.setdefault(name.lower(), _ESCAPED.sub(r"\1", quoted) or token)  # the first counts (section 3.3)
        if "anchor" not in parameters:
            rel = frozenset(parameters.get("rel", "").lower().split())
            yield HeaderLink(found[1].strip(), rel, parameters.get("type", ""), parameters.get("title", ""))


def _text(header: str) -> str:
    """The header as text: it should be ASCII, is sometimes UTF-8, and arrives as latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header
