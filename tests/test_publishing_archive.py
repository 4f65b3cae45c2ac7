"""RFC 5005: a topic's archive by month, linked both ways, and closed for good."""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from places import Place
from publishing_samples import ATOM, HISTORY, SITE, TOPIC, atom, by_feedparser, entry, linked, links

from aggregator.model import Document
from aggregator.publishing.archive import Month, neighbours, newest_closed, render_archive

SEPTEMBER, OCTOBER, DECEMBER, JANUARY = Month(2026, 9), Month(2026, 10), Month(2026, 12), Month(2027, 1)
_URL = "https://feeds.example.org/russia-us/archive/{}.atom"


def _render(month: Month, *months: Month) -> Document:
    when = datetime(month.year, month.month, 5, tzinfo=UTC)
    return render_archive(
        SITE, TOPIC, month, [entry(published=when, updated=when)], months=months, shares={"bbc-world": "full"}
    )


def test_a_month_between_two_others() -> None:
    """It has the feed's own id, a self, the current feed and both neighbours; empty months are passed over."""
    document = _render(OCTOBER, SEPTEMBER, OCTOBER, DECEMBER)
    feed = fromstring(document.body)
    assert document.path == "russia-us/archive/2026-10.atom"
    assert feed.findtext(f"{ATOM}id") == atom().findtext(f"{ATOM}id")
    assert feed.find(f"{HISTORY}archive") is not None
    assert {link["rel"]: link["href"] for link in links(feed)} == {
        "alternate": "https://feeds.example.org/russia-us.html",
        "self": _URL.format("2026-10"),
        "current": "https://feeds.example.org/russia-us.atom",
        "prev-archive": _URL.format("2026-09"),
        "next-archive": _URL.format("2026-12"),
    }
    assert len(by_feedparser(document.body)) == 1


def test_the_first_month_has_none_before_it() -> None:
    """The chain ends at the beginning."""
    feed = fromstring(_render(SEPTEMBER, SEPTEMBER, OCTOBER).body)
    assert linked(feed, "prev-archive") == []
    assert linked(feed, "next-archive") == [_URL.format("2026-10")]


def test_the_open_month_makes_no_promise() -> None:
    """The newest month will grow: it does not say that it is an archive, and has none after it."""
    feed = fromstring(_render(OCTOBER, SEPTEMBER, OCTOBER).body)
    assert feed.find(f"{HISTORY}archive") is None
    assert linked(feed, "next-archive") == []
    assert linked(feed, "prev-archive") == [_URL.format("2026-09")]


def test_a_closed_month_never_changes_again() -> None:
    """Once a later month has an entry, no month after that one changes a byte of it."""
    closed = _render(OCTOBER, SEPTEMBER, OCTOBER, DECEMBER)
    assert _render(OCTOBER, SEPTEMBER, OCTOBER, DECEMBER, JANUARY) == closed
    assert _render(OCTOBER, SEPTEMBER, OCTOBER) != closed


def test_the_feed_leads_to_the_newest_closed_month() -> None:
    """Readers keep archive documents for good, so the feed does not lead them to the one that still grows."""
    assert linked(atom(months=(SEPTEMBER, OCTOBER, DECEMBER)), "prev-archive") == [_URL.format("2026-10")]
    assert linked(atom(months=(DECEMBER,)), "prev-archive") == []
    without = replace(TOPIC, archive=False)
    assert linked(atom(topic=without, months=(SEPTEMBER, OCTOBER)), "prev-archive") == []


def test_every_month_is_reached_from_the_feed() -> None:
    """Following prev-archive from the feed leads to each closed month once, and next-archive back to the open one."""
    months = (SEPTEMBER, OCTOBER, DECEMBER, JANUARY)
    documents = {_URL.format(month): fromstring(_render(month, *months).body) for month in months}
    seen, at = [], linked(atom(months=months), "prev-archive")
    while at:
        seen += at
        at = linked(documents[at[0]], "prev-archive")
    assert seen == [_URL.format(month) for month in (DECEMBER, OCTOBER, SEPTEMBER)]
    assert linked(documents[seen[0]], "next-archive") == [_URL.format(JANUARY)]


@pytest.mark.parametrize(
    ("month", "months", "expected"),
    [
        (OCTOBER, (), (None, None)),
        (OCTOBER, (DECEMBER, SEPTEMBER, SEPTEMBER), (SEPTEMBER, DECEMBER)),
        (JANUARY, (DECEMBER,), (DECEMBER, None)),
    ],
)
def test_the_months_beside_a_month(month: Month, months: tuple[Month, ...], expected: tuple[Month, Month]) -> None:
    """In any order, with repetitions, over the turn of a year."""
    assert neighbours(month, months) == expected


def test_months_are_named_as_their_files_are() -> None:
    """YYYY-MM, so that names sort as months do."""
    assert re.fullmatch(r"\d{4}-\d\d", str(SEPTEMBER))
    assert sorted([JANUARY, SEPTEMBER, DECEMBER]) == [SEPTEMBER, DECEMBER, JANUARY]
    assert newest_closed([JANUARY, SEPTEMBER, DECEMBER]) == DECEMBER


def test_an_archive_of_nothing_is_dated_by_its_month() -> None:
    """Even an empty month has a date that stays."""
    document = render_archive(SITE, TOPIC, OCTOBER, (), months=(OCTOBER,), shares={})
    assert fromstring(document.body).findtext(f"{ATOM}updated") == "2026-10-01T00:00:00+00:00"


def _seed(day: str) -> str:
    return f"---\ntitle: Of {day}\ndate: {day}\nurl: https://a.example/{day}\n---\nThe council met in the evening.\n"


def test_an_archive_that_broke_off_is_taken_up_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there of it counts as ours and not as another database's, so that what came meanwhile gets into it."""
    place.configure('[sources.seeds]\npath = "seeds"\n[topics.all]\ntitle = "All"\n')
    place.save({f"seeds/{day}.txt": _seed(day) for day in ("2026-01-05", "2026-02-05", "2026-03-05")})
    rename = os.rename

    def failing(old: str, new: str, **folders: int) -> None:
        if new == "2026-02.atom":
            raise OSError(28, "No space left on device")
        rename(old, new, **folders)

    with monkeypatch.context() as full:
        full.setattr("os.rename", failing)
        assert place.run("-q", "fetch") == 1
    assert [path.name for path in (place.folder / "public/all/archive").iterdir()] == ["2026-01.atom"]
    place.save({"seeds/late.txt": _seed("2026-01-04")})
    assert place.run("-q", "fetch") == 0
    found = {day for month in (1, 2, 3) for day in _days(place.folder / f"public/all/archive/2026-0{month}.atom")}
    assert found == {"2026-01-04", "2026-01-05", "2026-02-05", "2026-03-05"}


def _days(path: Path) -> set[str]:
    return {read.title.removeprefix("Of ") for read in by_feedparser(path.read_bytes())}
