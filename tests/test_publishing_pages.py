"""The pages that people read: complete, accessible, without script, and the same bytes for the same items."""

import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from publishing_samples import (
    BBC,
    ENTRIES,
    NOON,
    RICH,
    SEED,
    SITE,
    TOPIC,
    entry,
    topic_documents,
)

from aggregator.config.values import Topic
from aggregator.model import Enclosure, Entry
from aggregator.publishing.pages import (
    CONTENT_SECURITY_POLICY,
    Overview,
    render_assets,
    render_index,
    render_item_page,
    render_status_page,
)
from aggregator.publishing.status import Activity, SourceStatus, Status

_VOID = frozenset({"meta", "link", "img", "input", "br", "hr", "path", "circle", "rect"})


class _Page(HTMLParser):
    """A page as elements: (tag, attributes), its text, and whether every element was closed in its turn."""

    def __init__(self, body: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(body.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of all elements of one name."""
        return [attributes for name, attributes in self.elements if name == tag]


def _topic_page(*entries: Entry, topic: Topic = TOPIC) -> _Page:
    return _Page(topic_documents(*entries, topic=topic)["html"])


def _pages() -> dict[str, _Page]:
    status = Status((SourceStatus("bbc-world", "ok", url="https://feeds.bbc.example/world.xml"),))
    return {
        "topic": _topic_page(*ENTRIES),
        "empty": _topic_page(),
        "index": _Page(render_index(SITE, [Overview(TOPIC, ENTRIES, NOON), Overview(Topic("b", "B"))]).body),
        "item": _Page(render_item_page(SITE, SEED, "full").body),
        "status": _Page(render_status_page(SITE, status, Activity()).body),
    }


@pytest.mark.parametrize("name", ["topic", "empty", "index", "item", "status"])
def test_every_page_keeps_the_house_rules(name: str) -> None:
    """A strict policy, no script, no inline style, a language, one h1, unique ids, an alt for every picture."""
    page = _pages()[name]
    assert {"http-equiv": "Content-Security-Policy", "content": CONTENT_SECURITY_POLICY} in page.all("meta")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    assert not page.all("script")
    assert not page.all("style")
    assert not [1 for _, attributes in page.elements if "style" in attributes]
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all("alt" in picture and picture["loading"] == "lazy" for picture in page.all("img"))
    assert page.all("a")[0] == {"class": "skip", "href": "#content"}


@pytest.mark.parametrize("name", ["topic", "empty", "index", "item", "status"])
def test_headings_step_down_one_at_a_time(name: str) -> None:
    """A screen reader's list of headings has no hole in it."""
    levels = [int(tag[1]) for tag, _ in _pages()[name].elements if tag in ("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_policy_lets_nothing_act() -> None:
    """Everything is forbidden but pictures, sound, and our own style sheet."""
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; ")
    assert "script" not in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_a_reader_finds_the_feeds_of_a_topic() -> None:
    """Autodiscovery: a link for each of the three formats, with its type; and the address to copy."""
    page = _topic_page(*ENTRIES)
    found = {link["type"]: link["href"] for link in page.all("link") if link["rel"] == "alternate"}
    assert found == {
        "application/atom+xml": "russia-us.atom",
        "application/rss+xml": "russia-us.rss",
        "application/feed+json": "russia-us.json",
    }
    assert page.all("input")[0]["value"] == "https://feeds.example.org/russia-us.atom"
    assert "feed reader" in page.text


def test_the_index_offers_every_topic() -> None:
    """Each topic with its newest titles, its page, its three feeds; and all of them as OPML."""
    page = _pages()["index"]
    targets = Counter(link["href"] for link in page.all("a"))
    for name in ("russia-us", "b"):
        assert all(targets[f"{name}.{form}"] == 1 for form in ("html", "atom", "rss", "json"))
    assert targets[RICH.url] == targets["items/2.html"] == 1
    assert targets["topics.opml"]
    assert "Nothing yet" in page.text
    assert len([link for link in page.all("link") if link["rel"] == "alternate"]) == 6


def test_an_article_says_where_it_is_from() -> None:
    """Source with its site, authors, the feed it came by, the time, the comments, and the other sources."""
    page = _topic_page(RICH)
    targets = [link["href"] for link in page.all("a")]
    assert {RICH.url, BBC.url, RICH.comments, "https://www.dw.example/1", "https://planet.example.org/atom.xml"} <= set(
        targets
    )
    assert "by Sarah Rain, Andrew Roth" in page.text
    assert "11:00" in page.text
    assert "Also in: Deutsche Welle, Seeds" in " ".join(page.text.split())
    assert {"datetime": "2026-11-22T11:00:00+00:00"} in page.all("time")


def test_articles_are_gathered_by_day() -> None:
    """Each day has its heading, in English whatever the locale."""
    page = _topic_page(entry(1), entry(2), entry(30))
    assert page.text.count("Sunday 22 November 2026") == 1
    assert page.text.count("Saturday 21 November 2026") == 1


def test_a_long_article_is_folded_and_a_short_one_is_not() -> None:
    """The first words of a long one show, its whole is opened by hand; a short one is read where it stands."""
    page = _topic_page(entry(1, content="<p>Short text.</p>"), entry(2, content="<p>" + "long " * 300 + "</p>"))
    assert [details.get("class") for details in page.all("details")].count("whole") == 1
    assert page.text.count("Short text.") == 1


def test_sound_and_film_can_be_played() -> None:
    """An enclosure that browsers can play is a player that loads nothing by itself; any is a link."""
    page = _topic_page(RICH)
    assert page.all("audio")[0]["preload"] == "none"
    assert page.all("audio")[0]["src"] == "https://cdn.example.org/1.mp3"
    assert "https://cdn.example.org/1.pdf" in [link["href"] for link in page.all("a")]
    assert "1.2 kB" in page.text


def test_an_enclosed_picture_stands_beside_the_text() -> None:
    """News feeds have theirs nowhere else; it is not listed among the files, which go by their names."""
    picture = Enclosure("https://cdn.example.org/p.jpg?a=1&b=2", "image/jpeg", 9)
    other = Enclosure("https://cdn.example.org/Le%20Havre%3Cb%3E.pdf", "application/pdf")
    page = _topic_page(entry(enclosures=(picture, other)))
    assert [image["src"] for image in page.all("img")] == [picture.url]
    assert [link["href"] for link in page.all("a") if "cdn" in link["href"]] == [other.url]
    assert "Le Havre‹b›.pdf" in page.text
    shown = _topic_page(entry(enclosures=(picture,), content='<img src="https://cdn.example.org/p.jpg?a=1&amp;b=2">'))
    assert len(shown.all("img")) == 1


def test_content_is_fitted_into_the_page() -> None:
    """Headings go below the page's own and leave out no level; pictures are lazy and have an alt; wide things scroll in their own box."""
    content = (
        "<h1>Part</h1><h4>Under</h4><img src='https://x.example/1.png'>"
        '<a href="https://x.example/"><img src="https://x.example/2.png" alt=""></a><a href="https://x.example/e"></a>'
        '<h3> <b></b></h3><p>A<a href="https://x.example/icon"> <span><i></i></span> </a>B</p>'
        '<p><img alt="A > B" loading="eager" src="https://x.example/3.png"></p>'
        "<table><tr><td>1</td></tr></table><pre>code</pre>"
    )
    page = _topic_page(entry(content=content))
    assert [len(page.all(tag)) for tag in ("h1", "h4", "h5", "h6")] == [1, 1, 1, 0]
    assert [(picture["alt"], picture["loading"]) for picture in page.all("img")] == [
        ("", "lazy"),
        ("Linked picture", "lazy"),
        ("A > B", "lazy"),
    ]
    boxes = [box for box in page.all("div") if box.get("class") == "wide"]
    assert [box["aria-label"] for box in boxes] == ["Table", "Code"]
    assert all(box["tabindex"] == "0" for box in boxes)
    assert not {"https://x.example/e", "https://x.example/icon"} & {link["href"] for link in page.all("a")}
    assert re.search(r"A\s+B", page.text)


def test_languages_that_are_written_from_the_right() -> None:
    """An Arabic article says its language and runs from right to left, its frame stays English."""
    page = _topic_page(entry(language="ar", title="وزيرا"))
    assert page.all("article") == [{"lang": "ar", "dir": "rtl"}]


@pytest.mark.parametrize(
    ("language", "title", "direction"),
    [
        ("", "«وزيرا» in Moscow", "rtl"),
        ("", "1. “Moscow” وزيرا", None),
        ("en", "وزيرا", None),
        ("he-IL", "Moscow", "rtl"),
    ],
)
def test_the_direction_of_an_item(language: str, title: str, direction: str | None) -> None:
    """Its language tells, or the first letter of its title where no language is given; on the index page too."""
    item = entry(language=language, title=title)
    assert [article.get("dir") for article in _topic_page(item).all("article")] == [direction]
    index = _Page(render_index(SITE, [Overview(TOPIC, (item,), NOON)]).body)
    assert ({"dir": "rtl"} in index.all("li")) == (direction == "rtl")


def test_an_item_without_an_address_is_linked_to_its_page() -> None:
    """A seed is read with us: the topic's page leads to `items/`, whose page leads back up."""
    assert "items/2.html" in [link["href"] for link in _topic_page(SEED).all("a")]
    document = render_item_page(SITE, SEED, "full")
    page = _Page(document.body)
    assert document.path == "items/2.html"
    assert "../index.html" in [link["href"] for link in page.all("a")]
    assert "../style.css" in [link["href"] for link in page.all("link")]
    assert "A pasted article" in page.text
    assert "Text 2" in page.text


def test_pages_are_the_same_bytes_for_the_same_items() -> None:
    """Nothing of the clock, and no order that changes from run to run, is in them."""
    assert topic_documents(*ENTRIES)["html"] == topic_documents(*ENTRIES)["html"]
    assert render_index(SITE, [Overview(TOPIC, ENTRIES)]) == render_index(SITE, [Overview(TOPIC, ENTRIES)])


def test_what_the_pages_need_is_published_with_them() -> None:
    """The style sheet and the icon are files: the policy allows no style within a page."""
    assets = {document.path: document.body for document in render_assets()}
    assert set(assets) == {"style.css", "icon.svg"}
    assert b"prefers-color-scheme: dark" in assets["style.css"]
    assert b"url(" not in assets["style.css"]


def test_a_title_with_markup_is_shown_as_it_is_meant() -> None:
    """Ampersands and comparisons are text."""
    page = _topic_page(entry(title="AT&T: 3 < 4 & &copy;"))
    assert "AT&T: 3 < 4 & &copy;" in page.text


_RENDER = """
import sys
from aggregator.publishing.pages import render_status_page
from aggregator.publishing.status import Activity, Status
from publishing_samples import SITE
sys.stdout.write(render_status_page(SITE, Status(), Activity()).body.decode())
"""


def _rendered(compiled: Path) -> bytes:
    """A page as another process makes it that keeps what it compiles in this folder."""
    env = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled), "PYTHONPATH": os.pathsep.join(sys.path)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run([sys.executable, "-c", _RENDER], env=env, check=True, capture_output=True).stdout


def test_templates_are_compiled_once(tmp_path: Path) -> None:
    """The next process takes what the first has compiled, and compiles what it cannot read; the page is the same."""
    first = _rendered(tmp_path)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.template")}
    assert len(kept) == 2  # the page's own and the base of all
    assert _rendered(tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    for path, broken in zip(kept, (b"", b"not what it was"), strict=True):
        path.write_bytes(path.read_bytes()[:30] + broken)
    assert _rendered(tmp_path) == first == render_status_page(SITE, Status(), Activity()).body
