"""What each line of pasted text shows of itself and of its place: named signals. What they are worth is weighed in leftovers."""

import re
from dataclasses import dataclass

from aggregator.reading.dateline import dates_in
from aggregator.reading.phrases import BY, closes_caption, fold, is_share_bar, kind_of, opening, opens_caption, within
from aggregator.reading.wraps import Block

_WIDE = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]"
)  # scripts without spaces: two characters are a word's worth
_TERMINALS = ".!?…。！？؟।॥։።"
_ENDS = _TERMINALS + ":：,，、;；"
_SENTENCE_END = re.compile(r"[.!?؟।][\"”’»)]*\s|[。！？]")
_AGO = re.compile(
    r"\b(?:\d+|an?|one|a few)\s?(?:s|m|h|d|min|mins|hrs?|seconds?|minutes?|hours?|days?|weeks?|months?|years?)\s(?:ago|read)\b"
    r"|\bvor \d+ \w+|\bil y a \d+ \w+|\b(?:hace|há) \d+ \w+|\d+ \w+ (?:fa|geleden|temu|назад|sedan|siden|sitten|önce)\b|منذ"
    r"|\d+\s?(?:分|时|時間|小时|小時|天|日|시간|분|일)\s?(?:钟)?(?:前|전)",
    re.IGNORECASE,
)
_CLOSING = frozenset({"plead", "notice", "credit"})
_BOX = 20  # lines
_TOP = frozenset({"by", "date", "date…", "ago", "share", "tools", "caption", "caption…", "photo"})
_HANDLE = re.compile(r"@\w")
_CREDIT = re.compile(r"^\W*[^\W\d]+(?:\s[^\W\d]+){0,3}\s?[:：]|^[(\[]")
_SAID = re.compile(
    r"\b(?:said|says|wrote|commented|schrieb|sagt|sagte|a écrit|dit|dijo|escribió|disse|ha scritto|napisał\w*|пишет|написал\w*)\s?:?$",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright)[^.]{0,40}\b(?:19|20)\d\d\b|\b(?:19|20)\d\d\b.{0,8}(?:©|\(c\)|copyright)", re.IGNORECASE
)
_COUNTER = re.compile(r"(?:\w+ )?\d{1,3} ?(?:of|von|de|sur|di|van|z|из|/) ?\d{1,3}", re.IGNORECASE)  # "Image 2 of 5"
# What stands after an article and not in it.
LEFTOVERS = frozenset(
    {
        "shared",
        "end",
        "end:",
        "end…",
        "box",
        "box:",
        "box…",
        "menu",
        "plea",
        "plea:",
        "plea…",
        "share",
        "tools",
        "tools:",
        "tools…",
        "rights",
        "form",
        "notice",
        "again",
        "ago",
        "advert",
    }
)
# What a box in an article, or what follows it, begins with.
MARKERS = LEFTOVERS | {
    "life",
    "in a box",
    "above a by-line",
    "top matter",
    "pointer",
    "pointer:",
    "pointer…",
    "advert:",
    "advert…",
    "plead",
    "credit",
    "photo",
    "caption",
    "caption…",
    "captioned",
    "counter",
    "©",
    "date",
    "date…",
    "by",
    "said",
}


@dataclass(slots=True)
class Line:
    """A block and what it shows. `words` is its length, `prose` whether it reads as sentences."""

    block: Block
    folded: str
    words: int
    prose: bool
    signals: list[str]


def look(block: Block, shared: frozenset[str] = frozenset()) -> Line:
    """The line of a block with what it shows of itself; `shared` are lines that most files of its folder have."""
    line = _line(block)
    if block.text in shared:
        line.signals.append("shared")
    return line


def place(lines: list[Line], title: str, authors: tuple[str, ...] = (), *, ended: bool = False) -> None:
    """Add to each line what its neighbours, its place, the headline and the by-line show of it."""
    _mark_repeats(lines, fold(title))
    _mark_lives(lines, tuple(fold(author) + " " for author in authors if " " in author))
    _mark_places(lines)
    if lines and (ended or not lines[-1].prose):
        _mark_last_words(lines)


def _line(block: Block) -> Line:
    text = block.text
    folded = fold(text)
    words = _count_words(text)
    shape = _shape(text, words)
    line = Line(block, folded, words, shape in {"sentence10", "sentence25", "open40"}, [shape])
    if words <= 14 and text[:1] in "—–" and not shape.startswith("sentence"):
        line.signals.append("attribution")
    elif words <= 90 and block.form != "quote":  # a quotation may say anything, and so may code
        line.signals += _phrases(line)
    if line.signals == [shape]:
        line.signals += _style(text, words, shape)
    if block.form != "plain":
        line.signals.append(block.form)
    return line


def _count_words(text: str) -> int:
    wide = 0 if text.isascii() else len(_WIDE.findall(text))
    return len(text.split()) + wide // 2


