"""The health of the sources: the status document, its page and its charts."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from publishing_samples import NOON, SITE

from aggregator.pipeline.naming import public_url
from aggregator.publishing.charts import DAYS, Bar, Chart, drawn, due, items_a_day, polls_a_day, window
from aggregator.publishing.dates import clock, day_and_month, day_and_time, full_day, plain_day
from aggregator.publishing.jsonfeed import to_bytes
from aggregator.publishing.pages import render_status_page
from aggregator.publishing.status import (
    Activity,
    SourceDay,
    SourceStatus,
    Status,
    TopicDay,
    TopicStatus,
    render_status,
    status_document,
)

TODAY = date(2026, 11, 22)
FAILING = SourceStatus(
    "paid",
    "failing",
    url="https://me:secret@paid.example.org/feed",
    last_polled=NOON,
    next_poll=NOON + timedelta(hours=1),
    last_status=503,
    last_error="https://me:secret@paid.example.org/feed?token=secret answered 503",
    failures=3,
    items=7,
)
STATUS = Status(
    (SourceStatus("bbc-world", "ok", url="https://feeds.bbc.example/"), FAILING), (TopicStatus("world", 5, NOON),)
)
ACTIVITY = Activity(
    (TopicDay("world", TODAY, 4), TopicDay("world", TODAY - timedelta(days=2), 2)),
    (SourceDay("paid", TODAY, 4, 3), SourceDay("paid", TODAY - timedelta(days=1), 2)),
)


def test_the_status_document() -> None:
    """The promised fields in the promised names; times in ISO 8601, null where there was none."""
    assert status_document(STATUS) == {
        "sources": [
            {
                "name": "bbc-world",
                "url": "https://feeds.bbc.example/",
                "state": "ok",
                "last_polled": None,
                "next_poll": None,
                "last_status": None,
                "last_error": None,
                "failures": 0,
                "items": 0,
            },
            {
                "name": "paid",
                "url": None,
                "state": "failing",
                "last_polled": "2026-11-22T12:00:00Z",
                "next_poll": "2026-11-22T13:00:00Z",
                "last_status": 503,
                "last_error": "paid.example.org answered 503",
                "failures": 3,
                "items": 7,
            },
        ],
        "topics": [{"name": "world", "items": 5, "updated": "2026-11-22T12:00:00Z"}],
    }
    assert json.loads(render_status(STATUS).body) == status_document(STATUS)


def test_no_secret_is_published() -> None:
    """Neither the document nor the page has a word of a password or a token."""
    page = render_status_page(SITE, STATUS, ACTIVITY)
    assert b"secret" not in render_status(STATUS).body + page.body


def test_those_in_trouble_come_first() -> None:
    """A failing source is above one that is well, with its error and how often."""
    page = render_status_page(SITE, STATUS, ACTIVITY).body.decode()
    assert page.index(">paid<") < page.index(">bbc-world<")
    assert "paid.example.org answered 503 (3 times in a row)" in page


def test_the_page_calls_sources_and_topics_by_their_titles() -> None:
    """The name of feeds.toml stands beside a source's title, where the two differ."""
    status = Status((SourceStatus("bbc", "ok", title="BBC & World"),), (TopicStatus("news", title="The news"),))
    page = render_status_page(SITE, status, Activity()).body.decode()
    assert "BBC &amp; World <code>bbc</code>" in page
    assert '<a href="news.html">The news</a>' in page


def test_a_page_of_very_many_sources_is_bounded() -> None:
    """A thousand are listed, the rest is counted: the page stays one that opens."""
    sources = tuple(SourceStatus(f"s-{number}", "ok") for number in range(1200))
    page = render_status_page(SITE, Status(sources), Activity()).body.decode()
    assert page.count('<span class="state ok">') == 1001
    assert '200 more in <a href="status.json">' in page


def test_an_empty_site_has_a_status_page() -> None:
    """Nothing polled, nothing due, no source: the page says so."""
    assert "No sources yet" in render_status_page(SITE, Status(), Activity()).body.decode()
    assert due([]) is None


def test_the_charts_end_with_the_newest_figure() -> None:
    """Thirty days up to it, whatever the clock says; without figures, none."""
    days = window(ACTIVITY)
    assert (len(days), days[0], days[-1]) == (DAYS, TODAY - timedelta(days=29), TODAY)
    assert window(Activity()) == ()


