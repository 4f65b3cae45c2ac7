"""What to look for in an item's text for one term: a term checked, folded and made ready, once."""

import re
import string
from dataclasses import dataclass
from typing import Literal

from aggregator.curation.rules.errors import RuleError
from aggregator.curation.rules.folding import BREAK, GAP, LEFT_EDGE, RIGHT_EDGE, UNSPACED, fold, words

_UNSPACED = re.compile(f"[{UNSPACED}]")
_OPENING, _CLOSING = "([{\"'«¿¡", ".,;:!?)]}\"'»"
_SOURCE = re.compile(r"[a-z0-9-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Key:
    """What an item must hold for a needle to be worth looking for: a whole word, a word's beginning or a character."""

    kind: Literal["word", "beginning", "character"]
    text: str


@dataclass(frozen=True, slots=True)
class Needle:
    """How a term is found: `text` occurs in that form of the item's text, and where given `around` fits there too.

    `words` are the term's words in order, of which the last may be cut short (`prefix`); none where a word of the
    item need not be a word of the term (a script without spaces). `key` is None for names, which are few.
    """

    form: Literal["words", "folded"]
    text: str
    around: re.Pattern[str] | None = None
    key: Key | None = None
    words: tuple[str, ...] = ()
    prefix: bool = False


def check_star(text: str) -> None:
    """Raise RuleError, its position in `text`, for a `*` that does not end a word at the end of the text."""
    star = text.find("*")
    if star < 0:
        return
    if star < len(text.rstrip()) - 1:
        raise _misplaced_star(text, star)
    if not text[:star].strip():
        raise RuleError("A * alone stands for nothing: put it at the end of a word, as in diplomat*", star)
    if text[star - 1].isspace():
        raise RuleError("A * must follow its word without a space, as in diplomat*", star)


def needle(text: str, scope: tuple[str, ...]) -> Needle:
    """Return what to look for; RuleError where that is nothing."""
    prefix = text.endswith("*")
    folded = fold(text.removesuffix("*"))
    if scope == ("source",):
        return _source(folded, prefix=prefix)
    if scope == ("language",):
        return _language(folded, prefix=prefix)
    parts = _parts(folded, prefix=prefix)
    if not parts:
        raise RuleError("There is nothing to look for in this: write at least one letter, digit or symbol")
    if any(map(_UNSPACED.search, parts)):
        return _substring(parts)
    cut = tuple(word for part in parts for word in words(part))
    if all(words(part) == [part] for part in parts):
        text = f" {' '.join(cut)}" + ("" if prefix else " ")
        return Needle("words", text, key=_key(cut, prefix=prefix), words=cut, prefix=prefix)
    return _literal(parts, cut, prefix=prefix)


def _misplaced_star(text: str, star: int) -> RuleError:
    if text[star + 1 :].strip("* ") == "":
        return RuleError("One * is enough: write it once, at the end of the word", star)
    if star == 0 or text[star - 1].isspace():
        bare = text.replace("*", "").strip()
        what = rf"A * may stand only at the end of a word: write {bare} or {bare}*, or /\w*{bare}/ in match"
        return RuleError(what, star)
    before, after = text[:star].strip(), text[star + 1 :].strip(" *")
    return RuleError(rf"A * may stand only at the end: write {before}*, or /{before}\w*{after}/ in match", star)


def _parts(folded: str, *, prefix: bool) -> list[str]:
    """Cut a phrase at its white space, without the punctuation that may stand between its words anyway."""
    *others, last = folded.split() or [""]
    ends = [last.lstrip(_OPENING) if prefix else _stripped(last)]
    return [part for part in [*map(_stripped, others), *ends] if part.strip(string.punctuation)]


def _stripped(part: str) -> str:
    return part.lstrip(_OPENING).rstrip(_CLOSING)


def _substring(parts: list[str]) -> Needle:
    unspaced = next(found[0] for part in parts if (found := _UNSPACED.search(part)))
    longest = max(parts, key=len)
    around = re.compile(f"{GAP}*".join(map(re.escape, parts))) if len(parts) > 1 else None
    return Needle("folded", longest, around, Key("character", unspaced))


def _literal(parts: list[str], cut: tuple[str, ...], *, prefix: bool) -> Needle:
    """Look for symbols to the letter; edges count only beside a word, so that 🚀 and € are found anywhere."""
    left = LEFT_EDGE if words(parts[0]) else ""
    right = RIGHT_EDGE if words(parts[-1]) and not prefix else ""
    around = re.compile(f"{left}{f'{GAP}+'.join(map(re.escape, parts))}{right}")
    open_end = prefix and bool(cut) and parts[-1].endswith(cut[-1])
    key = _key(cut, prefix=open_end) if cut else Key("character", parts[0][0])
    return Needle("folded", max(parts, key=len), around, key, cut, open_end)


def _key(cut: tuple[str, ...], *, prefix: bool) -> Key:
    """Choose the longest whole word, since long words are rare."""
    whole = cut[:-1] if prefix else cut
    return Key("word", max(whole, key=len)) if whole else Key("beginning", cut[-1])


def _source(folded: str, *, prefix: bool) -> Needle:
    if not _SOURCE.fullmatch(folded):
        raise RuleError("A source is named by its key in feeds.toml, for example source:bbc-world")
    return Needle("words", f"{BREAK}{folded}{'' if prefix else BREAK}")


def _language(folded: str, *, prefix: bool) -> Needle:
    code = folded.replace("_", "-")
    if not (_LANGUAGE.fullmatch(code) or (prefix and code.isalpha())):
        raise RuleError("A language is written as its code, for example lang:en or lang:pt-BR")
    return Needle("words", f"{BREAK}{code}{'' if prefix else '-'}")
