"""Stories: articles on one event are grouped, others are not, and the order in which they come makes no difference."""

import random
from string import ascii_letters

from article_copies import NOON, REPORT, REPORT_TITLE, TEXT, TITLE
from hypothesis import given
from hypothesis import strategies as st

from aggregator.curation.stories import Account, stories

DAY = 86400
PORT = [
    Account(1, NOON, TITLE, TEXT),
    Account(2, NOON + 3600, REPORT_TITLE, REPORT),
    Account(
        3,
        NOON + 7200,
        "Why the lock of Halvik leaks",
        "The gates of the lock at Halvik were built in 1931 and have been patched eleven times, an engineer of the harbour "
        "authority told the council. The storm of 2019 bent the hinges, and since then the port has lost water at every tide.",
    ),
]
ELECTION = [
    Account(
        4,
        NOON + 600,
        "Brenna votes on a new council",
        "Polling stations in Brenna opened at eight on Sunday for an election in which nine parties seek seats on the "
        "council. Turnout by noon was higher than four years ago, officials said.",
    ),
    Account(
        5,
        NOON + 30000,
        "Greens ahead in Brenna election",
        "With half of the votes in Brenna counted the Greens lead in the election of the council with a third of the seats, "
        "and turnout was the highest in twenty years, officials said on Sunday night.",
    ),
]
OTHERS = [
    Account(
        6,
        NOON + 900,
        "How to keep bees through a hard frost",
        "A hive needs fifteen kilos of honey, a dry floor and a small door. Wrap it only where the wind is strong, says a "
        "keeper of forty years, and do not open it before the willows flower.",
    ),
    Account(
        7,
        NOON + 950,
        "Chess champion withdraws from tournament",
        "The world champion will not play in the spring tournament because of a broken wrist, her manager said. The place "
        "goes to the runner-up of the last season.",
    ),
]


def test_articles_on_one_event_are_a_story_the_newest_first() -> None:
    """Own reports of one event are grouped; what stands alone is in no story."""
    assert stories(PORT + ELECTION + OTHERS) == ((5, 4), (3, 2, 1))


def test_no_story_is_longer_than_the_window_between_two_articles() -> None:
    """The same words a fortnight later are another event."""
    later = [Account(11, NOON + 14 * DAY, TITLE, TEXT), Account(12, NOON + 14 * DAY + 60, REPORT_TITLE, REPORT)]
    assert stories([*PORT[:2], *later]) == ((12, 11), (2, 1))


def test_what_a_whole_topic_has_in_common_is_no_story() -> None:
    """The words that brought every article into a topic do not make them one event."""
    for size in (5, 40):
        own = [" ".join(f"{letter}{number:03}" for letter in ascii_letters) for number in range(size)]
        topic = [Account(number, NOON, f"Halvik harbour {own[number][:11]}", own[number]) for number in range(size)]
        assert stories(topic) == ()


def test_nothing_and_little() -> None:
    """No articles, one article, and articles without words make no story."""
    assert stories([]) == ()
    assert stories(PORT[:1]) == ()
    assert stories([Account(1, NOON, "", ""), Account(2, NOON, "", "")]) == ()


@given(st.permutations(PORT + ELECTION + OTHERS), st.randoms(use_true_random=False))
def test_the_order_makes_no_difference(accounts: list[Account], chance: random.Random) -> None:
    """Stories are the same in whatever order the articles come, and every article is in one at most."""
    told = stories(accounts)
    assert told == stories(PORT + ELECTION + OTHERS)
    numbers = [number for story in told for number in story]
    assert len(numbers) == len(set(numbers))


WORD = st.sampled_from(["port", "lock", "gates", "storm", "votes", "council", "party", "honey", "willow", "frost"])


@given(st.lists(st.tuples(st.integers(0, 5 * DAY), st.lists(WORD, max_size=8)), max_size=12))
def test_any_articles_at_all(parts: list[tuple[int, list[str]]]) -> None:
    """Whatever the texts and however equal they are, the groups are the same backwards, and the newest comes first."""
    accounts = [Account(number, NOON + after, " ".join(words), "") for number, (after, words) in enumerate(parts)]
    told = stories(accounts)
    assert told == stories(accounts[::-1])
    dates = {account.number: (account.at, account.number) for account in accounts}
    assert all(list(story) == sorted(story, key=dates.__getitem__, reverse=True) for story in told)
