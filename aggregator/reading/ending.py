"""Where a pasted page leaves no doubt that its article is over: comments, forms, tags, rights. Beyond is not read."""

from collections import deque
from collections.abc import Iterable

from aggregator.reading.signals import LEFTOVERS, Line, look
from aggregator.reading.wraps import Block

_ENDS = frozenset({"end", "end:", "end…", "form"})
# What comments and their forms hold beside: names, dates, "said".
_CONFIRMING = LEFTOVERS | {"date", "date…", "by", "said", "©"}
_NEXT = 8  # lines among which a true end shows more of its kind
_AHEAD = 30
_EARLY, _BEGUN = 40, 15  # words read
_RUN = 5  # lines


def lines_until_end(blocks: Iterable[Block], shared: frozenset[str] = frozenset()) -> tuple[list[Line], Line | None]:
    """The lines before the end that leaves no doubt, and the line that is that end (None where there is none).

    `shared` are lines that most files of the same folder have.
    """
    lines: list[Line] = []
    doubtful: deque[tuple[int, int]] = deque()
    read = 0
    for block in blocks:
        line = look(block, shared)
        if read >= _BEGUN and _may_end(line):
            doubtful.append((len(lines), read))
        lines.append(line)
        read += line.words if line.prose else 0
        if doubtful and len(lines) > doubtful[0][0] + _AHEAD and _is_end(lines, *(first := doubtful.popleft())):
            return lines[: first[0]], lines[first[0]]
    end = next((here for here, words in doubtful if _is_end(lines, here, words)), None)
    return (lines, None) if end is None else (lines[:end], lines[end])


def _may_end(line: Line) -> bool:
    return not _ENDS.isdisjoint(line.signals) or ("rights" in line.signals and line.words < 25)


def _is_end(lines: list[Line], here: int, read: int) -> bool:
    """Whether what follows bears the end out.

    "Comments" may also stand in a share bar under the headline: then less was read than follows it in one piece.
    """
    if _longest_run(lines[here + 1 : here + 1 + _AHEAD]) > read:
        return False
    following = lines[here + 1 : here + 1 + _NEXT]
    confirmed = sum(not _CONFIRMING.isdisjoint(line.signals) for line in following) > 1
    return confirmed or (read >= _EARLY and sum(line.prose for line in following) < 4)


def _longest_run(lines: list[Line]) -> int:
    """The words of the longest run of at least five sentences without anything between."""
    longest = count = words = 0
    for line in lines:
        count, words = (count + 1, words + line.words) if line.prose else (0, 0)
        longest = max(longest, words if count >= _RUN else 0)
    return longest
