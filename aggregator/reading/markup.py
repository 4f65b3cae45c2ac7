"""The lines of an article as HTML: paragraphs, sub-headings, lists, quotations. All is escaped, nothing is dropped."""

from collections.abc import Iterator
from html import escape

from aggregator.reading.signals import QUOTES, Line

_HEADING = 90  # characters
_QUESTION, _ITEM_WORDS = 12, 18


def to_html(lines: tuple[Line, ...]) -> str:
    """The lines as HTML, a block a line."""
    return "\n".join(_blocks(lines))


def _blocks(lines: tuple[Line, ...]) -> Iterator[str]:
    here = 0
    while here < len(lines):
        run = _list_run(lines, here) or _quote_run(lines, here)
        if run:
            count, html = run
            yield html
            here += count
        else:
            yield _heading(lines, here) or f"<p>{_text(lines[here])}</p>"
            here += 1


def _text(line: Line) -> str:
    """The line's text with the mark it had, which in a paragraph is the author's ("- No, he said", "5. May it was")."""
    text = line.block.text if line.block.form in {"quote", "heading"} else line.block.whole
    return escape(text, quote=False)


def _item(line: Line) -> str:
    return f"<li>{escape(line.block.text, quote=False)}</li>"


def _list_run(lines: tuple[Line, ...], here: int) -> tuple[int, str] | None:
    """The list that begins here: two items with marks or more, or three short lines below one that ends in a colon."""
    form = lines[here].block.form
    count = 0
    if form in {"bullet", "number"}:
        while here + count < len(lines) and lines[here + count].block.form == form and _counts_up(lines, here, count):
            count += 1
        if count > 1:
            return count, _wrapped(
                lines[here : here + count], *(("<ul>", "</ul>") if form == "bullet" else _ordered(lines[here]))
            )
    elif here and lines[here - 1].signals[0] == "colon":
        while here + count < len(lines) and _is_bare_item(lines[here + count]):
            count += 1
        if count > 2:
            return count, _wrapped(lines[here : here + count], "<ul>", "</ul>")
    return None


def _wrapped(lines: tuple[Line, ...], start: str, end: str) -> str:
    return start + "".join(map(_item, lines)) + end


def _number(line: Line) -> int:
    return int(line.block.mark.strip().rstrip(".)"))


def _counts_up(lines: tuple[Line, ...], here: int, count: int) -> bool:
    return lines[here].block.form == "bullet" or _number(lines[here + count]) == _number(lines[here]) + count


def _ordered(first: Line) -> tuple[str, str]:
    number = _number(first)
    return ("<ol>" if number == 1 else f'<ol start="{number}">'), "</ol>"


def _is_bare_item(line: Line) -> bool:
    return line.block.form == "plain" and line.words <= _ITEM_WORDS and line.signals[0].startswith(("open", "comma"))


def _quote_run(lines: tuple[Line, ...], here: int) -> tuple[int, str] | None:
    """The quotation that begins here: lines marked ">", or a paragraph and below it the line that says whose it is."""
    count = 0
    while here + count < len(lines) and lines[here + count].block.form == "quote":
        count += 1
    if not count and here + 1 < len(lines) and _is_quoted(lines[here], lines[here + 1]):
        count = 2
    if not count:
        return None
    return count, "<blockquote>" + "".join(
        f"<p>{_text(line)}</p>" for line in lines[here : here + count]
    ) + "</blockquote>"


def _is_quoted(line: Line, below: Line) -> bool:
    return (
        "attribution" in below.signals
        and "attribution" not in line.signals
        and ("@" in below.block.text or "quoted" in line.signals)
    )


def _heading(lines: tuple[Line, ...], here: int) -> str:
    """A sub-heading: marked as one, or a short line without a stop between paragraphs; "" for any other line."""
    line = lines[here]
    if line.block.form == "heading":
        level = "h3" if line.block.mark.count("#") > 2 else "h2"
        return f"<{level}>{_text(line)}</{level}>"
    if not 0 < here < len(lines) - 1 or not _can_head(line):
        return ""
    above, below = lines[here - 1], lines[here + 1]
    follows = above.prose or above.block.form != "plain"
    leads = below.prose or below.block.form in {"bullet", "number"} or below.signals[0] == "colon"
    return f"<h2>{_text(line)}</h2>" if follows and leads else ""


def _can_head(line: Line) -> bool:
    """Whether a line reads like a heading: short, no sentence but perhaps a question, and nobody's words."""
    text = line.block.text
    if line.block.form not in {"plain", "number"} or len(text) > _HEADING or text[:1].islower() or text[:1] in QUOTES:
        return False
    if not {"attribution", "handle"}.isdisjoint(line.signals):
        return False
    return line.signals[0] in {"open1", "open4", "open7"} or (
        line.words <= _QUESTION and text.endswith(("?", "？", "؟"))
    )
