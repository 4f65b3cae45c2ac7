"""Dates inside a line: their forms, their times and zones, and what only looks like one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.reading.dateline import dates_in
from aggregator.reading.phrases import MONTHS


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("GMT", 12), ("UTC", 12), ("Z", 12), ("EST", 17), ("PDT", 19), ("CET", 11), ("CEST", 10), ("MSK", 9), ("JST", 3),
     ("+02:00", 10), ("-0330", 15), ("UTC+3", 9), ("IST", 12), ("uhr", 12)],
)  # fmt: skip
def test_zones_are_applied_where_they_mean_one_thing(zone, hour):
    """IST is India's, Israel's or Ireland's: a zone that is not known is read as UTC."""
    assert dates_in(f"12 March 2024 12:00 {zone}")[0].when.hour == hour


@pytest.mark.parametrize(
    ("clock", "hour"), [("12:30 am", 0), ("12:30 pm", 12), ("6:30 p.m.", 18), ("06:30", 6), ("23.59", 23)]
)
def test_half_days_are_told_apart(clock, hour):
    """Midnight is 12 a.m. and noon 12 p.m."""
    assert dates_in(f"March 12, 2024, {clock}")[0].when.hour == hour


def test_several_dates_of_a_line_are_found_in_order():
    """And each knows whether "updated" stands before it."""
    found = dates_in("Published: 3 May 2019, 6:18 p.m. Updated: 4 May 2019, 7:10 p.m.")
    assert [(dated.when.day, dated.update) for dated in found] == [(3, False), (4, True)]


@pytest.mark.parametrize(
    "text",
    ["2024-13-12", "2024-00-10", "32 March 2024", "30 February 2024", "99:99 on 12 Foo 2024", "12.3.", "20240312"],
)
def test_impossible_dates_are_none(text):
    """A number is not bent into the calendar."""
    assert dates_in(text) == []


@given(st.datetimes(datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2099-12-31")))
def test_an_iso_date_is_read_to_the_second(moment):
    """Whatever moment is written in ISO 8601 comes back."""
    moment = moment.replace(microsecond=0)
    assert dates_in(f"Posted {moment.isoformat()}Z")[0].when == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize("name", [name for name in MONTHS if len(name) > 2 and " " not in name])
def test_every_month_name_is_read_in_either_order(name):
    """Day first and month first, in every language of the table."""
    expected = datetime(2024, MONTHS[name], 28, tzinfo=UTC)
    assert [dated.when for dated in dates_in(f"28 {name} 2024")] == [expected]
    assert [dated.when for dated in dates_in(f"{name.title()} 28, 2024")] == [expected]


@given(st.text(max_size=400))
def test_no_text_raises(text):
    """Every date found lies within the line and is in UTC."""
    for dated in dates_in(text):
        assert 0 <= dated.start < dated.end <= len(text)
        assert dated.when.tzinfo is UTC
