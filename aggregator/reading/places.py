"""What a line's neighbours, its place and the course of the article show of it, as signals. It reads no text anew."""

import re
from itertools import pairwise

from aggregator.reading.phrases import fold
from aggregator.reading.signals import LEFTOVERS, Line, has_spaces, step
from aggregator.reading.wraps import Block

_AROUND = 4  # lines in which sentences keep each other company
_BEFORE, _AHEAD = 3, 8  # lines in which leftovers do
_BOX = 20  # lines that a box of other articles holds at most
_BEGUN = 60  # words read, before which nothing is judged by what came before
_TOP = 80  # words
_NAME = 3  # words
_ASIDE = frozenset({"plead", "notice", "credit"})
_PICTURED = frozenset({"caption", "photo", "caption…"})
_ABOUT = frozenset({"by", "date", "date…", "ago", "share", "tools"}) | _PICTURED
_INTERRUPTIONS = frozenset({"pointer", "pointer:", "pointer…", "box:", "advert"}) | _PICTURED
_DATED = frozenset({"date", "date…", "by", "ago", "said"})


def place(lines: list[Line], title: str, authors: tuple[str, ...] = (), *, ended: bool = False) -> None:
    """Add to each line what stands around it shows; `ended` says that something is known to follow the last one."""
    _mark_repeats(lines, fold(title))
    _mark_company(lines)
    _mark_boxes(lines)
    _mark_top(lines)
    _mark_neighbours(lines)
    _mark_course(lines)
    if lines and (ended or not lines[-1].prose):
        _mark_last_words(lines, tuple(fold(author) + " " for author in authors if " " in author))


def _mark_repeats(lines: list[Line], title: str) -> None:
    seen: set[str] = set()
    for line in lines:
        if len(title) > 12 and line.folded == title:
            line.signals.append("again")
        if line.block.text in seen:
            line.signals.append("repeated")
        seen.add(line.block.text)


def _mark_company(lines: list[Line]) -> None:
    """How much prose is about a sentence, and how many leftovers are about any other line."""
    prose = _sums([line.prose for line in lines])
    left = _sums([not LEFTOVERS.isdisjoint(line.signals) for line in lines])
    for here, line in enumerate(lines):
        near = _between(left, here - _BEFORE, here + _AHEAD + 1)
        if line.prose:
            around = _between(prose, here - _AROUND, here + _AROUND + 1) - 1
            line.signals.append("alone" if around < 2 else "apart" if around < 3 else "in prose")
            if near > 1 and not _ASIDE.isdisjoint(line.signals):
                line.signals.append("closing")
            continue
        # One line of an interruption between a paragraph and a sub-heading does not part them.
        above = here - 1 - (here > 1 and not _INTERRUPTIONS.isdisjoint(lines[here - 1].signals))
        before, after = _between(prose, above, above + 1), _between(prose, here + 1, here + 2)
        if before:
            line.signals.append("between prose" if after else "after prose")
        line.signals.append(f"near{min(near, 1 if before and after else 4)}")
        if near and "repeated" in line.signals:
            line.signals.append("repeated near")


def _mark_boxes(lines: list[Line]) -> None:
    """The lines under the heading of a box, up to the next sentence; a longer list than boxes hold is the author's."""
    here = 0
    while here < len(lines):
        end = here + 1
        if not {"box", "box…"}.isdisjoint(lines[here].signals):
            while end < len(lines) and not lines[end].prose and end - here <= _BOX + 1:
                end += 1
            if end - here <= _BOX + 1:
                for line in lines[here + 1 : end]:
                    line.signals.append("in a box")
        here = end


def _mark_top(lines: list[Line]) -> None:
    """Short lines about the by-line, the date and the share bar, where the article has hardly begun."""
    read = 0
    last = max((here for here, line in enumerate(lines) if line.prose), default=0)
    for here, line in enumerate(lines[: min(last, 40)]):
        read += line.words if line.prose else 0
        if read > _TOP:
            return
        if line.words > 5 or line.prose or line.block.form != "plain":
            continue
        if any(not _ABOUT.isdisjoint(other.signals) for other in lines[max(0, here - 3) : here + 4]):
            line.signals.append("top matter")


def _mark_neighbours(lines: list[Line]) -> None:
    """What the line just above or below makes of a line."""
    for above, line in pairwise(lines):
        if above.signals[0] == "colon":
            line.signals.append("after colon")
        if line.words <= 12 and above.words <= 45 and not _PICTURED.isdisjoint(line.signals):
            above.signals.append("captioned")
        if line.words < 20 and above.words < 20 and (start := _start(line.block)) and start == _start(above.block):
            line.signals.append("alike")
            if "alike" not in above.signals:
                above.signals.append("alike")


def _start(block: Block) -> str:
    """How an item of a list begins: its mark, or a number among other characters ("R : 50", "June 9")."""
    if block.mark:
        return block.form
    start = block.text[:8]
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", start)) if any(map(str.isdigit, start)) else ""


def _mark_course(lines: list[Line]) -> None:
    """How far the article has come where a sentence stands: leftovers passed, words that are new, a date above it."""
    passed = read = gap = 0
    known: set[str] = set()
    for here, line in enumerate(lines):
        if read > _BEGUN and not LEFTOVERS.isdisjoint(line.signals):
            passed += 1
        if line.prose:
            line.signals += [f"passed{step(passed, (4, 2, 1, 0))}", f"gap{step(gap, (12, 6, 1, 0))}"]
            words = {word for word in line.folded.split() if len(word) > 4}
            if read > _BEGUN and len(words & known) < 2 and has_spaces(line.folded):
                line.signals.append("new words")
            if read > _BEGUN and not _DATED.isdisjoint(lines[here - 1].signals):
                line.signals.append("under a date")
            known |= words
            read, gap = read + line.words, 0
        else:
            gap += 1
            if read > _BEGUN and not {"by", "date", "ago"}.isdisjoint(line.signals):
                _mark_above(lines[max(0, here - 2) : here])


def _mark_above(lines: list[Line]) -> None:
    """The headline above another article's by-line or date, and the name that may stand between the two."""
    name = bool(lines) and lines[-1].words <= _NAME
    headline = lines[-2:] if name else lines[-1:]
    if headline and headline[0].words > _NAME and not any(line.prose for line in headline):
        for line in headline:
            line.signals.append("above a by-line")


def _mark_last_words(lines: list[Line], authors: tuple[str, ...]) -> None:
    """The last sentences before what follows the article, where they ask for something or tell of site or author."""
    for line in reversed(lines):
        about_author = line.folded.startswith(authors) if authors else False
        if line.prose and not about_author and _ASIDE.isdisjoint(line.signals):
            return
        if line.prose and "closing" not in line.signals:
            line.signals.append("life" if about_author else "closing")


def _sums(flags: list[bool]) -> list[int]:
    total, sums = 0, [0]
    for flag in flags:
        total += flag
        sums.append(total)
    return sums


def _between(sums: list[int], start: int, end: int) -> int:
    return sums[min(end, len(sums) - 1)] - sums[max(start, 0)]