def test_items_a_day() -> None:
    """A bar for each day that had any, the tallest as high as the chart, and the whole in words."""
    days = window(ACTIVITY)
    chart = items_a_day({TODAY: 4, TODAY - timedelta(days=2): 2, TODAY - timedelta(days=99): 50}, days)
    assert [(bar.x, bar.y, bar.height, bar.label) for bar in chart.bars] == [
        (27 * 8, 16, 16, "20 Nov: 2 items"),
        (29 * 8, 0, 32, "22 Nov: 4 items"),
    ]
    assert chart.label == "6 items in 30 days, at most 4 on one day."
    assert (chart.first, chart.last) == ("24 Oct", "22 Nov")
    assert items_a_day({}, ()).bars == ()


def test_polls_a_day() -> None:
    """A full bar a day, the part that failed on top of it; even one failure among many can be seen."""
    chart = polls_a_day(ACTIVITY.sources, window(ACTIVITY))
    assert [(bar.kind, bar.y, bar.height) for bar in chart.bars] == [
        ("fine", 0, 32),
        ("failed", 0, 24),
        ("fine", 24, 8),
    ]
    assert chart.label == "6 polls in 30 days, 3 failed."
    one = polls_a_day([SourceDay("s", TODAY, 1000, 1)], window(ACTIVITY)).bars
    assert (one[0].kind, one[0].height) == ("failed", 4)


def test_when_polls_are_due() -> None:
    """The time from the first to the last in 24 slots."""
    chart = due([NOON + timedelta(hours=hours) for hours in (24, 0, 0, 12)])
    assert chart is not None
    assert [(bar.x, bar.height) for bar in chart.bars] == [(0, 32), (12 * 16, 16), (23 * 16, 16)]
    assert (chart.first, chart.last) == ("22 Nov 12:00", "23 Nov 12:00")
    assert chart.label == "4 sources due from 22 Nov 12:00 to 23 Nov 12:00, at most 2 in one of 24 slots."


def test_one_source_that_is_due() -> None:
    """One moment is a chart as well."""
    chart = due([NOON])
    assert chart is not None
    assert len(chart.bars) == 1


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (full_day(TODAY), "Sunday 22 November 2026"),
        (plain_day(date(2026, 3, 1)), "1 March 2026"),
        (day_and_month(date(2026, 5, 31)), "31 May"),
        (clock(NOON), "12:00"),
        (day_and_time(NOON), "22 Nov 12:00"),
    ],
)
def test_dates_for_people(written: str, expected: str) -> None:
    """In English and in UTC, whatever the machine's locale and zone."""
    assert written == expected


def test_a_chart_is_drawn_with_its_words_escaped() -> None:
    """Every bar with its place, class and label; whatever the words are, they stay words."""
    chart = Chart(16, 32, (Bar(0, 4, 6, 28, "items", "<b> & more"), Bar(8, 0, 6, 32, "items", "2")), '"x" < y', "", "")
    assert drawn(chart) == (
        '<svg class="chart" viewBox="0 0 16 32" width="16" height="32" role="img"'
        ' aria-label="&#34;x&#34; &lt; y" preserveAspectRatio="none">\n'
        '<path class="ground" d="M0 31.5H16"/>\n'
        '<rect class="items" x="0" y="4" width="6" height="28"><title>&lt;b&gt; &amp; more</title></rect>\n'
        '<rect class="items" x="8" y="0" width="6" height="32"><title>2</title></rect>\n'
        "</svg>\n"
    )
    assert "no figures yet" in drawn(Chart(16, 32, (), "", "", ""))


_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
)


@given(st.dictionaries(st.text(), _json_values, max_size=3))
def test_json_is_written_as_the_standard_library_indents_it(document: dict[str, object]) -> None:
    """Faster, and to the byte alike."""
    try:
        expected = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
    except UnicodeEncodeError:
        return
    assert to_bytes(document) == expected


@given(st.text("ab1-_/@?#=%:x0123456789ABCDEFghijklmnopqrstuvwyz", max_size=60))
@example("/feed/abcdef0123456789abcdef01")
@example("/abcdef0123456789abcdef01/feed")
@example(":secret@b/feed")
def test_an_address_that_is_public_is_seen_at_a_glance(rest: str) -> None:
    """And judged as it is by a closer look, which a question mark always causes."""
    address = f"https://x.example{rest}"
    if "#" not in rest and "?" not in rest:
        assert bool(public_url(address)) == bool(public_url(f"{address}?"))
