"""Which lines of a pasted page are the article: where it starts and ends, what interrupts it. Weighs signals alone.

The lines before the certain end are parted into top matter, article, interruptions and leftovers so that the weights of
the article's lines, less what each change of part costs, make the highest sum there is.
"""

from dataclasses import dataclass
from math import inf

from aggregator.reading.ending import lines_until_end
from aggregator.reading.places import place
from aggregator.reading.signals import LEFTOVERS, MARKERS, Line
from aggregator.reading.wraps import Block

# What a signal says for (+) or against (-) its line being the author's: log odds, roughly. Set by hand, signal by
# signal, with some 370 pages of many sites to look at and 300 of others to check against; benchmarks/articles.py shows
# what they do. Losing the author's words is worse than keeping a leftover: in doubt a line stays.
WEIGHTS: dict[str, float] = {
    # How the line ends and how many words it has.
    "sentence25": 5, "sentence10": 3, "sentence5": 1, "open40": 2, "open25": 0.5, "open12": -0.3, "open7": -0.3,
    "open4": -0.3, "open1": -0.5, "colon": 1.5, "tag": -1, "ellipsis": -0.5,
    # How it is written.
    "several": 2, "quoted": 1, "lower start": 0.5, "fragment": 0.3, "title case": -0.2, "shouted": -2,
    "no letters": -0.5, "bars": -1.5, "attribution": 1, "handle": -0.3, "bullet": 2, "number": 2, "quote": 4,
    "heading": 2,
    # What its words say it is: whole line, opening with a colon, opening.
    "end": -4, "end:": -4, "end…": -3, "tools": -4, "tools:": -4, "tools…": -3, "box": -4, "box:": -4, "box…": -3,
    "pointer": -4, "pointer:": -4, "pointer…": -3.5, "advert": -4, "advert:": -4, "advert…": -2, "plea": -4,
    "plea:": -4, "plea…": -3, "menu": -1.5, "share": -4, "shared": -6, "rights": -4, "form": -5, "notice": -2.5,
    "plead": -2.5, "closing": -4, "life": -12, "credit": -1.5, "photo": -3.5, "caption": -4, "caption…": -5,
    "captioned": -2, "counter": -4, "©": -12, "date": -2.5, "date…": -2.5, "ago": -2, "by": -1.5, "said": -1,
    # Where it stands.
    "again": -4, "repeated near": -0.7, "alone": -2, "in prose": 2, "between prose": 0.5, "after prose": 0.3,
    "near0": 0.5, "near2": -0.4, "near3": -0.7, "near4": -1, "after colon": 0.7, "alike": 1, "in a box": -1.2,
    "top matter": -2, "above a by-line": -2,
    # How far the article has come.
    "passed0": 2.5, "passed1": -0.5, "passed2": -0.5, "passed4": -3, "gap0": 1, "gap1": 0.3, "gap6": -1, "gap12": -2,
    "new words": -1, "under a date": -6,
}  # fmt: skip
_OTHER_START = -2.0  # an article begins with a sentence; one that does not must earn it
_INTERRUPTED = -1.2  # each way
_UNMARKED = -5.0  # an interruption, or an end, that no phrase or place tells of

_TOP, _BODY, _BREAK, _AFTER = range(4)


@dataclass(frozen=True, slots=True)
class Article:
    """The lines that are the article's, and the one with which what followed it began (None: nothing followed)."""

    lines: tuple[Line, ...]
    end: Line | None = None


def find_article(
    blocks: list[Block], title: str, authors: tuple[str, ...] = (), shared: frozenset[str] = frozenset()
) -> Article:
    """The article among the blocks below the headline; `shared` are lines that most files of its folder have."""
    lines, end = lines_until_end(blocks, shared)
    place(lines, title, authors, ended=end is not None)
    parts = _parts(lines)
    kept = tuple(line for line, part in zip(lines, parts, strict=True) if part == _BODY)
    return Article(kept, lines[parts.index(_AFTER)] if _AFTER in parts else end)


def _parts(lines: list[Line]) -> list[int]:
    """The part each line belongs to, on the path of the highest sum (Viterbi): linear in the lines."""
    if not any(line.prose for line in lines):
        return _parts_without_prose(lines)
    scores = [0.0, -inf, -inf, -inf]
    origins = []
    for line in lines:
        worth = sum(WEIGHTS.get(signal, 0) for signal in line.signals)
        turn = 0.0 if _is_marked(line) else _UNMARKED
        begun = scores[_TOP] + worth + (0.0 if line.prose else _OTHER_START)
        resumed = scores[_BREAK] + worth + _INTERRUPTED
        # Among equals the first wins: that which leaves the article longer, or takes it up again sooner.
        steps = (
            (scores[_TOP], _TOP),
            max((scores[_BODY] + worth, _BODY), (begun, _TOP), (resumed, _BREAK), key=_score),
            max((scores[_BODY] + turn + _INTERRUPTED, _BODY), (scores[_BREAK], _BREAK), key=_score),
            max((scores[_BODY] + turn, _BODY), (scores[_AFTER], _AFTER), key=_score),
        )
        scores = [score for score, _ in steps]
        origins.append([origin for _, origin in steps])
    return _path(origins, _BODY if scores[_BODY] >= scores[_AFTER] else _AFTER)


def _parts_without_prose(lines: list[Line]) -> list[int]:
    """A poem, a list, a note: every line down to the first leftover that is not marked as anything."""
    parts, begun, over = [], False, False
    for line in lines:
        over = over or (begun and not LEFTOVERS.isdisjoint(line.signals))
        begun = begun or not _is_marked(line)
        parts.append(_AFTER if over else _TOP if _is_marked(line) else _BODY)
    return parts


def _path(origins: list[list[int]], last: int) -> list[int]:
    parts = []
    for origin in reversed(origins):
        parts.append(last)
        last = origin[last]
    return parts[::-1]


def _score(step: tuple[float, int]) -> float:
    return step[0]


def _is_marked(line: Line) -> bool:
    return not MARKERS.isdisjoint(line.signals)
