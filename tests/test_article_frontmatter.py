"""Front matter: honoured where it can be read, text where it cannot."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_article import HEADLINE, PARAGRAPHS, html, read

from aggregator.reading.frontmatter import read_front_matter

BODY = "\n\n".join(PARAGRAPHS)
FULL = f"""---
title: "{HEADLINE}: a report"
date: 2024-03-12T08:30:00+02:00
url: https://news.example/ferries
author: Jane Doe and Richard Roe
tags: [ferries, Harbour Town, "council"]
summary: The ferries are back.
lang: en
layout: post
---

{BODY}"""


def test_every_field_is_honoured():
    """title, date, url, author and tags, and what notes programs write beside."""
    item = read(FULL)
    assert item.title == f"{HEADLINE}: a report"
    assert item.published == datetime(2024, 3, 12, 6, 30, tzinfo=UTC)
    assert item.url == "https://news.example/ferries"
    assert item.authors == ("Jane Doe", "Richard Roe")
    assert item.categories == ("ferries", "Harbour Town", "council")
    assert (item.summary, item.language) == ("The ferries are back.", "en")
    assert item.content == html(*PARAGRAPHS)
    assert dict(item.evidence)["title"] == dict(item.evidence)["published"] == "front matter"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end_will_do(line_end):
    """Files of every system."""
    assert read(FULL.replace("\n", line_end)) == read(FULL)


@pytest.mark.parametrize(
    "tags",
    ["tags: ferries, council", "tags: [ferries, council]", "tags:\n  - ferries\n  - council", "tags:\n- ferries\n- 'council'",
     "categories: [ferries, council]", "keywords: ferries; council"],
)  # fmt: skip
def test_lists_may_be_written_in_each_way(tags):
    """In brackets, with commas, an item a line."""
    assert read(f"---\ntitle: x\n{tags}\n---\n{BODY}").categories == ("ferries", "council")


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2024-03-12", datetime(2024, 3, 12, tzinfo=UTC)),
        ("2024-03-12 08:30", datetime(2024, 3, 12, 8, 30, tzinfo=UTC)),
        ("12 March 2024", datetime(2024, 3, 12, tzinfo=UTC)),
        ("'2024-03-12T08:30:00Z'", datetime(2024, 3, 12, 8, 30, tzinfo=UTC)),
        ("soon", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("", None),
    ],
)
def test_dates_are_read_in_utc(date, expected):
    """ISO 8601 or whatever plainly is a date."""
    assert read(f"---\ntitle: x\ndate: {date}\n---\n{BODY}").published == expected


def test_a_headline_that_repeats_the_title_is_not_content():
    """The title is given once."""
    assert read(f"---\ntitle: {HEADLINE}\n---\n\n{HEADLINE}\n\n{BODY}").content == html(*PARAGRAPHS)


def test_front_matter_goes_before_what_the_text_says():
    """Where both name an author, a date or a title."""
    item = read(
        f"---\nauthor: Richard Roe\ndate: 2020-01-02\n---\n{HEADLINE}\n\nBy Jane Doe\n\n12 March 2024\n\n{BODY}"
    )
    assert (item.title, item.authors, item.published) == (HEADLINE, ("Richard Roe",), datetime(2020, 1, 2, tzinfo=UTC))


def test_evidence_keeps_the_line_numbers_of_the_file():
    """Lines are counted from the top of the file, front matter included."""
    assert dict(read(f"---\nauthor: Jo\n---\n{HEADLINE}\n\n{BODY}").evidence)["title"] == "line 4"


@pytest.mark.parametrize(
    "text",
    [
        f"---\n{BODY}\n---\nMore.",
        f"---\ntitle: x\n{BODY}",
        f"---\nsome: thing\n---\n{BODY}",
        f"---\n---\n{BODY}",
        f"----\ntitle: x\n----\n{BODY}",
        f"---\ntitle: x\n<b>y</b>\n---\n{BODY}",
        f"Text first.\n---\ntitle: x\n---\n{BODY}",
    ],
)
def test_bad_front_matter_is_text(text):
    """Without an end, with lines that are no fields, or with no field that is known."""
    assert read_front_matter(text).body == text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "ferries.html", "data:text/html,x"])
def test_only_a_web_address_is_an_address(url):
    """Whatever the file says."""
    assert read(f"---\nurl: {url}\n---\n{HEADLINE}\n\n{BODY}").url == ""


@given(st.text(max_size=300))
def test_no_text_raises(text):
    """Neither as front matter nor below one."""
    read_front_matter(text)
    assert read_front_matter(f"---\n{text}\n---\n").body is not None
