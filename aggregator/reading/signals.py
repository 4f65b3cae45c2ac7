"""What a line of pasted text shows of itself, as named signals. What they are worth is weighed in `leftovers`.

Three sorts: how the line ends and how long it is ("sentence25": a full stop and 25 words or more; "open4": no stop),
how it is written ("title case", "quoted"), what its words say it is: a kind of `phrases.toml`, plain for a line that is
one of its phrases, with ":" for one that opens with a phrase and a colon, with "…" for one that goes on from it.
"""

import re
from dataclasses import dataclass

from aggregator.reading.dateline import dates_in
from aggregator.reading.phrases import BY, closes_caption, fold, is_share_bar, kind_of, opening, opens_caption, within
from aggregator.reading.wraps import Block

# What stands after an article and not in it.
LEFTOVERS = frozenset((
    "shared", "end", "end:", "end…", "box", "box:", "box…", "menu", "plea", "plea:", "plea…", "share", "tools",
    "tools:", "tools…", "rights", "form", "notice", "again", "ago", "advert",
))  # fmt: skip
# What interrupts an article, or may begin what follows it.
MARKERS = LEFTOVERS | {
    "life", "in a box", "pointer", "pointer:", "pointer…", "advert:", "advert…", "plead", "credit", "above a by-line",
    "top matter", "photo", "caption", "caption…", "captioned", "counter", "©", "date", "date…", "by", "said",
}  # fmt: skip