def _shape(text: str, words: int) -> str:
    """How the line ends, and how long it is: the most that a line tells of itself."""
    bare = _bare(text)
    if bare.endswith(("…", "...", ". .")):
        return "ellipsis"
    last = bare[-1:]
    if last and last in _TERMINALS:
        return f"sentence{_step(words, (25, 10, 5, 1))}"
    if last in {":", "："}:
        return "colon"
    if last and last in _ENDS:
        return "comma" if words > 3 else "tag"
    return f"open{_step(words, (40, 25, 12, 7, 4, 1))}"


def _bare(text: str) -> str:
    """The text up to its last letter or stop, without closing quotes, brackets and pictographs (a handful of them)."""
    end = len(text)
    while end > max(0, len(text) - 12) and not (text[end - 1].isalnum() or text[end - 1] in _ENDS):
        end -= 1
    return text[:end]


def _step(words: int, steps: tuple[int, ...]) -> int:
    return next((step for step in steps if words >= step), steps[-1])


def _phrases(line: Line) -> list[str]:
    """What the line's words say it is: the phrase tables, dates, times, by-lines."""
    text, folded = line.block.text, line.folded
    words = folded.split()
    found = [kind] if (kind := kind_of(folded)) else _opening(line, words)
    found += within(folded, words)
    if line.words <= 25 and _COPYRIGHT.search(text):
        found.append("rights")
    if is_share_bar(words) and line.words <= 14:
        found.append("share")
    if text.startswith(("©", "(c)", "(C)")) or (line.words <= 12 and "©" in text):
        found.append("©")
    found += _caption(line, words)
    if line.words <= 16:
        found += _short(line, words)
    return found


def _opening(line: Line, words: list[str]) -> list[str]:
    """A phrase that the line goes on from: with a colon behind it, or short and of two words at least."""
    kind, count = opening(words)
    if not kind:
        return []
    if _after_words(line.block.text, count).startswith((":", "：", "|", "–", "—")):
        return [kind + ":"]
    if line.words <= 12 and (count > 1 or (kind == "plea" and line.words <= 8)) and not line.prose:
        return [kind + "…"]
    if kind == "plea" and count > 1 and line.words <= 30:
        return ["plea…"]
    if kind in {"pointer", "box"} and count > 1 and line.words <= 25 and line.signals[0].startswith("open"):
        return ["pointer…"]
    return []


def _after_words(text: str, count: int) -> str:
    found = re.match(r"[\W\d_]*(?:[^\W\d_]+[\W\d_]*?){%d}(?=\s*[^\w\s’']|\s)" % count, text)
    return text[found.end() :].lstrip() if found else ""


def _caption(line: Line, words: list[str]) -> list[str]:
    """A picture's caption or credit: how it begins, or that it ends in an agency's name and no full stop."""
    text, found = line.block.text, []
    begins = opens_caption(words)
    credit = bool(_CREDIT.match(text))
    if begins and (credit or (begins > 1 and line.words <= 30)):
        found.append("caption")
    ended = line.signals[0].startswith("sentence") and not text.endswith(")")
    if not ended and line.words <= 70 and closes_caption(words):
        found.append("caption…")
    return found


def _short(line: Line, words: list[str]) -> list[str]:
    text, found = line.block.text, []
    dated = bool(dates_in(text))
    if dated:
        found.append("date" if line.words <= 8 else "date…")
    if line.words <= 8 and _AGO.search(text):
        found.append("ago")
    if words and words[0] in BY and line.words <= 10 and not line.signals[0].startswith("sentence"):
        found.append("by")
    if _SAID.search(text):
        found.append("said")
    if line.words <= 5 and _COUNTER.fullmatch(text):
        found.append("counter")
    return found


def _style(text: str, words: int, shape: str) -> list[str]:
    """How the line is written, where no phrase says what it is."""
    found = []
    if shape == "sentence25" and len(_SENTENCE_END.findall(text)) > 1:
        found.append("several")
    if shape.startswith("open"):
        found += _case(text, words)
    if text[:1].islower():
        found.append("lower start")
    if text[:1] in "\"“„«‘'「『»" and words >= 5:
        found.append("quoted")
    if words <= 20 and ("|" in text or " · " in text or " • " in text):
        found.append("bars")
    if words <= 12 and _HANDLE.search(text):
        found.append("handle")
    return found


def _case(text: str, words: int) -> list[str]:
    if not any(map(str.isalpha, text)):
        return ["no letters"]
    if text.isupper() and len(text) > 3:
        return ["shouted"] if words > 6 else []
    if words < 3:
        return []
    parts = text.split()
    upper, lower = sum(part[0].isupper() for part in parts), sum(part[0].islower() for part in parts)
    if upper >= 3 and lower * 4 <= upper:
        return ["title case"]
    return ["fragment"] if lower >= upper and words <= 8 else []


def _mark_repeats(lines: list[Line], title: str) -> None:
    seen: set[str] = set()
    for line in lines:
        if len(title) > 12 and line.folded == title:
            line.signals.append("again")
        if line.block.text in seen:
            line.signals.append("repeated")
        seen.add(line.block.text)


