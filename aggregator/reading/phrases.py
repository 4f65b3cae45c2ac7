"""The words sites put round their articles, read from `phrases.toml`: which kind a line is. It judges no article."""

import re
import tomllib
from importlib.resources import files

_NOT_LETTERS = re.compile(r"[\W\d_]+")
WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LONGEST = 6  # words of the longest phrase worth looking for at a line's beginning


def fold(text: str) -> str:
    """The text as phrases are compared: case folded, its letters only, one space between words."""
    # The dot that İ leaves behind when its case is folded is no letter, and would part the word.
    return _NOT_LETTERS.sub(" ", text.casefold().replace("\u0307", "")).strip()


_TABLES = tomllib.loads(files(__package__).joinpath("phrases.toml").read_text(encoding="utf-8"))


def _folded(kind: str) -> frozenset[str]:
    return frozenset(fold(phrase) for phrases in _TABLES[kind].values() for phrase in phrases)


_WITHIN = _TABLES["within"]
_PLEAD_STEMS = tuple(map(fold, _WITHIN.pop("plead_stems")))
_STEM = min(map(len, _PLEAD_STEMS))
_STEM_STARTS = frozenset(stem[:_STEM] for stem in _PLEAD_STEMS)


def _by_first_word() -> dict[str, list[tuple[str, str]]]:
    """The phrases to be found inside a line, as (padded phrase, kind), by their first word."""
    index: dict[str, list[tuple[str, str]]] = {}
    for kind, phrases in _WITHIN.items():
        for folded in map(fold, phrases):
            index.setdefault(folded.split(" ")[0], []).append((f" {folded} ", kind))
    return index


# In this order where a phrase stands in several tables: what ends an article tells more than what interrupts it.
_KINDS = {kind: _folded(kind) for kind in ("end", "box", "plea", "tools", "pointer", "advert", "menu")}
_WHOLE = {phrase: kind for kind in reversed(_KINDS) for phrase in _KINDS[kind]}
_OPENING = {phrase: kind for phrase, kind in _WHOLE.items() if kind != "menu"}
_BY_WORD = _by_first_word()
_FIRST_WORDS = frozenset(_BY_WORD)
_WIDE_PHRASES = [(fold(phrase), kind) for kind, phrases in _WITHIN.items() for phrase in phrases if WIDE.search(phrase)]
_SHARE = frozenset(map(fold, _TABLES["share"]["words"]))
_SHARE_HEADS = frozenset(map(fold, _TABLES["share"]["heads"]))
_CAPTION_BEGIN = frozenset(map(fold, _TABLES["caption"]["begin"]))
_CAPTION_END = frozenset(map(fold, _TABLES["caption"]["end"]))


def kind_of(folded: str) -> str:
    """The kind of a line that is one of the phrases and nothing else ("" where it is none)."""
    return _WHOLE.get(folded, "")


def opening(words: list[str]) -> tuple[str, int]:
    """The kind and the word count of the longest phrase that these folded words begin with; ("", 0) for none."""
    for count in range(min(len(words) - 1, _LONGEST), 0, -1):
        kind = _OPENING.get(" ".join(words[:count]), "")
        if kind:
            return kind, count
    return "", 0


def within(folded: str, words: list[str]) -> list[str]:
    """The kinds of which a phrase stands anywhere in the line."""
    padded = f" {folded} "
    found = {kind for first in _FIRST_WORDS.intersection(words) for phrase, kind in _BY_WORD[first] if phrase in padded}
    if not _STEM_STARTS.isdisjoint([word[:_STEM] for word in words]) and any(map(_has_plead_stem, words)):
        found.add("plead")
    if not folded.isascii() and WIDE.search(folded):
        found |= {kind for phrase, kind in _WIDE_PHRASES if phrase in folded}
    return sorted(found)


def _has_plead_stem(word: str) -> bool:
    return word.startswith(_PLEAD_STEMS)


def is_share_bar(words: list[str]) -> bool:
    """Whether the folded words are the buttons of a share bar and nothing else."""
    return bool(words) and all(word in _SHARE for word in words) and not _SHARE_HEADS.isdisjoint(words)


def opens_caption(words: list[str]) -> int:
    """How many of the line's first folded words say that it describes a picture (0: none do)."""
    return next((n for n in (3, 2, 1) if len(words) > n and " ".join(words[:n]) in _CAPTION_BEGIN), 0)


def closes_caption(words: list[str]) -> bool:
    """Whether the line ends in the name of a picture agency."""
    return any(len(words) > n and " ".join(words[-n:]) in _CAPTION_END for n in (1, 2, 3))


MONTHS = {name.casefold(): number for number, names in enumerate(_TABLES["months"]["names"], 1) for name in names}
UPDATED = frozenset(map(fold, _TABLES["months"]["updated"]))
PUBLISHED = frozenset(map(fold, _TABLES["months"]["published"]))
SOURCE = frozenset(map(fold, _TABLES["months"]["source"]))
BY = frozenset(map(fold, _TABLES["by"]["before"]))
BETWEEN_NAMES = frozenset(_TABLES["by"]["between"])
NOBODY = frozenset(map(fold, _TABLES["by"]["nobody"]))
