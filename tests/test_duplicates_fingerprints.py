"""Fingerprints: the same everywhere, small, and blind to what differs between two copies of one text."""

import pickle
import subprocess
import sys

import pytest
from article_copies import REPORT, TEXT, TITLE
from hypothesis import given
from hypothesis import strategies as st

from aggregator.curation.fingerprints import PHRASES_KEPT, Fingerprint, fingerprint, page_keys, text_keys, title_keys
from aggregator.curation.text import telling_words, words_of
from aggregator.model import Item

ITEM = Item(guid="g", title=TITLE, url="https://gazette.example/port", text=TEXT)


def of(text: str = "", title: str = "", url: str = "", summary: str = "") -> Fingerprint:
    """Return the fingerprint of an item of these parts."""
    return fingerprint(Item(guid="g", title=title, url=url, text=text, summary=summary))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't PANIC, it’s only Rock'n'Roll", "dont panic its only rocknroll"),
        ("1,000.50 crowns at 12:30", "100050 crowns at 1230"),
        ("The U.S. and the N.A.T.O. (e.g. in the E.U.)", "the us and the nato eg in the eu"),
        ("Élection à São Paulo – Straße", "election a sao paulo strasse"),
        ("cafe\u0301 caf\u00e9 ＦＵＬＬ", "cafe cafe full"),
        ("co\u00adop zero\u200bwidth", "coop zerowidth"),
        ("مُحَمَّد كـــتاب", "محمد كتاب"),
        ("金利3%上昇", "金 利 3 上 昇"),
        ("snake_case <b> & co", "snake case b co"),
        ("", ""),
    ],
)
def test_words_are_what_two_spellings_have_in_common(text: str, expected: str) -> None:
    """Case, marks, apostrophes, points in numbers and invisible characters make no difference."""
    assert " ".join(words_of(text)) == expected


def test_telling_words() -> None:
    """Long words, numbers, and two letters in a row of a script without spaces can tell texts apart."""
    assert telling_words(words_of("The cat and 3 tigers of 東京都")) == {"3", "tigers", "東京", "京都"}


def test_the_same_in_every_process() -> None:
    """A fingerprint made under another hash seed is equal: it is kept in a file and made by many workers."""
    program = (
        "import pickle, sys; from aggregator.curation.fingerprints import fingerprint;"
        "sys.stdout.buffer.write(pickle.dumps(fingerprint(pickle.load(sys.stdin.buffer))))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(ITEM),
        capture_output=True,
        check=True,
        env={"PYTHONHASHSEED": "12345"},
    )
    assert pickle.loads(run.stdout) == fingerprint(ITEM)


def test_known_values() -> None:
    """The hashes do not change from one version to the next: what is stored would no longer be found."""
    mark = of("One two three four five", "Port of Halvik closes", "https://gazette.example/port")
    assert text_keys(mark) == (1657791462, 1957430320, -792832584)
    assert title_keys(mark) == (489581201,)
    assert page_keys(mark) == (-7534679,)


def test_typography_and_case_leave_a_text_as_it_is() -> None:
    """A copy in capitals with other quotes, dashes and numbers has the same fingerprint."""
    changed = TEXT.upper().replace(",", " –").replace(".", " …")
    assert of(changed) == of(TEXT)


def test_titles_are_the_whole_and_what_may_be_the_title_elsewhere() -> None:
    """Sections, sites and notes of an update are cut off; a part that is too short is no title."""
    assert of(title="World › The Port of Halvik closes | Brenna Post").titles == (
        "world port of halvik closes brenna post",
        "port of halvik closes",
    )
    assert of(title="UPDATE 2-Port of Halvik closes").titles == (
        "update 2 port of halvik closes",
        "port of halvik closes",
    )
    assert of(title="Port - Halvik").titles == ("port halvik",)


@pytest.mark.parametrize(
    ("title", "live"),
    [
        ("Live: storm nears coast", True),
        ("Storm nears coast - live updates", True),
        ("EN DIRECT – la tempête", True),
        ("Live Nation sued over ticket fees", False),
        ("Where otters live", False),
    ],
)
def test_pages_that_go_on_being_written_are_marked(title: str, *, live: bool) -> None:
    """A live page is told by its title, a live concert is not one."""
    assert of(title=title).live is live


def test_a_hostile_title_costs_little() -> None:
    """However long a title is, and whatever it is made of, only its beginning counts."""
    for title in ("update" + " " * 100_000 + "x", "(" * 100_000, "update 1-" * 20_000, "word " * 100_000):
        assert sum(map(len, of(title=title).titles)) < 2000


def test_a_summary_that_says_something_else_is_compared_too() -> None:
    """A feed's own summary may be all that another feed has of an article."""
    both = of(TEXT, summary=REPORT)
    assert set(text_keys(of(REPORT))) & set(text_keys(both))
    assert both.length == of(TEXT).length + of(REPORT).length
    assert of(TEXT, summary=TEXT[:200]) == of(TEXT)
    assert of("", summary=TEXT) == of(TEXT)


def test_a_tail_of_publishing_software_is_left_out() -> None:
    """What is hung on every text of a site says nothing of the text."""
    assert of(f"{TEXT} The post {TITLE} appeared first on Brenna Post.") == of(TEXT)
    assert of(f"{TEXT} Continue reading...") == of(TEXT)


def test_a_long_text_is_sampled_evenly() -> None:
    """Of a long text the beginning is kept and a sample of the rest, so that its fingerprint stays small."""
    long = of(" ".join(f"word{number}" for number in range(2500)))
    assert long.length == 2500
    assert len(long.phrases) <= 4 * PHRASES_KEPT
    assert long.reach < 1 << 32
    half = of(" ".join(f"word{number}" for number in range(1250, 2500)))
    assert len(set(memoryview(long.phrases).cast("I")) & set(memoryview(half.phrases).cast("I"))) > PHRASES_KEPT // 8


@given(st.text(max_size=300), st.text(max_size=900), st.text(max_size=200))
def test_every_text_has_a_fingerprint(title: str, text: str, url: str) -> None:
    """No text at all makes it raise, the result is small and travels between processes."""
    mark = of(text, title, url, summary=title)
    assert pickle.loads(pickle.dumps(mark)) == mark
    assert len(pickle.dumps(mark)) < 12_000
    assert all(-(1 << 31) <= key < 1 << 31 for key in (*title_keys(mark), *page_keys(mark), *text_keys(mark)))
