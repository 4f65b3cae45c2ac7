"""Whether two items are copies of one article, by which rule and why; knows of no others and of no store.

Pure, and symmetric: it does not matter which of the two was there first. benchmarks/duplicates.py measures what the
thresholds are worth on labelled sets of newswire, real feeds and changed texts.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from aggregator.curation import likeness
from aggregator.curation.fingerprints import Fingerprint
from aggregator.curation.likeness import Traits

HOUR = 3600
# Between two copies of an article; bulletins come back with the same words after a week or two.
WINDOW = 72 * HOUR
# Between two links to one page: an aggregator may date an item by when it found it.
PAGE_WINDOW = 14 * 24 * HOUR
# Titles that come back ("Ten things to know this morning") do so after a day: up to here a title alone is enough, a
# little longer if it is a long one, and a weak agreement of the texts under it.
SAME_DAY, SAME_DAY_LONG = 12 * HOUR, 20 * HOUR

# What share of the shorter text's phrases must be in the longer, from how many phrases on.
_TEXT_ENOUGH = ((60, 0.65), (24, 0.70), (12, 0.80))
# Less is enough where the titles share so much of their words.
_TEXT_WITH_TITLE, _TITLE_WITH_TEXT, _PHRASES_WITH_TITLE = 0.60, 0.55, 16
# And less again under one title, on one day or later.
_TITLE_SAME_DAY, _TITLE_LATER = 0.30, 0.55
_NEARLY_ALL, _MOST, _HALF = 0.95, 0.90, 0.50
# Titles must be so much alike where a short text speaks of neither.
_TITLE_ALONE = 0.70
# Two texts behind one link that share less than this are an article and a comment on it.
_COMMENT = 0.10
# Fewer words are no text that could speak against a title, and so many are no more than a teaser.
_NO_TEXT, _TEASER = 10, 80

RuleName = Literal["", "page", "title", "text", "title and text", "same source"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """An item as one source showed it: the number of its appearance, and when it is dated (epoch seconds)."""

    appearance: int
    source: str
    at: int
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Verdict:
    """On two items: `rule` is "" where they stay apart; `score` is 0 to 1; `why` says it to a person."""

    rule: RuleName
    score: float
    why: str
    candidate: int


@dataclass
class Pair:
    """Two sightings side by side, with what the rules ask of them, each worked out once."""

    new: Sighting
    old: Sighting
    one: Traits
    other: Traits

    @classmethod
    def of(cls, new: Sighting, old: Sighting) -> "Pair":
        """Return two sightings ready to be compared."""
        return cls(new, old, Traits(new.fingerprint), Traits(old.fingerprint))

    @cached_property
    def apart(self) -> int:
        """Seconds between them."""
        return abs(self.new.at - self.old.at)

    @cached_property
    def phrases(self) -> int:
        """Phrases in the shorter text."""
        return likeness.phrase_count(self.one, self.other)

    @cached_property
    def shared(self) -> float:
        """The share of them that is in the longer text."""
        return likeness.shared_phrases(self.one, self.other)

    @cached_property
    def title_words(self) -> float:
        """The share of the shorter title's words that is in the longer."""
        return likeness.shared_title_words(self.one, self.other)

    @cached_property
    def shortest(self) -> int:
        """Words in the shorter text."""
        return min(self.one.mark.length, self.other.mark.length)

    @property
    def has_text(self) -> bool:
        """Whether both have a text that can be compared."""
        return self.shortest >= _NO_TEXT

    @property
    def same_page(self) -> bool:
        """Whether both link to one page."""
        return self.one.mark.page == self.other.mark.page != 0

    @property
    def pages_of_one_site(self) -> bool:
        """Whether one site has a page for each, and so takes them for two."""
        one, other = self.one.mark, self.other.mark
        return one.site == other.site != 0 and one.page != other.page

    @property
    def same_whole_title(self) -> bool:
        """Whether the titles are equal, but for case, marks and articles."""
        return self.one.title == self.other.title != ()


def judge(pair: Pair) -> Verdict:
    """Return the verdict on two sightings; where they stay apart, `why` says what stands between them."""
    rule, why = _of_one_source(pair) if pair.new.source == pair.old.source else _of_two_sources(pair)
    if not rule:
        return Verdict("", 0.0, why, pair.old.appearance)
    score = pair.shared if pair.has_text else pair.title_words
    return Verdict(rule, round(score, 2), f"{why}; {_hours(pair.apart)} apart", pair.old.appearance)


def _of_one_source(pair: Pair) -> tuple[RuleName, str]:
    """The same thing under another guid. Feeds repeat their own words too often for anything less than all of them."""
    if pair.apart > WINDOW:
        return "", f"dated {_hours(pair.apart)} apart"
    if not pair.same_whole_title:
        return "", "one source, and the titles differ"
    if pair.same_page and (pair.shared >= _HALF or not pair.phrases):
        return "same source", f"one source, one page and one title{_text_of(pair)}"
    if (pair.shared >= _NEARLY_ALL and pair.phrases >= _TEXT_ENOUGH[-1][0]) or _are_one_thing_without_links(pair):
        return "same source", f"one source and one title{_text_of(pair)}"
    return "", "one source, and the texts or the links differ"


