"""Which copies end up together does not depend on the order of the polls, nor on a restart between them."""

import random
import sqlite3
from collections import defaultdict

from article_copies import REPORT, REPORT_TITLE, TEXT, TITLE, sentences, sighting, words
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.curation.duplicates import decide, gather
from aggregator.curation.verdicts import Sighting
from aggregator.storage import fingerprints as index

COLUMN = "The best of the week in pictures and words"
FRAME = " All rights reserved. Sign up to our newsletter and follow us for more news from the coast and the islands."


class Articles:
    """The items of a store, as far as the duplicate finder sees them; what is kept is in the database alone."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.item_of: dict[int, int] = {}

    def take(self, new: Sighting) -> None:
        """Take in one copy as a poll would."""
        verdicts = decide(new, index.candidates(self.db, new.source, new.at, new.fingerprint))
        members: dict[int, list[int]] = defaultdict(list)
        for appearance, item in self.item_of.items():
            members[item].append(appearance)
        folding = gather(verdicts, self.item_of, members)
        self.item_of[new.appearance] = folding.item if folding else new.appearance
        for absorbed in folding.absorbed if folding else ():
            for appearance in members[absorbed]:
                self.item_of[appearance] = folding.item if folding else absorbed
        index.add(self.db, new)


def groups(articles: Articles, names: dict[int, int]) -> set[frozenset[int]]:
    """Return which copies are together, each by its place in the list and not by the number it was given."""
    together: dict[int, set[int]] = defaultdict(set)
    for appearance, item in articles.item_of.items():
        together[item].add(names[appearance])
    return {frozenset(group) for group in together.values()}


def run(copies: list[Sighting], order: list[int], restart_after: int | None = None) -> set[frozenset[int]]:
    """Take the copies in an order; appearance numbers follow it, as in a store, and pass the point of settling."""
    db = sqlite3.connect(":memory:")
    db.executescript(index.TABLES)
    articles, names = Articles(db), {}
    for turn, place in enumerate(order):
        number = 8187 + turn
        names[number] = place
        copy = copies[place]
        articles.take(Sighting(number, copy.source, copy.at, copy.fingerprint))
        if turn == restart_after:
            articles.db = restarted(articles.db)
    articles.db.close()
    return groups(articles, names)


def restarted(db: sqlite3.Connection) -> sqlite3.Connection:
    """Return a new connection to what was committed: nothing but the bytes of the database goes over."""
    db.commit()
    kept = db.serialize()
    db.close()
    fresh = sqlite3.connect(":memory:")
    fresh.deserialize(kept)
    return fresh


def changed(text: str, seed: int) -> str:
    """Return a text cut, reordered, edited or framed, as the seed says."""
    chance = random.Random(seed)
    parts = [part for part in sentences(text) if chance.random() > 0.15] or sentences(text)[:1]
    if chance.random() < 0.3:
        chance.shuffle(parts)
    kept = [word for word in " ".join(parts).split() if chance.random() > 0.04]
    text = words(" ".join(kept), chance.choice([12, 30, 60, 200, 200]))
    return text + FRAME * (chance.random() < 0.3)


SOURCES = st.sampled_from(["gazette", "post", "herald", "times", "blog"])
TITLES = st.sampled_from([TITLE, f"World › {TITLE}", f"{TITLE} - Post", REPORT_TITLE, "Mending what leaks", COLUMN, ""])
COPY = st.builds(
    lambda source, title, text, seed, hours, page: sighting(
        title,
        changed(text, seed) if text else "",
        source=source,
        hours=hours,
        url=f"https://site.example/{page}" if page else "",
    ),
    SOURCES,
    TITLES,
    st.sampled_from([TEXT, TEXT, REPORT, ""]),
    st.integers(0, 50),
    st.integers(0, 100),
    st.integers(0, 3),
)


@settings(max_examples=60)
@given(st.lists(COPY, min_size=2, max_size=12), st.randoms(use_true_random=False), st.integers(0, 10))
def test_order_and_restart_change_nothing(copies: list[Sighting], chance: random.Random, restart_after: int) -> None:
    """The same copies in another order, with a restart in the middle, are joined to the same articles."""
    order = list(range(len(copies)))
    expected = run(copies, order)
    chance.shuffle(order)
    assert run(copies, order, restart_after) == expected


def test_a_late_copy_joins_two_articles() -> None:
    """Two texts that share nothing are one article once a third copy has both, whichever comes first."""
    halves = [" ".join(sentences(TEXT)[:3]), " ".join(sentences(TEXT)[3:])]
    copies = [
        sighting("Islanders must sail from the fish quay", halves[0], source="post"),
        sighting("Union of fishermen was never asked", halves[1], source="herald"),
        sighting(TITLE, TEXT, source="gazette"),
    ]
    assert run(copies[:2], [0, 1]) == {frozenset({0}), frozenset({1})}
    assert run(copies, [0, 1, 2]) == run(copies, [2, 1, 0]) == run(copies, [1, 2, 0]) == {frozenset({0, 1, 2})}


def test_a_daily_column_makes_no_chain() -> None:
    """Ten days of a column that two sources carry are ten articles, though each day's is like the day before."""
    for title in (COLUMN, "What is on"):
        copies = [
            sighting(title, source=source, hours=24 * day + delay)
            for day in range(10)
            for source, delay in (("gazette", 0), ("post", 2))
        ]
        together = run(copies, list(range(20)))
        assert max(len(group) for group in together) <= 2
    editions = [
        sighting(COLUMN, text + FRAME, source=source, hours=24 * day + delay)
        for day, text in enumerate([TEXT, REPORT])
        for source, delay in (("gazette", 0), ("post", 2))
    ]
    assert run(editions, [3, 0, 2, 1]) == {frozenset({0, 1}), frozenset({2, 3})}
