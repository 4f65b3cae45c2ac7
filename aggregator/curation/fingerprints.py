"""The fingerprint of an item: the little that is kept of its words to know a copy of it again; compares nothing.

It is made where the item is read, from the item alone, and is the same in every process.
"""

import re
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from zlib import crc32

from aggregator.curation.canonical import canonical_url
from aggregator.curation.text import mostly_unspaced, numbers_in, telling_words, words_of
from aggregator.model import Item

# A phrase is so many words in a row; of a script without spaces, so many letters.
PHRASE, PHRASE_UNSPACED = 3, 6
# What two texts are found by is rarer than what they are compared by: phrases two words longer.
LURE, LURE_UNSPACED = 5, 10
LURES, LEAD_LURES = 6, 4
LEAD_WORDS = 30
# All phrases of a text are kept up to this many; of a longer one its beginning, and an even sample of the whole.
PHRASES_KEPT = 400
MOST_WORDS = 3000
FIGURE_WORDS = 120
EVERYTHING = 1 << 32

# Editors drop them: "Fate comes down to (the) next 14 sessions".
_ARTICLES = frozenset({"a", "an", "the"})
_LONGEST_TITLE = 300
_MIN_TITLE_WORDS = 4
_MIN_TITLE_LETTERS = 10
_SEGMENT = re.compile(r"\s+[-–—|›»:/•·~]+\s+|:\s+|\s*[|›»]\s*|\s*\((?=[^()]*\)\s*$)|^\s*\([^()]*\)\s*")
_PREFIX = re.compile(
    r"^(?:\s*[(\[]?\s*(?:update[ds]?|breaking|lead|urgent|exclusive|watch|video|refile|wrapup|correct(?:ed|ion|s)?"
    r"|\d+(?:st|nd|rd|th) (?:ld|lead))\s*\d*\s*[)\]]?\s*[-–—:|)\]]+\s*)+",
    re.IGNORECASE,
)
_LIVE = re.compile(
    r"^\W*(?:watch )?(?:live|en direct|en vivo|direct|liveblog)\s*[:|–—-]"
    r"|\b(?:live[ -](?:updates?|blog|coverage|ticker)|liveblog|newsticker|as it happened|minute by minute)\b",
    re.IGNORECASE,
)
# What publishing software hangs on the end of a text, and where that begins.
_TAILS = (
    ("appeared first on", "The post "),
    ("first appeared on", "The post "),
    ("Continue reading", ""),
    ("Read more", ""),
)
_LONGEST_TAIL = 480


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of an item to compare it by.

    `titles` are the folded title and then the parts of it that may be the title elsewhere. `page` and `site` are
    hashes of the canonical URL and its host, 0 where there is none. `length` counts the words of the text. `live` marks
    a page that goes on being written.

    `phrases` holds hashes of 4 bytes, the first `lead` of them those of the beginning of the text; every phrase of it
    whose hash is below `reach` is among them. `words` (telling words) and `figures` (numbers near the beginning) hold
    hashes of 2 bytes; `figure_count` counts the latter with their repetitions. `lures` holds the signed hashes of 4
    bytes by which the text is found. The numbers are in the machine's own order of bytes.
    """

    titles: tuple[str, ...] = ()
    page: int = 0
    site: int = 0
    length: int = 0
    lead: int = 0
    reach: int = EVERYTHING
    figure_count: int = 0
    live: bool = False
    phrases: bytes = b""
    words: bytes = b""
    figures: bytes = b""
    lures: bytes = b""


def fingerprint(item: Item, page: str | None = None) -> Fingerprint:
    """Return the fingerprint of a normalised item, from its title, URL, summary and the words of its content.

    `page` is its canonical URL, where that is known.
    """
    words = _words_of_item(item)
    unspaced = mostly_unspaced(words[:LEAD_WORDS])
    hashes = _hashes(words, PHRASE_UNSPACED if unspaced else PHRASE)
    phrases = list(dict.fromkeys(hashes))
    kept, reach = _sampled(phrases)
    figures = numbers_in(words[:FIGURE_WORDS])
    page = canonical_url(item.url) if page is None else page
    return Fingerprint(
        titles=_titles(item.title),
        page=_digest(page),
        site=crc32(page.split("/")[2].encode()) if page else 0,
        length=len(words),
        lead=min(len(phrases), PHRASES_KEPT // 2),
        reach=reach,
        figure_count=len(figures),
        live=_LIVE.search(item.title[:_LONGEST_TITLE]) is not None,
        phrases=array("I", kept).tobytes(),
        words=word_hashes(telling_words(words)),
        figures=word_hashes(set(figures)),
        lures=_lures(words, hashes, LURE_UNSPACED if unspaced else LURE),
    )


def word_hashes(words: Iterable[str]) -> bytes:
    """Return two bytes for each word: enough to ask whether a text of some hundred words has it."""
    encoded = " ".join(words).encode("utf-8", "replace")
    hashes = map(crc32, encoded.split(b" ")) if encoded else ()
    return array("H", sorted(set(map((0xFFFF).__and__, hashes)))).tobytes()


def title_keys(mark: Fingerprint) -> tuple[int, ...]:
    """Return the hashes under which items with its title, or a part of it, are found, the whole title's first."""
    return tuple(_signed(_crc([title], seed=1)) for title in mark.titles)


