"""Plain text fit to print: free of characters no format can carry and of anything a reader could take for markup."""

import re
from html.parser import HTMLParser

UNTITLED = "(untitled)"

# XML 1.0 forbids these; one of them makes lxml refuse the whole feed.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# C1 controls show as nothing. They come from Windows-1252 read as Latin-1, and are read back as HTML reads &#150;.
# U+FFFD is the scar of another wrong decoding, and what stood there is lost.
_MENDED = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)} | {0xFFFD: "?"}
_SCAR = re.compile("[\x80-\x9f\ufffd]")
# UTF-8 read as Latin-1 or Windows-1252 ("FÃ¶rderung", "lâ€™issue"), as 20minutos.es, derbrutkasten.com and Le Parisien
# sent it. Taken for that only where a whole run of text decodes: a lone "Ã»" may well be Portuguese. Runs end where an
# escaped character will stand in the feed, because the validator judges the text between those.
_DOUBLE = re.compile("[\xc2\xc3][\xa0-\xbf]|[\xc2\xc3\xe2][\x80-\x9f€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_RUN = re.compile(r"[^<>&'\"\n]+")
_AS_BYTES = {ord(char): code for code, char in _MENDED.items() if char and code < 0x100}
# Every text that is looked at more closely for one of these has such a character; nearly none has.
_SUSPECT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xc2\xc3\xe2\ud800-\udfff\ufffd-\uffff]")
_LOOKS_LIKE_TAG = re.compile(r"<(?=[A-Za-z/!?])([^<>]*)(>?)")
_BREAKS = re.compile("[ \t-\r\u2028\u2029]+")  # not the spaces that typography means: U+00A0, U+3000
_LANGUAGE = re.compile(r"([a-z]{2,3})(-[A-Za-z0-9]{1,8})*", re.IGNORECASE)
# ISO 639-1; readers and the validator refuse a two-letter tag that is none of these.
_TWO_LETTERS = (
    " aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz"
    " ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik"
    " io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml"
    " mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd"
    " se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi"
    " vo wa wo xh yi yo za zh zu "
)


def permitted(text: str) -> str:
    """`text` with no character that XML 1.0 forbids or that only a wrong decoding leaves behind."""
    if not _SUSPECT.search(text):
        return text
    text = _FORBIDDEN.sub("", text)
    while _DOUBLE.search(text) and (decoded := _RUN.sub(_decoded_once, text)) != text:
        text = _FORBIDDEN.sub("", decoded)  # again, for some have been through it twice; each time it is shorter
    return text.translate(_MENDED) if _SCAR.search(text) else text  # to translate is slow, and seldom needed


def _decoded_once(found: re.Match[str]) -> str:
    if not _DOUBLE.search(found[0]):
        return found[0]
    try:
        return found[0].translate(_AS_BYTES).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return found[0]


def one_line(text: str) -> str:
    """`text` as a title or a name: permitted characters, single spaces, and no `<` that could open a tag.

    RSS never said whether a title is text or HTML, and readers differ: one strips `<b>`, one runs it. `‹b›` looks the
    same to a person and is a tag to no reader.
    """
    if text.isascii() and text.isprintable() and "<" not in text and "  " not in text:
        return text.strip()
    return _LOOKS_LIKE_TAG.sub(lambda found: f"‹{found[1]}{found[2] and '›'}", _unbroken(permitted(text)))


def language_tag(text: str) -> str:
    """`text` as a BCP 47 tag, or "" where it is none: an unknown language makes a feed invalid."""
    tag = text.strip().replace("_", "-")
    found = _LANGUAGE.fullmatch(tag)
    if found is None or (len(found[1]) == 2 and f" {found[1].lower()} " not in _TWO_LETTERS):
        return ""
    return tag


def headline(title: str, summary: str, content: str) -> str:
    """What an item is called: its title, else its first words, else "(untitled)"; never empty (RFC 4287 wants one)."""
    return one_line(title) or shortened(one_line(summary), 80) or one_line(excerpt(content, 80)) or UNTITLED


def shortened(text: str, limit: int) -> str:
    """`text` cut to `limit` characters at most, between words where it has any, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > limit // 2 else cut).rstrip(" ,;:.–—-") + "…"


def excerpt(html: str, limit: int) -> str:
    """The first words of `html` as plain text on one line, `limit` characters at most."""
    return shortened(text_of(html, 2 * limit), limit)


def text_of(html: str, enough: int) -> str:
    """The plain text of `html` on one line, or no more of its beginning than has `enough` characters."""
    words = _Words()
    for start in range(0, len(html), 4096):
        words.feed(html[start : start + 4096])
        if words.size > enough:
            break
    else:
        words.close()
    return _unbroken(permitted("".join(words.pieces)))


def _unbroken(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


class _Words(HTMLParser):
    """Gathers the text of an HTML fragment; tags that end a line become spaces."""

    _INLINE = frozenset(
        {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd", "mark", "q", "s"}
        | {"samp", "small", "span", "strong", "sub", "sup", "u"}
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.size = 0

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)
        self.size += len(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in self._INLINE:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.handle_starttag(tag, [])