def _mark_lives(lines: list[Line], authors: tuple[str, ...]) -> None:
    """A sentence late in the article that begins with its author's name: who that is, not what was written."""
    read = 0
    for line in lines:
        if read > 120 and line.prose and line.folded.startswith(authors or ("\0",)):
            line.signals.append("life")
        read += line.words


def _mark_places(lines: list[Line]) -> None:
    """What the neighbours show: prose about, a sub-heading's place, list items alike, leftovers near."""
    prose = _sums([line.prose for line in lines])
    left = _sums([not LEFTOVERS.isdisjoint(line.signals) for line in lines])
    for here, line in enumerate(lines):
        if line.prose:
            around = _between(prose, here - 4, here + 5) - 1
            line.signals.append("alone" if around < 2 else "apart" if around < 3 else "in prose")
            if not _CLOSING.isdisjoint(line.signals) and _between(left, here - 3, here + 9) > 1:
                line.signals.append("closing")
        else:
            before, after = _between(prose, here - 1, here), _between(prose, here + 1, here + 2)
            line.signals += (
                [("", "after prose", "before prose", "between prose")[before + 2 * after]] if before + after else []
            )
            near = _between(left, here - 3, here + 9)
            line.signals.append(f"near{min(near, 4)}")
            if near and "repeated" in line.signals:
                line.signals.append("repeated near")
    _mark_boxes(lines)
    _mark_top(lines)
    _mark_neighbours(lines)
    _mark_course(lines)


def _mark_last_words(lines: list[Line]) -> None:
    """The last sentences before what follows the article, where they ask for something or tell of the site."""
    for line in reversed(lines):
        if line.prose and _CLOSING.isdisjoint(line.signals):
            return
        if line.prose and "closing" not in line.signals:
            line.signals.append("closing")


def _mark_boxes(lines: list[Line]) -> None:
    """The lines under the heading of a box, up to the next sentence; a longer list than boxes hold is the author's."""
    here = 0
    while here < len(lines):
        end = here + 1
        if not {"box", "box:", "box…"}.isdisjoint(lines[here].signals):
            while end < len(lines) and not lines[end].prose and end - here <= _BOX + 1:
                end += 1
            if end - here <= _BOX + 1:
                for line in lines[here + 1 : end]:
                    line.signals.append("in a box")
        here = end


def _mark_top(lines: list[Line]) -> None:
    """Short lines about the by-line, the date and the share bar, where the article has hardly begun."""
    read = 0
    for here, line in enumerate(lines[:40]):
        read += line.words if line.prose else 0
        if read > 80:
            return
        near = lines[max(0, here - 3) : here + 4]
        if (
            line.words <= 5
            and line.block.form == "plain"
            and not line.prose
            and any(not _TOP.isdisjoint(other.signals) for other in near)
        ):
            line.signals.append("top matter")


def _mark_neighbours(lines: list[Line]) -> None:
    for above, line in zip(lines, lines[1:], strict=False):
        if above.signals[0] == "colon":
            line.signals.append("after colon")
        if line.words <= 12 and above.words <= 45 and not {"caption", "photo", "caption…"}.isdisjoint(line.signals):
            above.signals.append("captioned")
        if line.words < 20 and above.words < 20 and bool(key := _key(line.block)) and key == _key(above.block):
            line.signals.append("alike")
            if "alike" not in above.signals:
                above.signals.append("alike")


def _mark_course(lines: list[Line]) -> None:
    """How far the article has come when a sentence appears: leftovers passed, words that are new, a date above it."""
    passed = read = gap = 0
    known: set[str] = set()
    above: list[str] = []
    for line, below in zip(lines, [*lines[1:], None], strict=True):
        if read > 60 and not LEFTOVERS.isdisjoint(line.signals):
            passed += 1
        if line.prose:
            words = {word for word in line.folded.split() if len(word) > 4}
            line.signals.append(f"passed{_step(passed, (4, 2, 1, 0))}")
            line.signals.append("gap12" if gap > 11 else "gap6" if gap > 5 else "gap1" if gap else "gap0")
            if read > 60:
                if len(words & known) < 2:
                    line.signals.append("new words")
                if not {"date", "date…", "by", "ago", "said"}.isdisjoint(above):
                    line.signals.append("under a date")
            known |= words
            read, gap = read + line.words, 0
        else:
            gap += 1
            if read > 60 and below and line.words > 3 and not {"by", "date", "ago"}.isdisjoint(below.signals):
                line.signals.append("above a by-line")
        above = line.signals


def _sums(flags: list[bool]) -> list[int]:
    total, sums = 0, [0]
    for flag in flags:
        total += flag
        sums.append(total)
    return sums


def _between(sums: list[int], start: int, end: int) -> int:
    return sums[min(end, len(sums) - 1)] - sums[max(start, 0)]


def _key(block: Block) -> str:
    if block.mark:
        return block.form
    start = block.text[:8]
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", start)) if any(map(str.isdigit, start)) else ""