# How many words a line that ends so has at least to be read as sentences.
_PROSE = {"sentence25": 25, "sentence10": 10, "open40": 40, "colon": 20, "ellipsis": 45}
_LONGEST = 1000  # characters of a line whose words are looked at: 90 words have no more
_TERMINALS = ".!?…。！？؟।॥։።"
_ENDS = _TERMINALS + ":：,，、;；"
QUOTES = "\"“„«‘'「『»"
_SENTENCE_END = re.compile(r"[.!?؟।][\"”’»)]*\s|[。！？]")
_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")  # two characters make a word's worth
_LETTERS = re.compile(r"[^\W\d_]+")
_HANDLE = re.compile(r"@\w")
_LABEL = re.compile(r"\W*[^\W\d]+(?:\s[^\W\d]+){0,3}\s?[:：]|[(\[]")
_CREDITED = re.compile(
    r"(?:credit|photo|image|picture|foto|bild|crédit|imagen|imagem|immagine|beeld|фото)\s?[:：]\s?[^\W\d]"
    r"|\b(?:reuters|afp|ap|epa|dpa|efe|ansa|getty(?: images)?)/[^\W\d]",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright)[^.]{0,40}\b(?:19|20)\d\d\b|\b(?:19|20)\d\d\b.{0,8}(?:©|\(c\)|copyright)", re.IGNORECASE
)
_COUNTER = re.compile(r"(?:\w+ )?\d{1,3} ?(?:of|von|de|sur|di|van|z|из|/) ?\d{1,3}", re.IGNORECASE)  # "Image 2 of 5"
_AGO = re.compile(
    r"\b(?:\d+|an?|one|a few)\s?(?:[smhd]|mins?|hrs?|(?:second|minute|hour|day|week|month|year)s?)\s(?:ago|read)\b"
    r"|\bvor \d+ \w+|\bil y a \d+ \w+|\b(?:hace|há) \d+ \w+"
    r"|\d+ \w+ (?:fa|geleden|temu|назад|sedan|siden|sitten|önce)\b"
    r"|منذ|\d+\s?(?:分|时|時間|小时|小時|天|日|시간|분|일)\s?(?:钟)?(?:前|전)",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:said|says|wrote|commented|schrieb|sagte?|a écrit|dit|dijo|escribió|disse|ha scritto|napisał\w*|пишет"
    r"|написал\w*)\s?:?$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Line:
    """A block and its signals, the first of which is how it ends; `prose` says that it reads as sentences."""

    block: Block
    folded: str
    words: int
    prose: bool
    signals: list[str]


def look(block: Block, shared: frozenset[str] = frozenset()) -> Line:
    """The line of a block with what it shows of itself; `shared` are lines that most files of its folder have."""
    text = block.text
    words = _count_words(text)
    shape = _shape(text, words)
    line = Line(block, fold(text), words, words >= _PROSE.get(shape, words + 1), [shape])
    if words <= 14 and text[:1] in "—–" and not shape.startswith("sentence"):
        line.signals.append("attribution")
    elif words <= 90 and len(text) <= _LONGEST and block.form != "quote":
        line.signals += _phrases(line)
    if len(line.signals) == 1:
        line.signals += _style(text, words, shape)
    if block.form != "plain":
        line.signals.append(block.form)
    if text in shared:
        line.signals.append("shared")
    return line


def has_spaces(text: str) -> bool:
    """Whether the text is in a script that parts its words."""
    return not _WITHOUT_SPACES.search(text)


def step(number: int, steps: tuple[int, ...]) -> int:
    """The first of the falling steps that the number reaches, else the last."""
    return next((reached for reached in steps if number >= reached), steps[-1])


def _count_words(text: str) -> int:
    wide = 0 if text.isascii() else len(_WITHOUT_SPACES.findall(text))
    return len(text.split()) + wide // 2


def _shape(text: str, words: int) -> str:
    bare = _bare(text)
    last = bare[-1:]
    if bare.endswith(("…", "...", ". .")):
        return "ellipsis"
    if last and last in _TERMINALS:
        return f"sentence{step(words, (25, 10, 5, 1))}"
    if last and last in ":：":
        return "colon"
    if last and last in _ENDS:
        return "comma" if words > 3 else "tag"
    return f"open{step(words, (40, 25, 12, 7, 4, 1))}"


def _bare(text: str) -> str:
    """The text up to its last letter or stop, without a handful of closing quotes, brackets and pictographs."""
    end = len(text)
    while end > max(0, len(text) - 12) and not (text[end - 1].isalnum() or text[end - 1] in _ENDS):
        end -= 1
    return text[:end]


def _phrases(line: Line) -> list[str]:
    """What the line's words say it is: phrases, copyright, captions, dates, by-lines."""
    text = line.block.text
    words = line.folded.split()
    kind = kind_of(line.folded)
    found = [kind] if kind else _opening(line, words)
    found += within(line.folded, words)
    if line.words <= 25 and _COPYRIGHT.search(text):
        found.append("rights")
    if line.words <= 14 and is_share_bar(words):
        found.append("share")
    if text.startswith(("©", "(c)", "(C)")) or (line.words <= 12 and "©" in text):
        found.append("©")
    found += _caption(line, words)
    return found + _short(line, words) if line.words <= 16 else found


def _opening(line: Line, words: list[str]) -> list[str]:
    """The phrase that the line opens with: with a colon behind it, or of two words in a line that is no sentence."""
    kind, count = opening(words)
    if not kind:
        return []
    if _behind(line.block.text, count).startswith((":", "：", "|", "–", "—")):
        return [kind + ":"]
    shape = line.signals[0]
    if line.words <= 12 and (count > 1 or kind == "plea") and not line.prose and shape != "colon":
        return [kind + "…"]
    if count > 1 and kind == "plea" and line.words <= 30:
        return ["plea…"]
    return (
        ["pointer…"]
        if count > 1 and kind in {"pointer", "box"} and line.words <= 25 and shape.startswith("open")
        else []
    )


def _behind(text: str, count: int) -> str:
    """The text behind its first words, which are runs of letters."""
    end = 0
    for found, _ in zip(_LETTERS.finditer(text), range(count), strict=False):
        end = found.end()
    return text[end:].lstrip()


def _caption(line: Line, words: list[str]) -> list[str]:
    """A picture's caption or credit: how it begins, what it names, or that it ends in an agency and no full stop."""
    text, shape = line.block.text, line.signals[0]
    begins = opens_caption(words)
    labelled = begins and (_LABEL.match(text) or (begins > 1 and line.words <= 30))
    found = ["caption"] if labelled or (shape.startswith("open") and _CREDITED.search(text)) else []
    if line.words <= 70 and closes_caption(words) and (text.endswith(")") or not shape.startswith("sentence")):
        found.append("caption…")
    return found


def _short(line: Line, words: list[str]) -> list[str]:
    """What only a short line can be."""
    text, found = line.block.whole, []
    if dates_in(text):
        found.append("date" if line.words <= 8 else "date…")
    if line.words <= 8 and _AGO.search(text):
        found.append("ago")
    if line.words <= 10 and words and words[0] in BY and not line.signals[0].startswith("sentence"):
        found.append("by")
    if _SAID.search(text):
        found.append("said")
    if line.words <= 5 and _COUNTER.fullmatch(text):
        found.append("counter")
    return found


def _style(text: str, words: int, shape: str) -> list[str]:
    """How the line is written, where no phrase says what it is."""
    found = _case(text, words) if shape.startswith("open") else []
    if shape == "sentence25" and len(_SENTENCE_END.findall(text)) > 1:
        found.append("several")
    if text[:1].islower():
        found.append("lower start")
    if words >= 5 and text[:1] in QUOTES:
        found.append("quoted")
    if words <= 20 and ("|" in text or " · " in text or " • " in text):
        found.append("bars")
    if words <= 12 and _HANDLE.search(text):
        found.append("handle")
    return found


def _case(text: str, words: int) -> list[str]:
    if not any(map(str.isalpha, text)):
        return ["no letters"]
    if text.isupper():
        return ["shouted"] if words > 6 else []
    parts = text.split()
    upper, lower = sum(part[0].isupper() for part in parts), sum(part[0].islower() for part in parts)
    if upper >= 3 and lower * 4 <= upper:
        return ["title case"]
    return ["fragment"] if words >= 3 and lower >= upper and words <= 8 else []
