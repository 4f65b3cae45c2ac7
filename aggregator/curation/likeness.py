"""How alike two fingerprints are: shares of phrases and words, titles and numbers; decides nothing.

Every measure is symmetric: it does not matter which of the two came first.
"""

from array import array
from functools import cached_property
from itertools import groupby, pairwise

from aggregator.curation.fingerprints import EVERYTHING, Fingerprint, says_enough, word_hashes
from aggregator.curation.text import mostly_unspaced, numbers_in, telling_words

# Below so many phrases in common reach, a sample says nothing.
_MIN_SAMPLE = 24
# What two titles share must have so many words (or letters) if something hangs on both of them.
_CORE_WORDS, _CORE_LETTERS = 6, 14
# A title of so many words is no standing title of a column.
_LONG_WORDS, _LONG_LETTERS = 8, 18
# How many phrases are a text's opening; how many of an opening must be known of the other text to say anything.
_OPENING, _KNOWN = 8, 4
# A passage has more phrases than this.
_PASSAGE = 6
# A text whose words are numbers to so great a part is made of them; a bulletin of another day lacks so many.
_FIGURE_DENSITY = 0.04
_FIGURES_ABSENT = 0.34


class Traits:
    """A fingerprint opened for comparing: its hashes as sets, each made when it is first asked for."""

    def __init__(self, mark: Fingerprint) -> None:
        self.mark = mark

    @cached_property
    def phrases(self) -> frozenset[int]:
        """The phrases of the text."""
        return _numbers("I", self.mark.phrases)

    @cached_property
    def beginning(self) -> tuple[int, ...]:
        """The phrases of the beginning in their order; of the whole, where it is short enough to be kept."""
        numbers = array("I")
        numbers.frombytes(self.mark.phrases)
        return tuple(numbers if self.mark.reach == EVERYTHING else numbers[: self.mark.lead])

    @cached_property
    def words(self) -> frozenset[int]:
        """The telling words of the text."""
        return _numbers("H", self.mark.words)

    @cached_property
    def figures(self) -> frozenset[int]:
        """The numbers near the beginning of the text."""
        return _numbers("H", self.mark.figures)

    @cached_property
    def title(self) -> tuple[str, ...]:
        """The words of the title."""
        return tuple(self.mark.titles[0].split()) if self.mark.titles else ()

    @cached_property
    def title_units(self) -> frozenset[str | tuple[str, str]]:
        """What titles are compared by: words, or two letters in a row of a script without spaces."""
        return frozenset(pairwise(self.title)) if mostly_unspaced(list(self.title)) else frozenset(self.title)

    @cached_property
    def title_numbers(self) -> frozenset[str]:
        """The numbers in the title."""
        return frozenset(numbers_in(self.title))

    @cached_property
    def title_hashes(self) -> frozenset[int]:
        """The telling words of the title."""
        return _numbers("H", word_hashes(telling_words(list(self.title))))


def _numbers(kind: str, packed: bytes) -> frozenset[int]:
    numbers = array(kind)
    numbers.frombytes(packed)
    return frozenset(numbers)


def phrase_count(one: Traits, other: Traits) -> int:
    """Return how many phrases the shorter of two texts has."""
    return min(len(one.phrases), len(other.phrases))


def shared_phrases(one: Traits, other: Traits) -> float:
    """Return which share of the shorter text's phrases is in the longer (containment), 0 where one has none."""
    if not phrase_count(one, other):
        return 0.0
    if one.mark.reach == other.mark.reach == EVERYTHING:
        return _containment(one.phrases, other.phrases)
    reach = min(one.mark.reach, other.mark.reach)
    near, far = (frozenset(number for number in text.phrases if number < reach) for text in (one, other))
    sampled = _containment(near, far) if min(len(near), len(far)) >= _MIN_SAMPLE else 0.0
    # A short text is looked for in the beginning of the long one too: that is where a teaser is cut from.
    whole = [text for text in (one, other) if text.mark.reach == EVERYTHING]
    return max(sampled, *(_containment_of(text, other if text is one else one) for text in whole), 0.0)


