"""Saved pages: the article, what the page says of itself, images and links; and what happens where there is little of it."""

from datetime import UTC, datetime

import pytest
from test_article import HEADLINE, PARAGRAPHS

from aggregator.model import Item, Unreadable
from aggregator.reading.page import MAX_BYTES, read_page

A, B, C = PARAGRAPHS
D = "The old pier will be repaired first, because the last storm took two of its posts and most of the railing with them."
HEAD = f"""<meta charset="utf-8"><title>{HEADLINE} | The Strait Courier</title>
<meta property="og:title" content="{HEADLINE} - The Strait Courier"><meta property="og:site_name" content="The Strait Courier">
<meta property="article:published_time" content="2024-03-12T08:30:00+02:00"><meta name="author" content="Jane Doe">
<meta property="og:image" content="https://news.example/pier.jpg"><link rel="canonical" href="https://news.example/2024/ferries">
<meta property="article:tag" content="ferries">"""
BODY = f"""<nav><a href="/">Home</a> <a href="/news">News</a></nav><article><h1>{HEADLINE}</h1>
<p>{A} See <a href="/plan?id=7">the plan</a>.</p><p>{B}</p><figure><img src="boat.jpg" alt="The boat"></figure>
<h2>The pier</h2><p>{C}</p><ul><li>the red boat of the other side</li><li>the blue boat of this side</li></ul><p>{D}</p></article>
<aside><h3>Related</h3><a href="/gull">Gull steals mayor’s hat</a></aside>
<footer>© 2024 The Strait Courier. All rights reserved. <a href="/privacy">Privacy policy</a></footer>"""


def page(head: str = HEAD, body: str = BODY, language: str = "en-GB") -> bytes:
    """A page as a browser saves it."""
    return f'<!DOCTYPE html><html lang="{language}"><head>{head}</head><body>{body}</body></html>'.encode()


def read(body: bytes, url: str = "") -> Item:
    """The item of a page that is known to hold one."""
    item = read_page(body, url=url)
    assert isinstance(item, Item)
    return item


def test_a_page_gives_its_article_and_what_it_says_of_itself():
    """Title, author, date to the minute, canonical address, language, image and tags."""
    item = read(page())
    assert item.title == HEADLINE
    assert item.authors == ("Jane Doe",)
    assert item.published == datetime(2024, 3, 12, 6, 30, tzinfo=UTC)
    assert item.url == "https://news.example/2024/ferries"
    assert (item.language, item.image, item.categories) == ("en-GB", "https://news.example/pier.jpg", ("ferries",))
    assert dict(item.evidence) == {
        "title": "h1", "content": "trafilatura", "author": "the page's metadata", "published": "the page's metadata",
        "url": "the page's metadata",
    }  # fmt: skip


def test_the_article_is_all_of_the_content():
    """Every paragraph, the list and the sub-heading; not the headline, the menu, the box or the footer."""
    item = read(page())
    for words in (A, B, C, D, "the red boat of the other side", "The pier"):
        assert words in item.text
    for words in (HEADLINE, "Home", "Gull steals", "All rights reserved"):
        assert words not in item.text
    assert item.summary == item.text[: len(item.summary) - 1] + "…"


def test_links_and_images_are_kept_and_absolute():
    """Resolved against the canonical address."""
    content = read(page()).content
    assert '<a href="https://news.example/plan?id=7">the plan</a>' in content
    assert '<img src="https://news.example/2024/boat.jpg" alt="The boat">' in content


def test_the_address_it_was_fetched_from_serves_where_the_page_has_none():
    """As link of the item and as base of its links."""
    item = read(page(head=f"<title>{HEADLINE}</title>"), url="https://mirror.example/x/y.html")
    assert item.url == "https://mirror.example/x/y.html"
    assert 'src="https://mirror.example/x/boat.jpg"' in item.content


def test_a_base_element_is_obeyed():
    """Where the page says what its links are relative to."""
    assert (
        'src="https://static.example/img/boat.jpg"'
        in read(page(head=HEAD + '<base href="https://static.example/img/">')).content
    )


TITLES = [
    ("the headline beside the site's name", "<h1>The Strait Courier</h1><h2>" + HEADLINE + "</h2>", HEADLINE),
    (
        "the longer headline of the page itself",
        f"<h1>{HEADLINE} and to mend the pier</h1>",
        f"{HEADLINE} and to mend the pier",
    ),
    ("no heading", "", HEADLINE),
    ("another page's heading", "<h1>Subscribe to our newsletter today</h1>", HEADLINE),
]


