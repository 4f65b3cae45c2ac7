"""Bytes of a local file as text: byte order marks, UTF-8, unmarked UTF-16, legacy encodings. Binary files are refused.

The only module that imports charset-normalizer.
"""

import codecs
import re
from collections import Counter

from aggregator.model import Unreadable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_HEAD = 4096
_SAMPLE = 65_536  # bytes by which a legacy encoding is told; charset-normalizer is slow
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
# What files that are not Unicode are in; of the Latin ones most are in the first.
_LATIN = ["cp1252", "cp1250", "cp1254", "cp1257", "iso8859_2"]
_LEGACY = [*_LATIN, "cp1251", "cp1253", "cp1255", "cp1256", "koi8_r", "shift_jis", "euc_jp", "big5", "gb18030", "cp949"]
_EQUAL = 0.01  # of charset-normalizer's measure of disorder
# What letters each language that is written in a Windows code page of Latin letters has beside a-z.
_ALPHABETS = (
    "àâæçéèêëîïôœùûüÿ", "äöüß", "áéíóúñüºª", "áàâãçéêíóôõúü", "àèéìíòóùú", "åäöæøé", "áéíóúýðþæö", "ąćęłńóśźż",
    "áäčďéěíĺľňóôŕřšťúůýž", "áéíóöőúüű", "ăâîşţșț", "çğıöşüâî", "ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž", "čćđšž",
)  # fmt: skip
_SPECIAL = re.compile(r"[^\x00-\x7f\s‘’‚“”„«»‹›–—…•·°§€£©®™¡¿]")
# What a browser reads for a label that is ASCII or Latin-1 (WHATWG Encoding, section 4.2).
_BROWSER = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}

# Only encodings of text: a label may also name one of Python's own ("zip", "rot13").
_TEXT_ENCODINGS = (
    "utf-8", "utf-16", "iso8859", "cp", "koi8", "mac", "gb", "big5", "euc", "shift_jis", "iso2022", "tis", "ascii",
    "johab",
)  # fmt: skip


def decode(body: bytes, *, html: bool = False) -> str | Unreadable:
    """Return the text of a file, or why it is none.

    `html` also believes what a page says of its own encoding, where its bytes do not contradict it.
    """
    if not body.strip(b"\x00 \t\r\n"):
        return Unreadable("the file is empty")
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    text = _unmarked_utf16(body) or _utf8(body) or (_declared(body) if html else None) or _guessed(body)
    if text is None or _is_binary(text):
        return Unreadable("the file is not text, or in an encoding that could not be told")
    return text


def _strict(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _utf8(body: bytes) -> str | None:
    """The text as UTF-8, which may be cut in the middle of a letter or hold a stray byte, if it is UTF-8 otherwise."""
    text = body.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    return text if not lost or lost * 20 <= sum(letter > "\x7f" for letter in text) else None


def _unmarked_utf16(body: bytes) -> str | None:
    """UTF-16 without a mark, by its zeros: every other byte of Latin text."""
    sample = body[:_HEAD]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(sample) < 4 or max(even, odd) < 0.3 * len(sample) / 2 or min(even, odd) > 0.05 * len(sample) / 2:
        return None
    return _strict(body[: len(body) // 2 * 2], "utf-16-le" if odd > even else "utf-16-be")


def _declared(body: bytes) -> str | None:
    label = _META.search(body[:_HEAD])
    if not label:
        return None
    try:
        name = codecs.lookup(label[1].decode("ascii")).name
    except LookupError:
        return None
    return _strict(body, _BROWSER.get(name, name)) if name.startswith(_TEXT_ENCODINGS) else None


def _guessed(body: bytes) -> str | None:
    """The text in whichever legacy encoding it reads best."""
    from charset_normalizer import from_bytes  # a heavy import, and most files are UTF-8

    sample = body[:_SAMPLE]
    matches = list(from_bytes(sample, cp_isolation=_LEGACY))
    if not matches:
        return None
    best = matches[0].encoding
    if best in _LATIN:
        # It does not tell the Latin alphabets apart ("ŕ la carte" is as orderly as "à la carte"): their letters do.
        equals = [
            match.encoding for match in matches if match.chaos <= matches[0].chaos + _EQUAL and match.encoding in _LATIN
        ]
        best = max(equals, key=lambda name: (_one_alphabet(sample.decode(name, "replace")), -_LATIN.index(name)))
    return body.decode(best, "replace")


def _one_alphabet(text: str) -> float:
    """How much of what is not ASCII are letters of one language: 1 for French read as French."""
    special = Counter(_SPECIAL.findall(text.lower()))
    total = special.total()
    return (
        max((sum(special[letter] for letter in alphabet) for alphabet in _ALPHABETS), default=0) / total
        if total
        else 1.0
    )


def _is_binary(text: str) -> bool:
    """Whether more than one character in a thousand is one that no text has."""
    sample = text[:_SAMPLE]
    return len(_CONTROL.findall(sample)) > len(sample) // 1000
