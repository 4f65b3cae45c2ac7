"""Cuts text into the words that fingerprints compare: coarser than the words of a rule, and never shown to a person.

Everything goes that differs between two copies of one text: case, marks, apostrophes, the points and commas within a
number. What is left is only compared with itself, so it need not be right in any language, only the same each time.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

# Scripts without spaces between words: each letter counts as a word (Thai, Lao, Burmese, Khmer, kana, Han).
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
# A table of letters too: of what a table does not have, translate() asks in vain each time.
_GAPS = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))
# "don't", "1,000.50", "12:30", "U.S.": the mark comes first, so that the search skips to it.
_WITHIN_WORD = re.compile(r"[.,:'](?:(?<=\d.)(?=\d)|(?<=[^\W\d_]')(?=[^\W\d_])|(?<=\b[^\W\d_]\.)(?=[^\W\d_](?!\w)))")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_UNSPACED_LETTER = re.compile(rf"[{UNSPACED}]")


class _Bare(dict[int, str]):
    """Maps letters to what is left of them: marks, joiners and signs go. Each letter is learnt when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _bare(chr(code))
        return self[code]


_BARE = _Bare()


def words_of(text: str) -> list[str]:
    """Cut text into folded words, in order; a letter of a script without spaces is a word."""
    if not text.isascii():
        text = _NOT_ASCII.sub(_bare_run, text)
    folded = _WITHIN_WORD.sub("", text.casefold())
    # Faster than an expression, and most is ASCII.
    return folded.translate(_GAPS).split() if folded.isascii() else _WORD.findall(folded)


def _bare_run(run: re.Match[str]) -> str:
    return unicodedata.normalize("NFKD", run[0]).translate(_BARE)


def _bare(letter: str) -> str:
    """A letter; nothing for what only marks, joins or directs letters; a blank for every sign but the apostrophe."""
    if letter in "’ʼ'":
        return "'"
    if letter.isalnum():
        return "" if letter == "\u0640" else letter  # Arabic tatweel
    return "" if unicodedata.category(letter) in {"Mn", "Mc", "Me", "Cf"} else " "


def is_unspaced(word: str) -> bool:
    """Whether a word is one letter of a script without spaces."""
    return len(word) == 1 and _UNSPACED_LETTER.match(word) is not None


def mostly_unspaced(words: list[str]) -> bool:
    """Whether more than half of the words are letters of a script without spaces."""
    return not "".join(words).isascii() and sum(map(is_unspaced, words)) * 2 > len(words)


def numbers_in(words: Iterable[str]) -> list[str]:
    """Return the words that are or hold a number, in order: what `words_of` returns is letters or has a digit."""
    return [word for word in words if not word.isalpha()]


def telling_words(words: list[str]) -> set[str]:
    """Return the words that can tell two texts apart: those of four letters or more, and those with a number.

    Of a script without spaces every two letters in a row count.
    """
    telling = {word for word in set(words) if len(word) > 3 or not word.isalpha()}
    if not "".join(words).isascii():
        pairs = pairwise(words)
        telling.update(f"{one}{other}" for one, other in pairs if is_unspaced(one) and is_unspaced(other))
    return telling