@pytest.mark.parametrize(("headings", "title"), [case[1:] for case in TITLES], ids=[case[0] for case in TITLES])
def test_the_headline_is_the_heading_that_the_title_names(headings, title):
    """Else the title less the site's name."""
    body = BODY.replace(f"<h1>{HEADLINE}</h1>", headings)
    assert read(page(body=body)).title == title


@pytest.mark.parametrize(
    "title",
    [
        f"{HEADLINE} | The Strait Courier",
        f"{HEADLINE} – Strait Courier",
        f"The Strait Courier: {HEADLINE}",
        f"The Strait Courier | {HEADLINE}",
    ],
)
def test_the_sites_name_is_no_part_of_the_title(title):
    """Behind a bar or a dash, or before one."""
    head = f'<title>{title}</title><meta property="og:site_name" content="The Strait Courier">'
    found = read(page(head=head, body=BODY.replace(f"<h1>{HEADLINE}</h1>", ""))).title
    assert found == (title if ": " in title else HEADLINE)


def test_nothing_that_runs_is_left():
    """Scripts, handlers and addresses that are code."""
    attack = (
        '<script>alert(1)</script><p onclick="alert(1)">'
        + C
        + ' <a href="javascript:alert(1)">x</a><img src="x" onerror="alert(1)"></p>'
    )
    content = read(page(body=BODY.replace("<h2>The pier</h2>", attack))).content
    for word in ("<script", "onclick", "onerror", "javascript:"):
        assert word not in content


def test_author_and_date_of_the_text_serve_where_the_page_says_nothing():
    """A by-line and a date line on the page itself."""
    body = BODY.replace("</h1>", "</h1><p>By Richard Roe</p><p>Published 12 March 2024</p>")
    item = read(page(head=f"<title>{HEADLINE}</title>", body=body))
    assert item.authors == ("Richard Roe",)
    assert item.published is not None
    assert item.published.date().isoformat() == "2024-03-12"


def test_a_page_that_trafilatura_finds_nothing_in_falls_back_to_its_paragraphs():
    """Title and what a person would have pasted."""
    body = f"<h1>{HEADLINE}</h1><div><span>{A}</span></div><br>Nobody laughed."
    item = read(page(head=f"<title>{HEADLINE}</title>", body=body))
    assert item.title == HEADLINE
    assert A in item.text


def test_paragraphs_that_trafilatura_takes_for_a_box_are_not_lost():
    """Where it leaves out much of what a person would have pasted, that is taken."""
    body = f'<article><h1>{HEADLINE}</h1><p>{A}</p><p>{B}</p></article><div class="promo"><p>{C}</p><p>{D}</p><p>{C} {D}</p></div>'
    item = read(page(body=body))
    assert item.text == " ".join((A, B, C, D, C, D))
    assert dict(item.evidence)["content"] == "the visible text of the page"


def test_pages_in_other_encodings_are_read():
    """As their `meta` says."""
    body = f'<html><head><meta charset="windows-1251"><title>Паром вернулся</title></head><body><h1>Паром вернулся</h1><p>{"Городской совет решил вернуть паром. " * 5}</p></body></html>'
    item = read(body.encode("cp1251"))
    assert item.title == "Паром вернулся"
    assert item.text.startswith("Городской совет решил вернуть паром.")


@pytest.mark.parametrize("body", [b"", b"   ", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00\x00", b"\x00" * 50])
def test_what_is_no_page_is_unreadable(body):
    """Empty and binary files have a reason."""
    assert isinstance(read_page(body), Unreadable)


def test_a_page_that_is_too_large_is_not_looked_at():
    """With the file's name in the reason."""
    assert read_page(b"<p>x</p>" * (MAX_BYTES // 8 + 1), name="big.html") == Unreadable(
        "big.html is larger than 10,000,000 bytes"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 3000 + A.encode(),
        b"<p>" + b"<b>" * 3000,
        b"<" * 5000,
        b"<a href='" + b"x" * 9000,
        b"<table>" * 500,
        b"<html><head>",
        b"plain text without a tag",
    ],
    ids=["deep", "deep inline", "brackets", "open attribute", "tables", "head alone", "no tags"],
)
def test_broken_pages_never_raise(body):
    """They give an item or a reason."""
    assert isinstance(read_page(body), Item | Unreadable)
