"""Makes text comparable: folds case, marks and typography, and cuts it into words; knows nothing of rules."""

import re
import unicodedata
from functools import lru_cache

# Scripts written without spaces (and Hangul, which hangs its particles on the noun): nothing says where a word ends,
# so a term in them is looked for as a substring, and they end a word of another script ("AI技術" holds the word AI).
UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7ff"  # Hangul
    "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"  # kana, without the middle dot
    "\u3105-\u312f\u31a0-\u31bf"  # bopomofo
    "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
# Vowel signs that are no letters to Python but part of the word: Thaana, the Indic scripts, Tibetan; not the dandas.
SIGNS = "\u07a6-\u07b0\u0900-\u0963\u0966-\u0dff\u0f18-\u0f39\u0f3e-\u0fbc"
# Stands between the values of one field: no phrase reaches across it, and no term can contain it.
BREAK = "\x1f"

_LETTER = rf"[^\W_{UNSPACED}]"
_WORD = re.compile(rf"(?:{_LETTER}|[{SIGNS}])+|[{UNSPACED}]+")
_PLAIN_WORD = re.compile(r"[^\W_]+")
# A table of letters too: of what a table does not have, translate() asks in vain each time.
_ASCII_GAPS = "".join(chr(code) if chr(code).isalnum() else " " for code in range(128))
_BEYOND_PLAIN = re.compile(f"[{UNSPACED}{SIGNS}]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

# What stands to the left or right of a whole word, and what may stand between two words of a phrase.
LEFT_EDGE = rf"(?<!{_LETTER})(?<![{SIGNS}])"
RIGHT_EDGE = rf"(?!{_LETTER}|[{SIGNS}])"
GAP = rf"(?:[^\w{UNSPACED}{SIGNS}{BREAK}]|_)"

# Marks a reader may leave out: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels, hamza and tatweel; and
# what has no shape: soft hyphens, joiners, direction marks, variation selectors. Not among them: dakuten, which tell
# パリ (Paris) from バリ (Bali), the signs above, and the marks that make й ў ї letters of their own (ё is read as е).
_DROPPED = (
    r"(?<![иуИУ])\u0306|(?<![іІ])\u0308|"
    "[\u0300-\u0305\u0307\u0309-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08ff"
    "\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
# Strokes are marks to a reader, though Unicode does not part them from the letter; quotes and dashes have many shapes.
_REPLACED = {
    **dict(zip("łŁøØđĐħĦŧŦı", "llooddhhtti", strict=True)),
    "æ": "ae",
    "Æ": "ae",
    "œ": "oe",
    "Œ": "oe",
    **dict.fromkeys("‘’‚‛ʻʼʹ′\u05f3", "'"),
    **dict.fromkeys("“”„‟″\u05f4", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
}
_CHANGED = re.compile(f"{_DROPPED}|[{''.join(_REPLACED)}]")
# NFKD would make letters of the first two ("Windows™" would be the word "windowstm") and a space of the third.
_BEFORE = str.maketrans({"™": " ", "℠": " ", "´": "'"})


def fold(text: str) -> str:
    """Return `text` as rules compare it; folding twice changes nothing, and ASCII stays as long as it was."""
    if not text.isascii():
        text = _NOT_ASCII.sub(_folded_run, text)
    return text.casefold().replace(BREAK, " ")


def words(folded: str) -> list[str]:
    """Cut folded text into words; a run of a script without spaces counts as one."""
    if folded.isascii():  # faster than the expressions, and most folded English is
        return folded.translate(_ASCII_GAPS).split()
    return (_WORD if _BEYOND_PLAIN.search(folded) else _PLAIN_WORD).findall(folded)


def _folded_run(found: re.Match[str]) -> str:
    run = found[0]
    return _fold_short(run) if len(run) <= _SHORT else _fold_foreign(run)


def _fold_foreign(run: str) -> str:
    apart = unicodedata.normalize("NFKD", run.translate(_BEFORE))
    bare = _CHANGED.sub(lambda found: _REPLACED.get(found[0], ""), apart)
    return unicodedata.normalize("NFC", bare)


# Words, quotes and accents come again: measured a third faster on Russian text, three times on English. Whole clauses
# of Chinese do not, and would only fill memory.
_SHORT = 24
_fold_short = lru_cache(maxsize=1 << 15)(_fold_foreign)