def _containment(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / min(len(one), len(other))


def _containment_of(part: Traits, whole: Traits) -> float:
    return len(part.phrases & whole.phrases) / len(part.phrases)


def shared_title_words(one: Traits, other: Traits) -> float:
    """Return which share of the shorter title's words is in the longer, 0 where one has none."""
    mine, theirs = one.title_units, other.title_units
    return len(mine & theirs) / min(len(mine), len(theirs)) if mine and theirs else 0.0


def same_title(one: Traits, other: Traits) -> str:
    """Return the title that both have once a site's name or a section is taken off, or "".

    What both share must be more than what one of them adds: "… - The New York Times" is on every title of that site.
    """
    shared = set(one.mark.titles) & set(other.mark.titles)
    for title in sorted(shared, key=lambda text: (-len(text), text)):
        words = title.split()
        if says_enough(words) and (_is_whole(title, one) or _is_whole(title, other) or _outweighs(words, one, other)):
            return title
    return ""


def _is_whole(title: str, traits: Traits) -> bool:
    """Whether a title is all there is, but for an "UPDATE 1-" in front."""
    return title in traits.mark.titles[:2] and len(title) * 5 >= len(traits.mark.titles[0]) * 4


def _outweighs(words: list[str], one: Traits, other: Traits) -> bool:
    longest = max(len(one.title), len(other.title))
    return len(words) >= _least(words, _CORE_WORDS, _CORE_LETTERS) and len(words) * 2 > longest


def is_long(title: str) -> bool:
    """Whether a folded title is too long to be the standing title of a column."""
    words = title.split()
    return len(words) >= _least(words, _LONG_WORDS, _LONG_LETTERS)


def _least(words: list[str], spaced: int, unspaced: int) -> int:
    return unspaced if mostly_unspaced(words) else spaced


def title_numbers_differ(one: Traits, other: Traits) -> bool:
    """Whether each title has a number that the other does not have."""
    return bool(one.title_numbers - other.title_numbers and other.title_numbers - one.title_numbers)


def title_numbers_absent(one: Traits, other: Traits) -> bool:
    """Whether each title has a number that the other item has nowhere, not in its text either."""
    return bool(_absent_numbers(one, other) and _absent_numbers(other, one))


def _absent_numbers(one: Traits, other: Traits) -> frozenset[int]:
    return _numbers("H", word_hashes(set(one.title_numbers))) - other.words - other.title_hashes


def figures_differ(one: Traits, other: Traits) -> bool:
    """Whether the shorter text is made of numbers and the longer lacks many of them, as between two bulletins."""
    short, long = sorted((one, other), key=lambda text: (text.mark.length, text.mark.figures, text.mark.words))
    if not short.figures or short.mark.figure_count < _FIGURE_DENSITY * min(short.mark.length, 120):
        return False
    absent = short.figures - long.words - long.figures - long.title_hashes
    return len(absent) > _FIGURES_ABSENT * len(short.figures)


def subjects_differ(one: Traits, other: Traits) -> bool:
    """Whether each title names something that its own text bears out and the other item has nowhere."""
    return bool(_own_subject(one, other) and _own_subject(other, one))


def _own_subject(one: Traits, other: Traits) -> frozenset[int]:
    return (one.title_hashes & one.words) - other.words - other.title_hashes


def titles_are_elsewhere(one: Traits, other: Traits) -> bool:
    """Whether neither text speaks of its title, as a notice to subscribers or a line of figures does."""
    return not _speaks_of_title(one) and not _speaks_of_title(other)


def _speaks_of_title(traits: Traits) -> bool:
    return len(traits.title_hashes & traits.words) * 3 >= len(traits.title_hashes)


def share_only_a_frame(one: Traits, other: Traits) -> bool:
    """Whether what two texts share lies around what each says alone: a notice at the end, the frame of a digest.

    A copy begins as the other does, or within it; and of a copy and its original one at most has a long passage alone.
    """
    if not _begins_within(one, other) and not _begins_within(other, one):
        return True
    return _has_own_passage(one, other) and _has_own_passage(other, one)


def _begins_within(one: Traits, other: Traits) -> bool:
    # Of a long text only a sample is kept: a phrase that is missing from it may yet be in the text.
    opening = [number for number in one.beginning[:_OPENING] if number < other.mark.reach or number in other.phrases]
    return len(opening) < _KNOWN or sum(number in other.phrases for number in opening) * 4 > len(opening)


def _has_own_passage(one: Traits, other: Traits) -> bool:
    if other.mark.reach != EVERYTHING:
        return False
    runs = (
        len(list(run)) for absent, run in groupby(number not in other.phrases for number in one.beginning) if absent
    )
    return max(runs, default=0) > max(_PASSAGE, len(one.beginning) / 4)