def page_keys(mark: Fingerprint) -> tuple[int, ...]:
    """Return the hash under which other links to its page are found, if it has a page."""
    return (_signed(mark.page & 0xFFFFFFFF),) if mark.page else ()


def text_keys(mark: Fingerprint) -> tuple[int, ...]:
    """Return the hashes under which copies of its text are found."""
    lures = array("i")
    lures.frombytes(mark.lures)
    return tuple(lures)


def _words_of_item(item: Item) -> list[str]:
    """The words of the content, behind those of a summary that says something else; else of the summary."""
    words = words_of(_without_tail(item.text))[:MOST_WORDS]
    if not item.summary or (words and item.text.startswith(item.summary.rstrip("…"))):
        return words
    summary = words_of(_without_tail(item.summary))[:MOST_WORDS]
    own = _hashes(summary, PHRASE)
    if not words or not own:
        return words or summary
    return words if len(set(_hashes(words, PHRASE)).intersection(own)) * 2 >= len(own) else summary + words


def _without_tail(text: str) -> str:
    tail = max(0, len(text) - _LONGEST_TAIL)
    for phrase, beginning in _TAILS:
        found = text.rfind(phrase, tail)
        if found >= 0:
            start = text.rfind(beginning, tail, found)
            text = text[:start] if start >= 0 else text
    return text


def _hashes(words: list[str], width: int) -> list[int]:
    """The hash of every `width` words in a row, each with a blank behind it."""
    encoded = (" \n".join(words) + " ").encode("utf-8", "replace").split(b"\n")
    # No loop of Python's own: there are as many phrases as words.
    return list(map(crc32, map(b"".join, zip(*(encoded[start:] for start in range(width)), strict=False))))


def _sampled(phrases: list[int]) -> tuple[list[int], int]:
    if len(phrases) <= PHRASES_KEPT:
        return phrases, EVERYTHING
    lead = phrases[: PHRASES_KEPT // 2]
    smallest = _smallest(phrases, PHRASES_KEPT // 2)
    return list(dict.fromkeys(lead + smallest)), smallest[-1] + 1


def _smallest(hashes: list[int], number: int) -> list[int]:
    """The so many smallest, in order and each once. Hashes lie evenly: those are among the first few per cent."""
    bound = EVERYTHING * number * 2 // max(1, len(hashes))
    few = sorted({one for one in hashes if one < bound})
    return (few if len(few) >= number else sorted(set(hashes)))[:number]


def _lures(words: list[str], hashes: list[int], width: int) -> bytes:
    """The phrases of smallest hash, made longer: of the beginning, for a copy that was cut, and of the whole."""
    smallest = _smallest(hashes[: LEAD_WORDS - PHRASE + 1], LEAD_LURES) + _smallest(hashes, LURES)
    places = [hashes.index(number) for number in dict.fromkeys(smallest)]
    return array("i", dict.fromkeys(_signed(_crc(words[place : place + width])) for place in places)).tobytes()


def _crc(words: list[str], seed: int = 0) -> int:
    return crc32(" ".join(words).encode("utf-8", "replace"), seed)


def _signed(number: int) -> int:
    """A hash as SQLite keeps it in four bytes."""
    return number - (1 << 31)


def _digest(page: str) -> int:
    return int.from_bytes(blake2b(page.encode(), digest_size=8).digest(), "big") >> 1 if page else 0


def _titles(title: str) -> tuple[str, ...]:
    # Blanks in a row would make the patterns slow.
    title = " ".join(title.split())[:_LONGEST_TITLE]
    whole = _title_words(title)
    if not whole:
        return ()
    core = _PREFIX.sub("", title)
    parts = [_title_words(part) for part in (core, *_SEGMENT.split(core)) if part]
    named = [" ".join(part) for part in parts if says_enough(part) and len(part) * 3 >= len(whole)]
    return tuple(dict.fromkeys([" ".join(whole), *named]))


def _title_words(title: str) -> list[str]:
    return [word for word in words_of(title) if word not in _ARTICLES]


def says_enough(words: list[str]) -> bool:
    """Whether a title is long enough to be no one else's by chance."""
    return len(words) >= (_MIN_TITLE_LETTERS if mostly_unspaced(words) else _MIN_TITLE_WORDS)
