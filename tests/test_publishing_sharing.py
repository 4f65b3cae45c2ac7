"""How much of an item is republished: the stricter of what its topic and its source allow."""

from dataclasses import replace

import pytest
from publishing_samples import BBC, DW, SEED, SITE, TOPIC, entry, json_items, topic_documents

from aggregator.config.values import Share
from aggregator.publishing.pages import render_item_page
from aggregator.publishing.shown import stricter

_LONG = entry(
    summary="The summary.",
    content="<p>First words of it.</p><p>" + "SECRET word " * 90 + "</p>",
    image="https://x.example/i.png",
)


@pytest.mark.parametrize(
    ("topic", "source", "expected"),
    [
        ("full", "full", "full"),
        ("full", "summary", "summary"),
        ("summary", "full", "summary"),
        ("link", "summary", "link"),
        ("summary", "link", "link"),
    ],
)
def test_the_stricter_setting_holds(topic: Share, source: Share, expected: Share) -> None:
    """Either of the two can only take away."""
    assert stricter(topic, source) == expected


def test_a_full_item_has_all_of_its_content() -> None:
    """`full` republishes content and summary."""
    item = json_items(_LONG)[0]
    assert item["content_html"] == _LONG.content
    assert item["summary"] == "The summary."


@pytest.mark.parametrize(("topic", "source"), [("summary", "full"), ("full", "summary")])
def test_a_summary_is_all_there_is(topic: Share, source: Share) -> None:
    """`summary` republishes the summary, in every format and on the page, and nothing of the content."""
    documents = topic_documents(_LONG, topic=replace(TOPIC, content=topic), shares={"bbc-world": source})
    for body in documents.values():
        assert b"The summary." in body
        assert b"SECRET" not in body
    assert b"<content" not in documents["atom"]
    assert b"content:encoded>" not in documents["rss"]


def test_a_summary_is_made_of_the_first_words_where_there_is_none() -> None:
    """300 characters of the content at most, cut between words."""
    item = json_items(replace(_LONG, summary=""), shares={"bbc-world": "summary"})[0]
    assert item["summary"].startswith("First words of it. SECRET word")
    assert item["summary"].endswith("…")
    assert len(item["summary"]) <= 300


def test_a_summary_that_is_a_whole_article_is_cut() -> None:
    """Some feeds put the whole text into the description."""
    item = json_items(replace(_LONG, summary="word " * 1000), shares={"bbc-world": "summary"})[0]
    assert len(item["summary"]) <= 500


def test_a_link_is_a_link() -> None:
    """`link` republishes the title, its address and who wrote it, and neither words nor pictures."""
    documents = topic_documents(_LONG, shares={"bbc-world": "link"})
    for body in documents.values():
        assert b"Title 1" in body
        assert b"The summary." not in body
        assert b"First words" not in body
        assert b"i.png" not in body


def test_each_source_has_its_own_setting() -> None:
    """One source's wish does not bind another."""
    items = json_items(_LONG, replace(_LONG, id=2, uid="tag:x,2026:2", source=DW), shares={BBC.name: "link"})
    assert "SECRET" not in items[0]["content_html"]
    assert "SECRET" in items[1]["content_html"]


def test_the_page_of_an_item_keeps_to_its_source_too() -> None:
    """A seed whose folder allows a summary is not shown whole on its own page."""
    page = render_item_page(SITE, replace(SEED, summary="In short.", content="<p>SECRET</p>"), "summary").body
    assert b"In short." in page
    assert b"SECRET" not in page
