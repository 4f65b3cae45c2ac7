"""Pasted text as blocks: lines cleaned, wrapped lines joined again, list, quote and heading marks told from the words.

Which block belongs to the article is not decided here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from aggregator.reading.html import clean_text

Form = Literal["plain", "bullet", "number", "quote", "heading"]

_LINE_ENDS = re.compile(r"\r\n?|[\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile(r"[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\ufffc]")  # zero width, and what stands for an object that was not pasted
_RULE = re.compile(r"[=\-_*~–—]{3,}|(?:[*\-_] ){2,}[*\-_]")
_MARK = re.compile(
    r"(?P<bullet>[•▪‣◦●○■□∙·*+-])\s+(?=\S)|(?P<number>\d{1,3})[.)]\s+(?=\S)|(?P<heading>#{1,6})\s+(?=\S)"
)
_QUOTED = re.compile(r">[>\s]*")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")
_LONG_WORD = 40
_FEWEST = 2  # lines that show that a text was wrapped
_PARTED = 2  # groups
_STOPS = '.!?:。！？”"»'
_NEARLY = 0.6
# A paragraph's lines that were wrapped end within this many characters; typewriters, mail and PDFs all do.
_NARROWEST, _WIDEST = 28, 110
# First parts of compounds that keep their hyphen when the line breaks behind it.
_COMPOUNDS = frozenset((
    "all", "anti", "co", "cross", "ex", "far", "full", "half", "high", "inter", "long", "low", "mid", "multi", "near",
    "non", "one", "open", "post", "pre", "pro", "quasi", "re", "self", "semi", "short", "so", "sub", "ten", "three",
    "two", "ultra", "un", "well", "wide", "year",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading or list item: its text, the line of the file it began on (from 1), the mark it had."""

    text: str
    line: int
    form: Form = "plain"
    mark: str = ""

    @property
    def whole(self) -> str:
        """The text with its mark, as it stood in the file."""
        return self.mark + self.text


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    number: int
    indent: int
    form: Form
    mark: str


def blocks(text: str) -> list[Block]:
    """The blocks of a text in order. Blank lines part them; line ends do too, unless the text is seen to be wrapped."""
    groups = list(_groups(text))
    width = _wrap_width(groups)
    words = _all_words(groups) if width else frozenset()
    parted = len(groups) > _PARTED
    return [block for group in groups for block in _joined(group, width, words, parted=parted) if block.text]


def _groups(text: str) -> Iterator[list[_Line]]:
    """The lines between blank lines."""
    group: list[_Line] = []
    clean = _SPACES.sub(" ", _INVISIBLE.sub("", clean_text(text)))
    for number, spaced in enumerate(_LINE_ENDS.split(clean), 1):
        line = spaced.strip()
        if group and _RULE.fullmatch(line) and _is_underline(line, group[-1]):
            group[-1] = replace(group[-1], form="heading")
        elif not line or _RULE.fullmatch(line):
            if group:
                yield group
            group = []
        else:
            group.append(_line(line, number, len(spaced) - len(spaced.lstrip())))
    if group:
        yield group


def _is_underline(rule: str, above: _Line) -> bool:
    return rule[0] in "=-" and above.form == "plain" and abs(len(rule) - len(above.text)) <= 3 + len(above.text) // 4


def _line(line: str, number: int, indent: int) -> _Line:
    if line.startswith(">") and (quoted := _QUOTED.sub("", line, count=1)):
        return _Line(quoted, number, indent, "quote", "> ")
    match = _MARK.match(line)
    if not match:
        return _Line(line, number, indent, "plain", "")
    form: Form = "bullet" if match["bullet"] else "number" if match["number"] else "heading"
    return _Line(line[match.end() :], number, indent, form, line[: match.end()])


def _wrap_width(groups: list[list[_Line]]) -> int:
    """The column the text was wrapped at; 0 where its line ends are the author's.

    In wrapped text a line ends where the next word would not have fitted, and seldom with a sentence: most long lines
    do, but for the last ones of paragraphs. A line with a word too long to be wrapped says nothing.
    """
    pairs = [
        (line.text, following.text)
        for group in groups
        for line, following in pairwise(group)
        if following.form in {"plain", line.form} and max(map(len, line.text.split())) < _LONG_WORD
    ]
    width = max((len(line) for line, _ in pairs), default=0)
    if not _NARROWEST <= width <= _WIDEST:
        return 0
    long = [(line, following) for line, following in pairs if len(line) > _NEARLY * width]
    full = sum(_is_full(line, following, width) and line[-1] not in _STOPS for line, following in long)
    return width if full >= max(_FEWEST, len(long) / 2) else 0


def _is_full(line: str, following: str, width: int) -> bool:
    if line.endswith(("-", "\xad")) and following[:1].islower():
        return True
    word = 1 if _WIDE.match(following) else len(following.split(" ", 1)[0]) + 1
    return len(line) + word > width


def _all_words(groups: list[list[_Line]]) -> frozenset[str]:
    return frozenset(
        word for group in groups for line in group for word in re.findall(r"\w[\w-]*\w", line.text.casefold())
    )


def _joined(group: list[_Line], width: int, words: frozenset[str], *, parted: bool) -> Iterator[Block]:
    """The blocks of the lines between two blank lines; `parted` says that blank lines part the text's paragraphs."""
    parts: list[str] = []
    first = last = group[0]
    for line in group:
        if parts and not _goes_on(last, line, first, width, parted=parted):
            yield Block(_join(parts, words), first.number, first.form, first.mark)
            parts, first = [], line
        parts.append(line.text)
        last = line
    yield Block(_join(parts, words), first.number, first.form, first.mark)


def _goes_on(last: _Line, line: _Line, first: _Line, width: int, *, parted: bool) -> bool:
    """Whether `line` is the same paragraph as the line before it, or the same list item."""
    if line.form != "plain" and not (line.form == first.form == "quote"):
        return False
    if first.form in {"bullet", "number"} and line.indent > first.indent:
        return True
    if not width or last.form == "heading" or line.indent > last.indent + 1:
        return False
    if _is_full(last.text, line.text, width):
        return True
    # Where blank lines part paragraphs, a line that was broken early still goes on; elsewhere it may be a headline.
    return parted and len(last.text) > _NEARLY * width and last.text[-1] not in _STOPS


def _join(parts: list[str], words: frozenset[str]) -> str:
    ended = (_ended(part, following, words) for part, following in zip(parts, [*parts[1:], ""], strict=True))
    return " ".join("".join(ended).replace("\xad", "").split())


def _ended(line: str, following: str, words: frozenset[str]) -> str:
    """The line as it runs into the next: with a space, or none where a word was divided or words have no spaces."""
    if line.endswith("\xad") or (line.endswith(("-", "‐")) and _was_divided(line, following, words)):
        return line[:-1]
    if line.endswith(("-", "‐")) and line[-2:-1].isalnum():
        return line
    return line if _WIDE.match(line[-1:]) and _WIDE.match(following) else line + " "


def _was_divided(line: str, following: str, words: frozenset[str]) -> bool:
    """Whether the hyphen at the line's end is the wrap's, not the word's: as the text spells the word elsewhere."""
    left, right = re.search(r"\w*$", line[:-1]), re.match(r"[\w-]*\w", following)
    if not left or not left[0] or not right or not right[0][0].islower():
        return False
    whole, parted = (left[0] + right[0]).casefold(), f"{left[0]}-{right[0]}".casefold()
    if whole in words or parted in words:
        return whole in words
    return left[0].casefold() not in _COMPOUNDS