def _are_one_thing_without_links(pair: Pair) -> bool:
    """Whether nothing tells two items apart: the same words, and no page for each; of titles alone, on one day."""
    one, other = pair.one.mark, pair.other.mark
    same_words = (one.length, one.phrases) == (other.length, other.phrases)
    return 0 in (one.page, other.page) and same_words and (pair.phrases > 0 or pair.apart <= SAME_DAY)


def _of_two_sources(pair: Pair) -> tuple[RuleName, str]:
    if pair.same_page and pair.apart <= PAGE_WINDOW and (found := _on_one_page(pair)):
        return "page", found
    title = likeness.same_title(pair.one, pair.other)
    if not title and pair.shared < _TEXT_WITH_TITLE:
        return "", "neither title nor text agree enough"
    if obstacle := _obstacle(pair):
        return "", obstacle
    if title and (found := _under_one_title(title, pair)):
        return "title", found
    return _by_text(pair)


def _on_one_page(pair: Pair) -> str:
    """A link blog's comment leads to the page it comments on: the page alone is not enough."""
    comment = pair.shortest > _TEASER and pair.shared < _COMMENT
    if pair.shared >= _HALF or (pair.title_words >= _TITLE_WITH_TEXT and not comment):
        return f"same page{_titles_of(pair)}{_text_of(pair)}"
    return ""


def _obstacle(pair: Pair) -> str:
    """What stands between two items however alike their words are, or ""."""
    if pair.apart > WINDOW:
        return f"dated {_hours(pair.apart)} apart"
    if (pair.one.mark.live or pair.other.mark.live) and not _are_one_text(pair):
        return "a page that goes on being written"
    if likeness.title_numbers_differ(pair.one, pair.other) and not _numbers_in_text(pair):
        return "the titles have different numbers"
    if likeness.figures_differ(pair.one, pair.other):
        return "the texts have different numbers"
    return ""


def _are_one_text(pair: Pair) -> bool:
    longest = max(pair.one.mark.length, pair.other.mark.length)
    return pair.same_whole_title and pair.shared >= _NEARLY_ALL and pair.shortest >= _MOST * longest


def _numbers_in_text(pair: Pair) -> bool:
    """Whether two titles pick different numbers out of one text."""
    return pair.shared >= _MOST and not likeness.title_numbers_absent(pair.one, pair.other)


def _under_one_title(title: str, pair: Pair) -> str:
    long = likeness.is_long(title)
    on_one_day = pair.apart <= (SAME_DAY_LONG if long else SAME_DAY)
    if pair.has_text and pair.shared >= (_TITLE_SAME_DAY if on_one_day else _TITLE_LATER):
        return f'same title "{title}"{_text_of(pair)}'
    # A teaser is worded anew by each who carries the article; a text of some length would speak against the title.
    unopposed = not pair.has_text or (long and pair.shortest <= _TEASER)
    if not on_one_day or not unopposed or pair.pages_of_one_site:
        return ""
    return f'same title "{title}", and {"no more than a teaser" if pair.has_text else "no text"} to compare'


def _by_text(pair: Pair) -> tuple[RuleName, str]:
    if _is_a_notice(pair):
        return "", "the texts speak of neither title"
    if pair.shared < _MOST and likeness.subjects_differ(pair.one, pair.other):
        return "", "each title names something that the other item does not"
    if pair.shared < _MOST and likeness.share_only_a_frame(pair.one, pair.other):
        return "", "what both texts share is only a frame"
    if pair.shared >= _needed(pair.phrases):
        return "text", _text_of(pair)[2:] + _titles_of(pair)
    if _agrees_in_both(pair):
        return "title and text", _text_of(pair)[2:] + _titles_of(pair)
    return "", "neither title nor text agree enough"


def _is_a_notice(pair: Pair) -> bool:
    """Whether a short text that speaks of neither title stands under two titles: "For subscribers only. Log in …"."""
    short = pair.phrases < _TEXT_ENOUGH[0][0] and pair.title_words < _TITLE_ALONE
    return short and likeness.titles_are_elsewhere(pair.one, pair.other)


def _needed(phrases: int) -> float:
    """Which share of phrases is enough for a text of so many; more than all of them for a very short one."""
    return next((share for count, share in _TEXT_ENOUGH if phrases >= count), 2.0)


def _agrees_in_both(pair: Pair) -> bool:
    long_enough = pair.phrases >= _PHRASES_WITH_TITLE
    return long_enough and pair.shared >= _TEXT_WITH_TITLE and pair.title_words >= _TITLE_WITH_TEXT


def _text_of(pair: Pair) -> str:
    return f"; {pair.shared:.0%} of the shorter text's {pair.phrases} phrases shared" if pair.phrases else ""


def _titles_of(pair: Pair) -> str:
    theirs = set(pair.other.title)
    shared = [f'"{word}"' for word in dict.fromkeys(pair.one.title) if word in theirs and len(word) > 3][:6]
    return f"; both titles have {', '.join(shared)}" if shared else ""


def _hours(seconds: int) -> str:
    return f"{seconds / HOUR:.0f} h" if seconds >= HOUR else f"{seconds // 60} min"
