"""Which articles tell of one event, among those of a topic: groups them and never decides what is shown.

Pure, and independent of the order in which the articles are given. A story is no duplicate: each article is its own.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import combinations, count

from aggregator.curation.text import telling_words, words_of
from aggregator.curation.verdicts import WINDOW

# An article's beginning tells what it is about; its title does so twice over.
_WORDS = 100
_TITLE_WEIGHT = 2
# Two groups become one as long as their articles are so much alike on average (cosine).
_ALIKE = 0.15
# A text of a few words counts as if it had others too: two titles of one topic have words in common by chance.
_LEAST_LENGTH = 25
# How rare a word is, is estimated as if so many other articles had been read: a topic alone is too few.
_READ_ELSEWHERE = 1000
# A word in more than this share of a topic's articles is the topic's, not a story's.
_TOPIC_SHARE, _FEW = 0.25, 24


@dataclass(frozen=True, slots=True)
class Account:
    """An article as it is compared here: its number, date (epoch seconds) and title, and its text in plain words."""

    number: int
    at: int
    title: str
    text: str


def stories(accounts: Iterable[Account]) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of the articles that tell one story, the newest first; a story has two articles or more."""
    ordered = sorted(accounts, key=lambda account: (account.at, account.number))
    groups = _joined(len(ordered), _likenesses(ordered))
    told = (sorted(group, reverse=True) for group in groups if len(group) > 1)
    return tuple(tuple(ordered[place].number for place in group) for group in sorted(told, reverse=True))


def _likenesses(accounts: Sequence[Account]) -> dict[tuple[int, int], float]:
    """The cosine of every two articles dated within the window that share a word."""
    likeness: dict[tuple[int, int], float] = defaultdict(float)
    for holders in _postings([_counted(account) for account in accounts]).values():
        for (one, weight), (other, weight_there) in combinations(holders, 2):
            if accounts[other].at - accounts[one].at <= WINDOW:
                likeness[one, other] += weight * weight_there
    return likeness


def _counted(account: Account) -> Counter[str]:
    title, text = words_of(account.title), words_of(account.text)[:_WORDS]
    telling = telling_words(title) | telling_words(text)
    counted = Counter(word for word in text if word in telling)
    for word in title:
        counted[word] += _TITLE_WEIGHT * (word in telling)
    return counted


def _postings(texts: Sequence[Mapping[str, int]]) -> dict[str, list[tuple[int, float]]]:
    """For each word the places of the articles that have it, with its weight in each (TF-IDF, of length 1)."""
    spread = Counter(word for text in texts for word, times in text.items() if times)
    common = max(_FEW, _TOPIC_SHARE * len(texts))
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, text in enumerate(texts):
        weights = {word: _weight(times, spread[word], len(texts)) for word, times in text.items() if times}
        length = max(_LEAST_LENGTH, math.sqrt(sum(weight * weight for weight in weights.values())))
        for word, weight in weights.items():
            if 1 < spread[word] <= common:
                postings[word].append((place, weight / length))
    return postings


def _weight(times: int, spread: int, articles: int) -> float:
    return (1 + math.log(times)) * math.log((articles + _READ_ELSEWHERE) / (spread + 1))


def _joined(number: int, likeness: Mapping[tuple[int, int], float]) -> list[list[int]]:
    """Join the two most alike groups, again and again, while they are alike enough on average."""
    groups = {place: [place] for place in range(number)}
    alike: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), value in likeness.items():
        alike[one][other] = alike[other][one] = value
    queue = [(-value, one, other) for (one, other), value in likeness.items() if value >= _ALIKE]
    heapify(queue)
    names = count(number)
    while queue:
        _, one, other = heappop(queue)
        if one in groups and other in groups:
            name = next(names)
            _average(name, one, other, groups, alike)
            groups[name] = groups.pop(one) + groups.pop(other)
            for third, value in alike[name].items():
                if value >= _ALIKE:
                    heappush(queue, (-value, third, name))
    return list(groups.values())


def _average(
    name: int, one: int, other: int, groups: Mapping[int, list[int]], alike: dict[int, dict[int, float]]
) -> None:
    """Enter the likeness of the group of `one` and `other` to every other group: the mean over all their articles."""
    ones, others = len(groups[one]), len(groups[other])
    for third in sorted(alike[one].keys() | alike[other].keys()):
        if third in groups and third not in {one, other}:
            total = alike[one].get(third, 0.0) * ones + alike[other].get(third, 0.0) * others
            alike[name][third] = alike[third][name] = total / (ones + others)
